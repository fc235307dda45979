-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Deletes the record of a client that has left, unless it lives elsewhere. A
-- server that has claimed it in vain is notified. Where the claim is known, it
-- must be the last one; and if the client never came to this server, the state
-- that was given to it still holds.
-- ..., client, generation of the claim or 0, never came (0 or 1) -> 1 or 0
local id = ARGV[4]
local key = client_key(id)
local record = redis.call('HMGET', key, 'home', 'from', 'state', 'given',
                          'generation')
local home, claim = record[1] or me, tonumber(ARGV[5])

if claim > 0 and tonumber(record[5]) ~= claim then return 0 end
redis.call('SREM', prefix .. 'clients:' .. me, id)
if home ~= me then
  if record[2] ~= me or (record[3] and record[4] ~= me) then return 0 end
  if record[3] and ARGV[6] == '1' then
    redis.call('HDEL', key, 'given')
    if home ~= '' then notify(home, 'stored', id) end
    return 0
  end
  if home ~= '' then
    notify(home, 'stored', id)
    redis.call('SREM', prefix .. 'clients:' .. home, id)
  end
end
redis.call('ZREM', prefix .. 'waiting', id)
delete_client(id, 'the peer has left')
return 1
