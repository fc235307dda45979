-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Renews the lease of a server and lists the others. One server removes a
-- server whose lease has expired: its plain clients are deleted, the resumable
-- ones keep their records for the grace period. Clients whose grace period is
-- over are deleted and returned.
-- ..., lease ms, version, grace ms, may remove (0 or 1)
-- -> {known before to this run of Redis (0 or 1), {living}, {{expired id, room, ...}}}
local lease, may_remove = prefix .. 'server:' .. me, ARGV[7] == '1'
local known = redis.call('HGET', lease, 'run') == run and 1 or 0

redis.call('HSET', lease, 'version', ARGV[5], 'time', now, 'run', run)
redis.call('PEXPIRE', lease, ARGV[4])
redis.call('SADD', prefix .. 'servers', me)

local function remove_server(server)
  local clients = prefix .. 'clients:' .. server
  for _, id in ipairs(redis.call('SMEMBERS', clients)) do
    local record = redis.call('HMGET', client_key(id), 'home', 'token')
    if record[1] == server then
      if record[2] and record[2] ~= '' then
        redis.call('HSET', client_key(id), 'home', '', 'away', '1')
        publish_state(id)
        redis.call('ZADD', prefix .. 'waiting', now + tonumber(ARGV[6]), id)
      else
        delete_client(id, "the peer's connection to the server was lost")
      end
    end
  end
  redis.call('DEL', clients, prefix .. 'mailbox:' .. server)
  redis.call('SREM', prefix .. 'servers', server)
  redis.call('HDEL', prefix .. 'posted', server)
end

local living, expired = {}, {}
for _, server in ipairs(redis.call('SMEMBERS', prefix .. 'servers')) do
  if may_remove and not lives(server) then
    remove_server(server)
  else
    living[#living + 1] = server
  end
end

local late = redis.call('ZRANGEBYSCORE', prefix .. 'waiting', '-inf',
                        may_remove and now or '-inf', 'LIMIT', 0, 100)
for _, id in ipairs(late) do
  redis.call('ZREM', prefix .. 'waiting', id)
  local entry = {id}
  for _, room in ipairs(redis.call('SMEMBERS', prefix .. 'in:' .. id)) do
    entry[#entry + 1] = room
  end
  delete_client(id, 'the peer did not come back in time')
  expired[#expired + 1] = entry
end

return {known, living, expired}
