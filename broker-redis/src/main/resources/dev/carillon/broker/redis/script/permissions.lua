-- Tries every command of the other scripts on a key of its own, and deletes it.
-- KEYS: the key. ARGV: a channel. Returns: the missing permissions.
local key, channel, denied = KEYS[1], ARGV[1], {}
local function try(command, ...)
  local reply = redis.pcall(command, ...)
  local failure = type(reply) == 'table' and reply.err or ''
  -- Redis 7.0 returns the first, later releases the others. Other errors are not about permissions.
  if not string.find(failure, 'user executing the script', 1, true)
      and not string.find(failure, 'NOPERM', 1, true)
      and not string.find(failure, 'ACL failure', 1, true) then
    return
  end
  local lower = string.lower(failure)
  if string.find(lower, 'channel', 1, true) then
    denied[#denied + 1] = 'publish to channels such as ' .. channel
  elseif string.find(lower, ' key', 1, true) then
    denied[#denied + 1] = 'use keys such as ' .. key .. ' with ' .. command
  else
    denied[#denied + 1] = command
  end
end

try('SET', key, '', 'PX', 60000)
for _, command in ipairs({ 'GET', 'MGET', 'EXISTS', 'PERSIST', 'HLEN', 'XLEN' }) do
  try(command, key)
end
for _, command in ipairs({ 'HGET', 'HMGET', 'HDEL', 'HEXISTS', 'ZREM' }) do
  try(command, key, 'x')
end
try('HSET', key, 'x', 'x')
try('PEXPIREAT', key, 1)
try('XADD', key, '1-1', 'x', 'x')
try('XDEL', key, '1-1')
try('XRANGE', key, '-', '+')
try('XREVRANGE', key, '+', '-')
try('XTRIM', key, 'MAXLEN', 0)
try('ZADD', key, 1, 'x')
try('ZRANGE', key, 0, 0)
try('ZREMRANGEBYSCORE', key, 0, 0)
try('DEL', key)
try('TIME')
try('INFO', 'server')
try(PUBLISH, channel, '')
return denied
