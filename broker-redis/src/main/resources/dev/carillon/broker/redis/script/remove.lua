-- Removes a value if it has the expected revision.
-- KEYS: value, index of its kind. ARGV: expected revision (-1: any), name, channel. Returns: 1, or 0.
local current = redis.call('GET', KEYS[1])
local expected = tonumber(ARGV[1])
if not current or expected ~= -1 and expected ~= struct.unpack('>I8', current) then
  return { 0 }
end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call(PUBLISH, ARGV[3], struct.pack('>I8I4', 0, #ARGV[2]) .. ARGV[2])
return { 1 }
