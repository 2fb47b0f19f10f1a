-- Sets a value if it has the expected revision.
-- KEYS: value, index of its kind, meta. ARGV: expected revision (-1: any), time to live in ms (0: no expiry), value, name, channel.
-- Returns: the new revision, or 0.
local expected, ttl = tonumber(ARGV[1]), tonumber(ARGV[2])
local current = redis.call('GET', KEYS[1])
if expected ~= -1 and expected ~= (current and struct.unpack('>I8', current) or 0) then
  return { 0 }
end
-- Increases even if the server lost its data or restored older ones, so that no old revision matches another value.
local now = micros()
local revision = math.max(now, (tonumber(redis.call('HGET', KEYS[3], 'revision') or 0)) + 1)
redis.call('HSET', KEYS[3], 'revision', text(revision))
local value = struct.pack('>I8', revision) .. ARGV[3]
local millis_now = math.floor(now / 1000)
local expired = redis.call('ZRANGE', KEYS[2], '-inf', '(' .. text(millis_now), 'BYSCORE', 'LIMIT', 0, 8)
if #expired > 0 then
  redis.call('ZREM', KEYS[2], unpack(expired))
end
if ttl == 0 then
  redis.call('SET', KEYS[1], value)
  redis.call('ZADD', KEYS[2], '+inf', ARGV[4])
  redis.call('PERSIST', KEYS[2])
else
  local expiry = text(millis_now + ttl)
  redis.call('SET', KEYS[1], value, 'PXAT', expiry)
  local fresh = redis.call('EXISTS', KEYS[2]) == 0
  redis.call('ZADD', KEYS[2], expiry, ARGV[4])
  -- The index expires with its last value; with a value that never expires, it never does.
  if fresh then
    redis.call('PEXPIREAT', KEYS[2], expiry)
  else
    redis.call('PEXPIREAT', KEYS[2], expiry, 'GT')
  end
end
redis.call(PUBLISH, ARGV[5], struct.pack('>I8I4', revision, #ARGV[4]) .. ARGV[4] .. ARGV[3])
return { revision }
