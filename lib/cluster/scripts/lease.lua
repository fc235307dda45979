-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Renews the lease of a server and lists the others. One server removes a
-- server whose lease has expired: its plain clients are deleted, the resumable
-- ones keep their records for the grace period, as long as the server's mailbox
-- is kept: it may have been cut off and come back. Clients whose grace period is
-- over are deleted and returned.
-- A lease has a term, which ends when it expires, or with this run of Redis. A
-- server that does not know the term may have been removed meanwhile.
-- ..., lease ms, version, grace ms, last term that the server knows
-- -> {term, {living}, {{expired id, room, ...}}, those not among the living are
--     dead (0 or 1)}
local lease, may_remove = prefix .. 'server:' .. me, may_trust()
local old = redis.call('HMGET', lease, 'run', 'time', 'since', 'term')
local term = old[1] == run and old[4] or tostring(now)
local since = old[1] == run and now - (old[2] or 0) < 1900 and old[3] or now

redis.call('HSET', lease, 'version', ARGV[5], 'time', now, 'since', since,
           'run', run, 'term', term)
redis.call('PEXPIRE', lease, ARGV[4])
if term ~= ARGV[7] then
  redis.call('PERSIST', prefix .. 'mailbox:' .. me)
  redis.call('PERSIST', prefix .. 'posted:' .. me)
end
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
  redis.call('DEL', clients)
  redis.call('PEXPIRE', prefix .. 'mailbox:' .. server, ARGV[6])
  redis.call('PEXPIRE', prefix .. 'posted:' .. server, ARGV[6])
  redis.call('SREM', prefix .. 'servers', server)
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

return {term, living, expired, may_remove and 1 or 0}
