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
  if not from_first then
    for i = 3, #KEYS do
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
  end
  -- The indexes are merged from parts. What lies beyond the horizon, the end of the shortest part, is not certain yet: that part
  -- is read on until the page is full, or so much was looked at that the rest must wait for the next page.
  local each = math.max(8, math.ceil(2 * (max + 1) / (#KEYS - 2)))
  local seen, sequences, ends, horizon, total, certain = {}, {}, {}, 0, 0, 0
  for i = 3, #KEYS do
    ends[i] = 0
  end
  repeat
    local next_horizon = math.huge
    for i = 3, #KEYS do
      if ends[i] == horizon then
        local part = redis.call('XRANGE', KEYS[i], text(math.max(begin, ends[i] + 1)), '+', 'COUNT', each)
        for _, entry in ipairs(part) do
          local number = sequence(entry)
          if not seen[number] then
            seen[number] = true
            sequences[#sequences + 1] = number
          end
        end
        total = total + #part
        ends[i] = #part == each and sequence(part[each]) or math.huge
      end
      next_horizon = math.min(next_horizon, ends[i])
    end
    horizon, each, certain = next_horizon, each * 2, 0
    for _, number in ipairs(sequences) do
      if number <= horizon then
        certain = certain + 1
      end
    end
  until horizon == math.huge or certain > max or total > 20000
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
