-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Makes a server the arbiter of a room's floor when the former one is gone, or
-- ends its term when it leaves. Members on dead servers are away.
-- ..., former arbiter, new arbiter
-- -> {"ok", term, floor, last entry that the floor has, {entries since}}
--  | {"no"}
if not is_there() then return {'no'} end
local arbiter = redis.call('HGET', key, 'arbiter') or ''
if arbiter ~= ARGV[7] or
   (arbiter ~= me and arbiter ~= '' and not is_gone(arbiter)) then
  return {'no'}
end
local term = redis.call('HINCRBY', key, 'term', 1)
redis.call('HSET', key, 'arbiter', ARGV[8])
note('arbiter', 'arbiter', ARGV[8])
for _, member in ipairs(list_members()) do
  if is_gone(member[2]) then note('away', 'id', member[1]) end
end
local floor = redis.call('HMGET', key, 'floor', 'floor-at')
return {'ok', term, floor[1] or '', floor[2] or '0-0',
        redis.call('XRANGE', log, floor[2] or '-', '+')}
