-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Stores the resumption state of a client that leaves a server: because it was
-- claimed by another one, which is notified, or because the server stops. The
-- first field is the generation that the server has; a later one is left alone.
-- ..., client, grace ms, state, field, value, ... -> 1 or 0
local id = ARGV[4]
local key = client_key(id)
local old = redis.call('HMGET', key, 'home', 'from', 'generation')
local claimed = old[1] and old[1] ~= '' and old[1] ~= me
local is_over = (tonumber(old[3]) or 0) > tonumber(ARGV[8])

if (claimed or is_over) and old[2] ~= me then return 0 end
if not claimed and not is_over then
  redis.call('HSET', key, 'home', '', 'from', me, 'away', '1')
  redis.call('HSET', key, unpack(ARGV, 7))
  redis.call('SREM', prefix .. 'clients:' .. me, id)
  redis.call('ZADD', prefix .. 'waiting', now + tonumber(ARGV[5]), id)
  publish_state(id)
end
redis.call('HDEL', key, 'given')
redis.call('HSET', key, 'state', ARGV[6])
if claimed then notify(old[1], 'stored', id) end
return 1
