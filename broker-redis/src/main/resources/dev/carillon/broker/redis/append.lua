-- Appends one event and sends it. RUN, the run id of the server for which this text was made, stands above as a constant: in
-- another life of the server the text is another one.
-- KEYS: meta, log, retained, fingerprint, scopes of the id, then for each scope its last position, its index and its places of the id,
-- then the ids.
-- ARGV: 1 the event's bytes, 2 their digest ('': it is not deduplicated), 3 age, 4 age of fingerprints, 5 most events of a scope, 6 of
-- the log, 7 retained: 0 no, 1 set, 2 clear, 8 most retained, 9 channel of all, 10 prefix of channels, 11 whether an id was given,
-- then the scopes.
-- Answers: ok, known, conflict, full or epoch, and with the first two the position.
local meta, log, retained, fingerprint = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local bytes, digest, age, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[5])
local scopes, has_id = #ARGV - 11, ARGV[11] == '1'

-- Every check before the first write: what is written stays.
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

-- The time never goes back within a log, and keys expire by it: an index outlives the events that it names.
local before_all = known[5] and tonumber(string.match(known[5], ':(%d+)$'))
local now = math.max(millis(), before_all or 0)
local expiry = text(now + 2 * age)

-- Log and index get a quarter of the age more, and are renewed with the first event of a quarter only.
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
  -- Not a log of ours, or one from the future: begin again.
  redis.call('DEL', log)
  redis.call('XADD', log, text(head) .. '-' .. text(now), 'e', wire)
  floor = head - 1
  redis.call('HSET', meta, 'floor', text(floor))
  before_all = nil
end
renew(log, before_all)
-- Counting a scope's index is for one append of sixteen; by the golden ratio, so that no rhythm of scopes can evade it.
local count = head * 0.6180339887498949 % 1 < 1 / 16

local trimmed = false
if head % 16 == 0 then
  floor, trimmed = trim(meta, log, head, floor, now, age, tonumber(ARGV[6])), true
end

-- Of each event with an id the names of its keys, so that they can be found when there are too many.
local noted, has_topics = {}, false
local function note(name)
  noted[#noted + 1] = string.match(name, '[^:]*:[^:]*$')
end

for i = 1, scopes do
  local last, index, scope = KEYS[3 + 3 * i], KEYS[4 + 3 * i], ARGV[11 + i]
  local before = redis.call('SET', last, at, 'PXAT', expiry, 'GET')
  local previous = before and string.match(before, ':(%d+):') or '0'
  -- No event of the scope lies between the bound and this one. Where none is known before, all there were are below the floor.
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
  -- What a scope has too much goes from its index, and from the log where no other scope has it.
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
    local places = KEYS[5 + 3 * i]
    redis.call('ZADD', places, text(head), at)
    redis.call('PEXPIREAT', places, expiry)
    note(places)
    if count then
      -- Of those that are gone the last stays: a client that had one of them reads on from there.
      local gone = redis.call('ZRANGE', places, text(floor), '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
      if gone then
        redis.call('ZREMRANGEBYSCORE', places, '-inf', '(' .. string.match(gone, ':(%d+):'))
      end
    end
    -- By patterns only topics are found.
    if string.sub(scope, 1, 6) == 'topic:' then
      redis.call('ZADD', KEYS[5], text(head), scope)
      redis.call('PEXPIREAT', KEYS[5], expiry)
      if not has_topics then
        note(KEYS[5])
      end
      if count and not has_topics then
        redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', text(floor))
        -- In more topics than are looked at the id is not known by a pattern: one more than those says so.
        local more = redis.call('ZRANGE', KEYS[5], 0, -MAX_SCOPES_OF_ID - 2)
        if #more > 0 then
          redis.call('ZREM', KEYS[5], unpack(more, 1, math.min(#more, 4000)))
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
  local ids = KEYS[#KEYS]
  if redis.pcall('XADD', ids, text(head) .. '-0', 'k', table.concat(noted, ' ')).err then
    redis.call('DEL', ids)
    redis.call('XADD', ids, text(head) .. '-0', 'k', table.concat(noted, ' '))
  end
  redis.call('PEXPIREAT', ids, expiry)
  -- The oldest is not in the log any more. Two at a time, as one comes at a time.
  if redis.call('XLEN', ids) > tonumber(ARGV[6]) + MAX_GONE then
    local prefix = string.match(ids, '^(.*:)[^:]*:[^:]*$')
    for _, entry in ipairs(redis.call('XRANGE', ids, '-', '+', 'COUNT', 2)) do
      for name in string.gmatch(entry[2][2], '%S+') do
        redis.call('ZREMRANGEBYSCORE', prefix .. name, '-inf', text(sequence(entry)))
      end
      redis.call('XDEL', ids, entry[1])
    end
  end
end
redis.call('PUBLISH', ARGV[9], struct.pack('>I8', head - 1) .. wire)
if digest ~= '' then
  redis.call('SET', fingerprint, at .. ' ' .. digest, 'PXAT', text(now + tonumber(ARGV[4])))
end
return { 'ok', at }
