-- Appends one event and sends it. RUN, the run id of the server for which this text was created, is a constant above: in another life of
-- the server the text differs.
-- KEYS: meta, log, retained, and for each scope its last position and its index; then, if the event is deduplicated, its fingerprint;
-- then, if it has a given id, the ids, the scopes of the id, and for each scope its positions of the id.
-- ARGV: 1 the event's bytes, 2 their digest ('': not deduplicated), 3 age, 4 age of fingerprints, 5 maximum events of a scope, 6 of the
-- log, 7 retained: 0 no, 1 set, 2 clear, 8 maximum retained, 9 channel of all, 10 prefix of channels, 11 whether it has a given id, then
-- the scopes; then, with a given id, the names of its own keys, separated by blanks.
-- Returns: ok, known, conflict, full or epoch; with the first two, the position.
local meta, log, retained = KEYS[1], KEYS[2], KEYS[3]
local bytes, digest, age, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[5])
local has_id = ARGV[11] == '1'
local scopes = #ARGV - (has_id and 12 or 11)
local fingerprint = 3 + 2 * scopes + (digest ~= '' and 1 or 0)
local ids = fingerprint + 1
fingerprint = KEYS[fingerprint]

-- All checks precede the first write, because writes are not rolled back.
local known = redis.call('HMGET', meta, 'run', 'epoch', 'sequence', 'floor', 'last')
if known[1] ~= RUN then
  return { 'epoch' }
end
if digest ~= '' then
  local given = redis.call('GET', fingerprint)
  if given then
    local at, body = string.match(given, '^(%S+) (.*)$')
    return { body == digest and 'known' or 'conflict', at }
  end
end
if ARGV[7] == '1' and redis.call('HLEN', retained) + scopes > tonumber(ARGV[8]) then
  local count = redis.call('HLEN', retained)
  for i = 1, scopes do
    count = count + 1 - redis.call('HEXISTS', retained, ARGV[11 + i])
  end
  if count > tonumber(ARGV[8]) then
    return { 'full' }
  end
end

-- Time never decreases within a log, and keys expire by it: an index outlives its events.
local before_all = known[5] and tonumber(string.match(known[5], ':(%d+)$'))
local now = math.max(millis(), before_all or 0)
local expiry = text(now + 2 * age)

-- Log and index live a quarter of the age longer, and are renewed only by the first event of a quarter.
local quarter = math.max(1, math.floor(age / 4))
local function renew(key, before)
  if not before or math.floor(before / quarter) ~= math.floor(now / quarter) then
    redis.call('PEXPIREAT', key, text(now + 2 * age + quarter))
  end
end

