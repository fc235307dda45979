-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes the present record of a client, unless a later generation of it
-- lives elsewhere, and reserves its name. A holder of the name that is away,
-- or that has the same secret, loses it. Messages that were held go to the
-- server's mailbox. A server that has lost the client is notified there, behind
-- the messages that it is still to deliver.
-- ..., client, generation, field, value, ...
-- -> {"ok"} | {"moved"} | {"taken", holder}
local id = ARGV[4]
local generation = tonumber(ARGV[5])
local key = client_key(id)
local old = redis.call('HMGET', key, 'home', 'generation', 'name')
local fields = {}
for i = 6, #ARGV, 2 do fields[ARGV[i]] = ARGV[i + 1] end

local former = tonumber(old[2]) or 0
local is_elsewhere = old[1] and old[1] ~= '' and old[1] ~= me
if old[2] and (former > generation or
               (former == generation and is_elsewhere)) then
  notify(me, 'moved', id, 'generation', old[2])
  return {'moved'}
end

-- A server that writes lives, even when Redis has been emptied.
if not lives(me) then
  redis.call('HSET', prefix .. 'server:' .. me, 'written', 1)
  redis.call('PEXPIRE', prefix .. 'server:' .. me, 3000)
end

local name = fields['name'] or ''
if name ~= '' then
  local holder = redis.call('GET', prefix .. 'name:' .. name)
  if holder and holder ~= id then
    local record = redis.call('HMGET', client_key(holder), 'home', 'away', 'secret',
                              'name')
    local home, secret = record[1], record[3]
    local holds = home and home ~= '' and record[2] ~= '1' and
                  record[4] == name and lives(home)
    local same = secret and secret ~= '' and secret == fields['secret']
    if holds and not same then return {'taken', holder} end
    redis.call('HSET', client_key(holder), 'name', '')
  end
  redis.call('SET', prefix .. 'name:' .. name, id)
end
if old[3] ~= name then free_name(id, old[3]) end

if is_elsewhere then
  redis.call('SREM', prefix .. 'clients:' .. old[1], id)
  notify(old[1], 'stored', id)
  notify(old[1], 'moved', id, 'generation', generation)
end
local before = is_visible(id) and table.concat(get_state(id), '\n')
redis.call('HDEL', key, 'state', 'given', 'from')
redis.call('HSET', key, 'home', me, 'generation', ARGV[5], unpack(ARGV, 6))
redis.call('ZREM', prefix .. 'waiting', id)
redis.call('SADD', prefix .. 'clients:' .. me, id)
if table.concat(get_state(id), '\n') ~= before then publish_state(id) end

local held = prefix .. 'held:' .. id
for _, entry in ipairs(redis.call('XRANGE', held, '-', '+')) do
  redis.call('XADD', prefix .. 'mailbox:' .. me, '*', unpack(entry[2]))
end
redis.call('DEL', held)
return {'ok'}
