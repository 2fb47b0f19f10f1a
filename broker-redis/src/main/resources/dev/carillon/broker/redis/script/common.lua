-- Precedes every script: numbers as text, the server's time, and trimming of a log.

-- Lua formats large numbers with an exponent, which is not valid in a key, id or score.
local function text(number)
  return string.format('%.0f', number)
end

local function micros()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local function millis()
  return math.floor(micros() / 1000)
end

local function sequence(entry)
  return tonumber(string.match(entry[1], '^(%d+)-'))
end

-- Sequence and time of the first entry of the log from a sequence on; nil: there is none.
local function first(log, from)
  local entry = redis.call('XRANGE', log, text(from), '+', 'COUNT', 1)[1]
  if entry then
    return sequence(entry), tonumber(string.match(entry[1], '-(%d+)$'))
  end
end

-- Trims the log to the maximum count and age, and returns the floor: the highest sequence up to which everything was removed. Sequences
-- may be missing above it (of scopes with too many events), so the age limit is found by galloping, then by halving: a few steps if
-- little is too old, about twenty after a long silence. If the log itself has expired, everything was removed.
local function trim(meta, log, head, before, now, age, most)
  local floor = before
  if redis.call('XLEN', log) > most then
    redis.call('XTRIM', log, 'MAXLEN', text(most))
  end
  local oldest, at = first(log, floor + 1)
  if not oldest then
    floor = head
  else
    floor = oldest - 1
    if at < now - age then
      local old, step, young = oldest, 1, nil
      while not young do
        local found, time = first(log, old + step)
        if found and time < now - age then
          old, step = found, step * 2
        else
          young = found or head + 1
        end
      end
      while young - old > 1 do
        local middle = math.floor((old + young) / 2)
        local found, time = first(log, middle)
        if found and found < young and time < now - age then
          old = found
        else
          young = middle
        end
      end
      floor = old
    end
  end
  if floor > before then
    redis.call('HSET', meta, 'floor', text(floor))
    redis.call('XTRIM', log, 'MINID', text(floor + 1))
  end
  return floor
end
