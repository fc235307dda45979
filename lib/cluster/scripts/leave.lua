-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A server that stops gives its lease back, and clients that it has claimed and
-- not received, with their state.
-- ... -> 1
for _, id in ipairs(redis.call('SMEMBERS', prefix .. 'clients:' .. me)) do
  local record = redis.call('HMGET', client_key(id), 'home', 'given')
  if record[1] == me then redis.call('HSET', client_key(id), 'home', '') end
  if record[2] == me then redis.call('HDEL', client_key(id), 'given') end
end
redis.call('DEL', prefix .. 'server:' .. me, prefix .. 'mailbox:' .. me,
           prefix .. 'posted:' .. me, prefix .. 'clients:' .. me)
redis.call('SREM', prefix .. 'servers', me)
return 1
