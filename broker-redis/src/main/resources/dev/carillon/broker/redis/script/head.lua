-- The head of a log and its epochs.
-- KEYS: meta. ARGV: run. Returns: ok or epoch, epoch, sequence, the time, start of the epoch, past epochs.
local known = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'sequence', 'start', 'past')
if known[1] ~= ARGV[1] then
  return { 'epoch' }
end
return { 'ok', tonumber(known[2]), tonumber(known[3]), millis(), tonumber(known[4]), known[5] }
