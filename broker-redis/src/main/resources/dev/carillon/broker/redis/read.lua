-- Reads a page of the log: of some scopes by their indexes, or all of it.
-- KEYS: meta, log, then the index of each scope.
-- ARGV: run, age, most events of the log, epoch and sequence to read after (epoch 0: from the first), max events, max bytes.
-- Answers: ok or epoch, epoch of the head, its sequence, the time, incomplete, more, then the events.
local meta, log = KEYS[1], KEYS[2]
local wanted, after, max, size = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local known = redis.call('HMGET', meta, 'run', 'epoch', 'start', 'sequence', 'floor', 'past', 'holes')
if known[1] ~= ARGV[1] then
  return { 'epoch' }
end
local head, now = tonumber(known[4]), millis()
-- Trimmed here too: then no event is older than the age, and none has outlived the index of its scope.
local floor = trim(meta, log, head, tonumber(known[5]), now, tonumber(ARGV[2]), tonumber(ARGV[3]))
local incomplete, more, count = 0, 0, 0
local answer = { 'ok', tonumber(known[2]), head, now, 0, 0 }

local from_first = wanted == 0
if from_first then
  after = floor
else
  -- The epoch of the position, or, if it was lost with everything in it, the next that is known.
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

local function take(entry)
  if count == max or size < 0 then
    more = 1
    return false
  end
  answer[#answer + 1] = entry[2][2]
  count = count + 1
  size = size - #entry[2][2]
  return true
end

local begin = math.max(after, floor) + 1
if #KEYS == 2 then
  if not from_first and after < math.max(floor, tonumber(known[7] or 0)) then
    incomplete = 1
  end
  repeat
    local batch = redis.call('XRANGE', log, text(begin), '+', 'COUNT', 20)
    for _, entry in ipairs(batch) do
      if not take(entry) then
        break
      end
      begin = sequence(entry) + 1
    end
  until more == 1 or #batch < 20
else
  -- Of many scopes only a part of each is looked at, so that the work is bounded; then what lies beyond the horizon, the end
  -- of the shortest part, must wait for the next page.
  local each = math.max(20, math.min(max + 1, math.floor(20000 / (#KEYS - 2))))
  local seen, sequences, horizon = {}, {}, math.huge
  for i = 3, #KEYS do
    if not from_first then
      local oldest = redis.call('XRANGE', KEYS[i], text(floor + 1), '+', 'COUNT', 1)[1]
      if oldest then
        if tonumber(string.match(oldest[1], '-(%d+)$')) > after then
          incomplete = 1
        end
      elseif after < floor then
        local newest = redis.call('XREVRANGE', KEYS[i], '+', '-', 'COUNT', 1)[1]
        if not newest or sequence(newest) > after then
          incomplete = 1
        end
      end
    end
    local part = redis.call('XRANGE', KEYS[i], text(begin), '+', 'COUNT', each)
    for _, entry in ipairs(part) do
      local number = sequence(entry)
      if not seen[number] then
        seen[number] = true
        sequences[#sequences + 1] = number
      end
    end
    if #part == each then
      horizon = math.min(horizon, sequence(part[each]))
    end
  end
  table.sort(sequences)
  for _, number in ipairs(sequences) do
    if number > horizon then
      more = 1
      break
    end
    local entry = redis.call('XRANGE', log, text(number), text(number))[1]
    if not entry then
      incomplete = 1
    elseif not take(entry) then
      break
    end
  end
  if horizon < math.huge then
    more = 1
  end
end
answer[5], answer[6] = incomplete, more
return answer
