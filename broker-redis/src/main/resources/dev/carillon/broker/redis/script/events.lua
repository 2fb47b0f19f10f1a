-- Events of a log by their sequences, up to the maximum size.
-- KEYS: meta, log. ARGV: run, epoch of the head, maximum bytes, then the sequences.
-- Returns: ok, epoch (refused) or other (the log was restarted), then the events; an empty one was trimmed.
local known = redis.call('HMGET', KEYS[1], 'run', 'epoch')
if known[1] ~= ARGV[1] then
  return { 'epoch' }
end
if known[2] ~= ARGV[2] then
  return { 'other' }
end
local size, answer = tonumber(ARGV[3]), { 'ok' }
for i = 4, #ARGV do
  if size < 0 then
    break
  end
  local entry = redis.call('XRANGE', KEYS[2], ARGV[i], ARGV[i])[1]
  local event = entry and entry[2][2] or ''
  answer[i - 2] = event
  size = size - #event
end
return answer
