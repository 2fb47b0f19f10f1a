-- The values of a kind. Their keys are not among KEYS, as only the index knows them, but of the same slot.
-- KEYS: index of the kind. ARGV: prefix of its values, most. Answers: name, value, name, value…
local now = text(millis())
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)
local answer = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], now, '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[2])) do
  local value = redis.call('GET', ARGV[1] .. name)
  if value then
    answer[#answer + 1] = name
    answer[#answer + 1] = value
  end
end
return answer
