-- Reads a part of a page: entries of some scopes' indexes, or events of the whole log. A page takes several short calls: see PageReader.
-- KEYS: meta, log, then indexes (none: the whole log).
-- ARGV: run, age, maximum events of the log, epoch and sequence to read after (epoch 0: from the first), maximum entries of an index or
-- events of the log, maximum bytes of events; then, to continue a page, the sequence after which each index is read: the epoch is then
-- that of the head.
-- Returns: ok, epoch (refused) or other (the log was restarted), epoch of the head, its sequence, the time, incomplete, more, the
-- sequence after which the page starts (-1: unknown position, nothing was read), then the sequences of each index or the events.
local meta, log = KEYS[1], KEYS[2]
local wanted, after, max, size = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local goes_on = #ARGV > 7
local known = redis.call('HMGET', meta, 'run', 'epoch', 'start', 'sequence', 'floor', 'past', 'holes')
if known[1] ~= ARGV[1] then
  return { 'epoch' }
end
local head, now, floor = tonumber(known[4]), millis(), tonumber(known[5])
local incomplete, more = 0, 0
local answer = { 'ok', tonumber(known[2]), head, now, 0, 0, -1 }

local from_first = wanted == 0
if goes_on then
  if tonumber(known[2]) ~= wanted then
    return { 'other' }
  end
else
  -- Trims here too: then no event is older than the age, and none has outlived the index of its scope.
  floor = trim(meta, log, head, floor, now, tonumber(ARGV[2]), tonumber(ARGV[3]))
  if from_first then
    after = floor
  else
    -- The epoch of the position, or, if it was lost completely, the next known one.
    local found, lost, before = false, false, 0
    for id, start, stop in string.gmatch(known[6] .. known[2] .. ':' .. known[3] .. ':' .. known[4] .. ',', '(%d+):(%d+):(%d+),') do
      id, start, stop = tonumber(id), tonumber(start), tonumber(stop)
      if not found and not lost then
        if id == wanted then
          found = true
          if after > stop then
            after, incomplete = stop, 1
          end
          after = math.max(after, start)
        elseif id > wanted then
          if before == 0 then
            break
          end
          lost, after, incomplete = true, start, 1
        end
      end
      before = id
    end
    if not found and not lost then
      answer[5] = 1
      return answer
    end
  end
end
answer[7] = after

if #KEYS == 2 then
  if not from_first and after < math.max(floor, tonumber(known[7] or 0)) then
    incomplete = 1
  end
  local begin, count, bytes, step = math.max(after, floor) + 1, 0, 0, math.min(4, max + 1)
  repeat
    local batch = redis.call('XRANGE', log, text(begin), '+', 'COUNT', step)
    for _, entry in ipairs(batch) do
      if count == max or bytes > size then
        more = 1
        break
      end
      answer[#answer + 1] = entry[2][2]
      count, bytes, begin = count + 1, bytes + #entry[2][2], sequence(entry) + 1
    end
    local last = #batch < step
    -- Avoids reading large events that do not fit.
    step = math.max(1, math.min(20, max + 1 - count, math.floor((size - bytes) * count / math.max(1, bytes)) + 1))
  until more == 1 or last
else
  for i = 3, #KEYS do
    local from = goes_on and tonumber(ARGV[5 + i]) or after
    local part = redis.call('XRANGE', KEYS[i], text(math.max(from, floor) + 1), '+', 'COUNT', max)
    local sequences = {}
    for n, entry in ipairs(part) do
      sequences[n] = sequence(entry)
    end
    answer[#answer + 1] = sequences
    if not from_first then
      if part[1] then
        if tonumber(string.match(part[1][1], '-(%d+)$')) > from then
          incomplete = 1
        end
      elseif from < floor then
        local newest = redis.call('XREVRANGE', KEYS[i], '+', '-', 'COUNT', 1)[1]
        if not newest or sequence(newest) > from then
          incomplete = 1
        end
      else
        -- An index outlives the last position of its scope, unless a server with another maxmemory-policy than noeviction removed it.
        local last = redis.call('GET', (string.gsub(KEYS[i], '}:index:', '}:last:', 1)))
        if last and tonumber(string.match(last, ':(%d+):')) > from then
          incomplete = 1
        end
      end
    end
  end
end
answer[5], answer[6] = incomplete, more
return answer
