-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A client leaves a room, which ends with its last member.
-- ..., client -> {"ok"}
if not is_there() or is_done() then return {'ok'} end
redis.call('SREM', prefix .. 'in:' .. ARGV[7], room)
-- A client that is not listed in a new epoch may be listed by servers.
redis.call('HDEL', members, ARGV[7])
if redis.call('HLEN', members) == 0 then
  redis.call('DEL', key, log, members)
  return {'ok'}
end
note('left', 'id', ARGV[7])
return answer()
