-- Appends a group of events of one tenant, in order, and sends them. RUN, the run id of the server for which this text was created, is a
-- constant above: in another life of the server the text differs. EVICTS: whether the server may remove keys before they expire.
-- KEYS: meta, log, retained, ids; for each scope of the group its last position and its index; then the own keys of each event: if it is
-- deduplicated, its fingerprint; if it has a given id, the scopes of the id, and for each scope of the event its positions of the id.
-- ARGV: 1 age, 2 age of fingerprints, 3 maximum events of a scope, 4 of the log, 5 maximum retained, 6 channel of all, 7 prefix of
-- channels, 8 number of scopes of the group, then the scopes; then for each event five: its bytes after the version, the digest ('': not
-- deduplicated), retained: 0 no, 1 set, 2 clear, the numbers of its scopes as bytes, and, with a given id, the names of the keys of the
-- id, separated by blanks ('': no given id).
-- Returns: epoch (nothing was appended), or for each event two: ok, known, conflict, full or error; then its position or the error.
local meta, log, retained, ids = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local age, most, most_retained = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[5])
local scopes = tonumber(ARGV[8])
local events = (#ARGV - 8 - scopes) / 5

local known = redis.call('HMGET', meta, 'run', 'epoch', 'sequence', 'floor', 'last')
if known[1] ~= RUN then
  return { 'epoch' }
end

-- Time never decreases within a log, and keys expire by it: an index outlives its events.
local before_all = known[5] and tonumber(string.match(known[5], ':(%d+)$'))
local now = math.max(millis(), before_all or 0)
local time = text(now)
local expiry = text(now + 2 * age)

-- Log and index live a quarter of the age longer, and are renewed only by the first event of a quarter.
local quarter = math.max(1, math.floor(age / 4))
local function renew(key, before)
  if not before or math.floor(before / quarter) ~= math.floor(now / quarter) then
    redis.call('PEXPIREAT', key, text(now + 2 * age + quarter))
  end
end

-- The state of the log, written at the first append and at the end of the group.
local head, floor, written, at = tonumber(known[3]), tonumber(known[4]), false, nil
local trimmed = false
local function trim_log()
  floor, trimmed = trim(meta, log, head, floor, now, age, tonumber(ARGV[4])), true
end

-- Of each scope, after an append of this group: the last sequence, the position that its key does not have yet, and the number of nodes
-- that received the last event; no node can join or leave during a script.
local lasts, unsaved, receivers, receivers_of_all = {}, {}, {}, nil

-- Appends one event; own: the number of its first own key, less one.
local function append(event, own)
  local argument = 8 + scopes + 5 * event
  local digest, retain, numbers, names = ARGV[argument - 3], ARGV[argument - 2], ARGV[argument - 1], ARGV[argument]
  local fingerprint = KEYS[own + 1]
  local topics = own + (digest == '' and 1 or 2)

  -- All checks precede the first write, because writes are not rolled back.
  if digest ~= '' then
    local given = redis.call('GET', fingerprint)
    if given then
      local first, body = string.match(given, '^(%S+) (.*)$')
      return body == digest and 'known' or 'conflict', first or ''
    end
  end
  if retain == '1' and redis.call('HLEN', retained) + #numbers > most_retained then
    local count = redis.call('HLEN', retained)
    for i = 1, #numbers do
      count = count + 1 - redis.call('HEXISTS', retained, ARGV[8 + string.byte(numbers, i)])
    end
    if count > most_retained then
      return 'full', ''
    end
  end

  local number = text(head + 1)
  at = known[2] .. ':' .. number .. ':' .. time
  local wire = string.char(VERSION, POSITION_TAG, #at) .. at .. ARGV[argument - 4]
  if not written then
    -- Whatever ends the script, no sequence is used twice.
    redis.call('HSET', meta, 'sequence', text(head + 1 + events - event), 'last', at)
    written = true
  end
  head = head + 1
  local entry = number .. '-' .. time
  if redis.pcall('XADD', log, entry, 'e', wire).err then
    -- Not a log of Carillon, or one with a later time: start over.
    redis.call('DEL', log)
    redis.call('XADD', log, entry, 'e', wire)
    floor = head - 1
    redis.call('HSET', meta, 'floor', text(floor))
    before_all = nil
  end
  renew(log, before_all)
  -- One append in sixteen counts and trims the scope's index; chosen by the golden ratio, so that no rhythm of scopes can evade it.
  local count = head * 0.6180339887498949 % 1 < 1 / 16
  if head % 16 == 0 then
    trim_log()
  end

  local alone = #numbers == 1 and time or ''
  local has_topics = false
  for i = 1, #numbers do
    local s = string.byte(numbers, i)
    local last, index, scope = KEYS[3 + 2 * s], KEYS[4 + 2 * s], ARGV[8 + s]
    local previous, renewed = lasts[s], now
    -- No event of the scope lies between the bound and this one.
    local bound = previous
    if previous then
      unsaved[s] = at
    else
      local before = redis.call('SET', last, at, 'PXAT', expiry, 'GET')
      if before then
        local _, _, sequence_before, time_before = string.find(before, ':(%d+):(%d+)$')
        previous, bound, renewed = sequence_before, sequence_before, tonumber(time_before)
      else
        -- Without a known predecessor, all earlier ones are below the floor.
        if not trimmed then
          trim_log()
        end
        previous, bound, renewed = '0', text(EVICTS and head - 1 or floor), nil
      end
    end
    lasts[s] = number
    local place = number .. '-' .. bound
    local added
    if count then
      added = redis.pcall('XADD', index, 'MINID', '~', text(floor + 1), place, 'a', alone)
    else
      added = redis.pcall('XADD', index, place, 'a', alone)
    end
    if added.err then
      redis.call('DEL', index)
      redis.call('XADD', index, number .. '-' .. text(head - 1), 'a', alone)
      renewed = nil
    end
    renew(index, renewed)
    -- Excess events of a scope are removed from its index, and from the log if no other scope has them.
    local over = count and redis.call('XLEN', index) - most or 0
    if over >= 16 then
      local alike, to = {}, nil
      for _, old in ipairs(redis.call('XRANGE', index, '-', '+', 'COUNT', math.min(over, 64))) do
        to = sequence(old)
        if old[2][2] ~= '' then
          alike[#alike + 1] = text(to) .. '-' .. old[2][2]
        end
      end
      redis.call('XTRIM', index, 'MINID', text(to + 1))
      if #alike > 0 then
        local from = tonumber(string.match(alike[1], '^%d+'))
        to = tonumber(string.match(alike[#alike], '^%d+'))
        if to - from == #alike - 1 and first(log, 0) == from then
          -- The first events of the log, without one of another scope between them: much faster.
          redis.call('XTRIM', log, 'MINID', text(to + 1))
        else
          redis.call('XDEL', log, unpack(alike))
        end
        local holes = tonumber(redis.call('HGET', meta, 'holes') or 0)
        redis.call('HSET', meta, 'holes', text(math.max(holes, to)))
      end
    end
    if names ~= '' then
      local places = KEYS[topics + i]
      redis.call('ZADD', places, number, at)
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
        redis.call('ZADD', KEYS[topics], number, scope)
        redis.call('PEXPIREAT', KEYS[topics], expiry)
        if count and not has_topics then
          redis.call('ZREMRANGEBYSCORE', KEYS[topics], '-inf', text(floor))
          -- Beyond the limit of topics a pattern does not find the id; one topic above the limit marks that.
          local more = redis.call('ZRANGE', KEYS[topics], 0, -MAX_SCOPES_PER_ID - 2)
          if #more > 0 then
            redis.call('ZREM', KEYS[topics], unpack(more, 1, math.min(#more, 4000)))
          end
        end
        has_topics = true
      end
    end
    if retain == '1' then
      redis.call('HSET', retained, scope, wire)
    elseif retain == '2' then
      redis.call('HDEL', retained, scope)
    end
    if receivers[s] ~= 0 then
      receivers[s] = redis.call(PUBLISH, ARGV[7] .. scope, struct.pack('>I8', tonumber(previous)) .. wire)
    end
  end
  if names ~= '' then
    local id_entry = number .. '-0'
    if redis.pcall('XADD', ids, id_entry, 'k', names).err then
      redis.call('DEL', ids)
      redis.call('XADD', ids, id_entry, 'k', names)
    end
    local length = redis.call('XLEN', ids)
    renew(ids, length > 1 and before_all)
    -- The oldest are no longer in the log. Two are removed per append, because one is added.
    if length > tonumber(ARGV[4]) + MAX_TRIMMED then
      local prefix = string.match(ids, '^(.*:)ids:$')
      for _, old in ipairs(redis.call('XRANGE', ids, '-', '+', 'COUNT', 2)) do
        for name in string.gmatch(old[2][2], '%S+') do
          redis.call('ZREMRANGEBYSCORE', prefix .. name, '-inf', text(sequence(old)))
        end
        redis.call('XDEL', ids, old[1])
      end
    end
  end
  if receivers_of_all ~= 0 then
    receivers_of_all = redis.call(PUBLISH, ARGV[6], struct.pack('>I8', head - 1) .. wire)
  end
  if digest ~= '' then
    redis.call('SET', fingerprint, at .. ' ' .. digest, 'PXAT', text(now + tonumber(ARGV[2])))
  end
  before_all = now
  return 'ok', at
end

local answers, own = {}, 4 + 2 * scopes
for event = 1, events do
  local argument = 8 + scopes + 5 * event
  -- An event that fails does not affect the others.
  local ended, status, where = pcall(append, event, own)
  if not ended then
    status, where = 'error', type(status) == 'table' and status.err or tostring(status)
  end
  answers[2 * event - 1], answers[2 * event] = status, where
  own = own + (ARGV[argument - 3] == '' and 0 or 1) + (ARGV[argument] == '' and 0 or 1 + #ARGV[argument - 1])
end
for s, position in pairs(unsaved) do
  redis.call('SET', KEYS[3 + 2 * s], position, 'PXAT', expiry)
end
if written and events > 1 then
  redis.call('HSET', meta, 'sequence', text(head), 'last', at)
end
return answers
