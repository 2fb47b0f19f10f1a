-- The head of a log and retained events, read atomically.
-- KEYS: meta, retained. ARGV: run, then the scopes. Returns: ok or epoch, epoch, sequence, the time, then the events.
local known = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'sequence')
if known[1] ~= ARGV[1] then
  return { 'epoch' }
end
local answer = { 'ok', tonumber(known[2]), tonumber(known[3]), millis() }
if #ARGV > 1 then
  for _, wire in ipairs(redis.call('HMGET', KEYS[2], unpack(ARGV, 2))) do
    if wire then
      answer[#answer + 1] = wire
    end
  end
end
return answer
