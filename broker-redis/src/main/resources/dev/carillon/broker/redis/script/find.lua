-- Looks up an id: a generated one by its encoded position, a given one by its positions in some scopes.
-- KEYS: meta, log, then the positions of the id in each scope.
-- ARGV: run, the epoch and the sequence encoded in the id (0: none), maximum positions per scope.
-- Returns: ok or epoch. For a generated id: whether a log of that epoch had that sequence, and the entry if it is in the log. For a given
-- id: 1 and the positions in the log, or, if there are none, 0 and the last trimmed position of each scope.
local meta, log, most = KEYS[1], KEYS[2], tonumber(ARGV[4])
local known = redis.call('HMGET', meta, 'run', 'epoch', 'start', 'sequence', 'past', 'floor')
if known[1] ~= ARGV[1] then
  return { 'epoch' }
end
local wanted, number = tonumber(ARGV[2]), tonumber(ARGV[3])
if wanted > 0 then
  for id, start, stop in string.gmatch(known[5] .. known[2] .. ':' .. known[3] .. ':' .. known[4] .. ',', '(%d+):(%d+):(%d+),') do
    if tonumber(id) == wanted and number > tonumber(start) and number <= tonumber(stop) then
      local entry = redis.call('XRANGE', log, text(number), text(number))[1]
      return { 'ok', 1, entry and entry[2][2] or '' }
    end
  end
  return { 'ok', 0, '' }
end
local kept, gone = { 'ok', 1 }, { 'ok', 0 }
for i = 3, #KEYS do
  local places = redis.call('ZRANGE', KEYS[i], text(known[6] + 1), '+inf', 'BYSCORE', 'LIMIT', 0, most)
  local last = redis.call('ZRANGE', KEYS[i], text(known[6]), '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
  for _, at in ipairs(places) do
    local entry = string.match(at, ':(%d+):')
    if redis.call('XRANGE', log, entry, entry)[1] then
      kept[#kept + 1] = at
    else
      last = at
    end
  end
  gone[#gone + 1] = last
end
return #kept > 2 and kept or gone
