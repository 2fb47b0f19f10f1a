-- Opens an epoch if the last one belongs to another life of the server, or if none is known.
-- KEYS: meta, log. ARGV: the run id known to the node, the highest epoch that it knows of any log, and of this one (0: none); 1: the run id
-- is followed by the replication id, which differs for each time for which the server is the primary.
-- Returns: the run id of the answering server, and the new epoch, or 0.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
if ARGV[4] == '1' then
  run = run .. string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
end
local known = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'start', 'sequence', 'past')
if run ~= ARGV[1] or known[1] == run then
  return { run, 0 }
end
local epoch = math.max(millis(), tonumber(ARGV[2]) + 1)
local last, past = 0, ''
if known[2] then
  epoch = math.max(epoch, tonumber(known[2]) + 1)
  last = tonumber(known[4])
  past = known[5] .. known[2] .. ':' .. known[3] .. ':' .. known[4] .. ','
  -- At most 128 are stored; the oldest is removed.
  local _, count = string.gsub(past, ',', ',')
  if count > 128 then
    past = string.gsub(past, '^[^,]*,', '', 1)
  end
else
  -- If only the meta key was deleted, the sequences of the log continue to increase.
  local entry = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
  last = entry and sequence(entry) or 0
  redis.call('HSET', KEYS[1], 'floor', text(last))
  if tonumber(ARGV[3]) > 0 then
    -- The list of epochs was lost: readers must know that this epoch is not the first.
    past = ARGV[3] .. ':0:0,'
  end
end
redis.call('HSET', KEYS[1], 'run', run, 'epoch', text(epoch), 'start', text(last), 'sequence', text(last), 'past', past)
return { run, epoch }
