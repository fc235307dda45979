-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A server is about to stop: from now on messages for its clients that can
-- resume are held. Those before are in its mailbox, behind which it is notified
-- that it can store the clients.
-- ..., grace ms -> 1
for _, id in ipairs(redis.call('SMEMBERS', prefix .. 'clients:' .. me)) do
  local record = redis.call('HMGET', client_key(id), 'home', 'token', 'from')
  if record[1] == me and record[2] and record[2] ~= '' then
    redis.call('HSET', client_key(id), 'home', '', 'from', record[3] or me)
    redis.call('ZADD', prefix .. 'waiting', now + tonumber(ARGV[4]), id)
  end
end
notify(me, 'stop', '')
return 1
