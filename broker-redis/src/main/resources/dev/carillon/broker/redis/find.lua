-- Looks an id up.
-- KEYS: meta, log, id. ARGV: run, then the epoch and the sequence that the id itself encodes (0: none).
-- Answers: ok or epoch, and: the position of an id that was given; or '', whether a log of that epoch had that sequence, and the
-- entry if it is still there.
local known = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'start', 'sequence', 'past')
if known[1] ~= ARGV[1] then
  return { 'epoch' }
end
local given = redis.call('GET', KEYS[3])
if given then
  return { 'ok', string.match(given, '^(%S+)') }
end
local wanted, number = tonumber(ARGV[2]), tonumber(ARGV[3])
for id, start, stop in string.gmatch(known[5] .. known[2] .. ':' .. known[3] .. ':' .. known[4] .. ',', '(%d+):(%d+):(%d+),') do
  if tonumber(id) == wanted and number > tonumber(start) and number <= tonumber(stop) then
    local entry = redis.call('XRANGE', KEYS[2], text(number), text(number))[1]
    return { 'ok', '', 1, entry and entry[2][2] or '' }
  end
end
return { 'ok', '', 0, '' }