local head = known[3] + 1
local at = known[2] .. ':' .. text(head) .. ':' .. text(now)
local wire = string.sub(bytes, 1, 1) .. string.char(POSITION_TAG, #at) .. at .. string.sub(bytes, 2)
local floor = tonumber(known[4])

redis.call('HSET', meta, 'sequence', text(head), 'last', at)
if redis.pcall('XADD', log, text(head) .. '-' .. text(now), 'e', wire).err then
  -- Not a log of Carillon, or one with a later time: start over.
  redis.call('DEL', log)
  redis.call('XADD', log, text(head) .. '-' .. text(now), 'e', wire)
  floor = head - 1
  redis.call('HSET', meta, 'floor', text(floor))
  before_all = nil
end
renew(log, before_all)
-- One append in sixteen counts the scope's index; chosen by the golden ratio, so that no rhythm of scopes can evade it.
local count = head * 0.6180339887498949 % 1 < 1 / 16

local trimmed = false
if head % 16 == 0 then
  floor, trimmed = trim(meta, log, head, floor, now, age, tonumber(ARGV[6])), true
end

local has_topics = false
for i = 1, scopes do
  local last, index, scope = KEYS[2 + 2 * i], KEYS[3 + 2 * i], ARGV[11 + i]
  local before = redis.call('SET', last, at, 'PXAT', expiry, 'GET')
  local previous = before and string.match(before, ':(%d+):') or '0'
  -- No event of the scope lies between the bound and this one. Without a known predecessor, all earlier ones are below the floor.
  local bound = previous
  if not before then
    if not trimmed then
      floor, trimmed = trim(meta, log, head, floor, now, age, tonumber(ARGV[6])), true
    end
    bound = text(floor)
  end
  local alone = scopes == 1 and text(now) or ''
  local place = text(head) .. '-'
  local renewed = before and tonumber(string.match(before, ':(%d+)$'))
  if redis.pcall('XADD', index, 'MINID', '~', text(floor + 1), place .. bound, 'a', alone).err then
    redis.call('DEL', index)
    redis.call('XADD', index, place .. text(head - 1), 'a', alone)
    renewed = nil
  end
  renew(index, renewed)
  -- Excess events of a scope are removed from its index, and from the log if no other scope has them.
  local over = count and redis.call('XLEN', index) - most or 0
  if over >= 16 then
    local gone, alike = {}, {}
    for _, entry in ipairs(redis.call('XRANGE', index, '-', '+', 'COUNT', math.min(over, 64))) do
      gone[#gone + 1] = entry[1]
      if entry[2][2] ~= '' then
        alike[#alike + 1] = text(sequence(entry)) .. '-' .. entry[2][2]
      end
    end
    redis.call('XDEL', index, unpack(gone))
    if #alike > 0 then
      redis.call('XDEL', log, unpack(alike))
      local holes = tonumber(redis.call('HGET', meta, 'holes') or 0)
      redis.call('HSET', meta, 'holes', text(math.max(holes, tonumber(string.match(alike[#alike], '^%d+')))))
    end
  end
  if has_id then
    local places, topics = KEYS[ids + 1 + i], KEYS[ids + 1]
    redis.call('ZADD', places, text(head), at)
    redis.call('PEXPIREAT', places, expiry)
    if count then
      -- The last trimmed position stays: a client that received one of them continues from there.
      local gone = redis.call('ZRANGE', places, text(floor), '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
      if gone then
        redis.call('ZREMRANGEBYSCORE', places, '-inf', '(' .. string.match(gone, ':(%d+):'))
      end
    end
    -- Patterns only match topics.
    if string.sub(scope, 1, 6) == 'topic:' then
      redis.call('ZADD', topics, text(head), scope)
      redis.call('PEXPIREAT', topics, expiry)
      if count and not has_topics then
        redis.call('ZREMRANGEBYSCORE', topics, '-inf', text(floor))
        -- Beyond the limit of topics a pattern does not find the id; one topic above the limit marks that.
        local more = redis.call('ZRANGE', topics, 0, -MAX_SCOPES_PER_ID - 2)
        if #more > 0 then
          redis.call('ZREM', topics, unpack(more, 1, math.min(#more, 4000)))
        end
      end
      has_topics = true
    end
  end
  if ARGV[7] == '1' then
    redis.call('HSET', retained, scope, wire)
  elseif ARGV[7] == '2' then
    redis.call('HDEL', retained, scope)
  end
  redis.call('PUBLISH', ARGV[10] .. scope, struct.pack('>I8', tonumber(previous)) .. wire)
end
if has_id then
  local entry, names = text(head) .. '-0', ARGV[#ARGV]
  ids = KEYS[ids]
  if redis.pcall('XADD', ids, entry, 'k', names).err then
    redis.call('DEL', ids)
    redis.call('XADD', ids, entry, 'k', names)
  end
  local length = redis.call('XLEN', ids)
  renew(ids, length > 1 and before_all)
  -- The oldest are no longer in the log. Two are removed per append, because one is added.
  if length > tonumber(ARGV[6]) + MAX_TRIMMED then
    local prefix = string.match(ids, '^(.*:)ids:$')
    for _, old in ipairs(redis.call('XRANGE', ids, '-', '+', 'COUNT', 2)) do
      for name in string.gmatch(old[2][2], '%S+') do
        redis.call('ZREMRANGEBYSCORE', prefix .. name, '-inf', text(sequence(old)))
      end
      redis.call('XDEL', ids, old[1])
    end
  end
end
redis.call('PUBLISH', ARGV[9], struct.pack('>I8', head - 1) .. wire)
if digest ~= '' then
  redis.call('SET', fingerprint, at .. ' ' .. digest, 'PXAT', text(now + tonumber(ARGV[4])))
end
return { 'ok', at }
