-- The values of a kind. Only the index knows their keys, so they are not in KEYS, but they are in the same slot.
-- KEYS: index of the kind. ARGV: prefix of its values, maximum count. Returns: name, value, name, value…
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
