-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Makes a server the home of a client that resumes there. While "from" is set,
-- that home has not written the record yet; until then the former home, if it
-- lives, is to store the resumption state, and the claim is run again. The
-- state is given once: its client may have gone on from there before the server
-- has written the record, and if it moves on, that server stores another one.
-- It is given to a server that has read the notice of it, which stands in the
-- mailbox behind what the client has sent to other clients there.
-- ..., client, hash of the token, attempt, grace ms, notice read (0 or 1)
-- -> {"unknown"} | {"wait"} | {"ok", former home, generation, {record}}
local id = ARGV[4]
local key = client_key(id)
local old = redis.call('HMGET', key, 'home', 'token', 'attempt', 'from',
                       'state', 'given')
local attempt, last = tonumber(ARGV[6]), tonumber(old[3]) or 0
local home, from, state, given = old[1] or '', old[4], old[5], old[6]

if not old[2] or old[2] == '' or old[2] ~= ARGV[5] then return {'unknown'} end
if attempt > 0 and (attempt < last or (attempt == last and home ~= me)) then
  return {'unknown'}
end

if given and given ~= me then
  from, state = given, false
elseif not from then
  from = home
end
if home ~= me then
  redis.call('HINCRBY', key, 'generation', 1)
  redis.call('HSET', key, 'home', me, 'attempt', attempt, 'from', from)
  redis.call('SREM', prefix .. 'clients:' .. home, id)
  redis.call('SADD', prefix .. 'clients:' .. me, id)
  redis.call('ZADD', prefix .. 'waiting', now + tonumber(ARGV[7]), id)
end

local generation = redis.call('HGET', key, 'generation')
if not state and from ~= '' and from ~= me then
  if lives(from) then
    notify(from, 'claimed', id, 'generation', generation, 'attempt', attempt)
    return {'wait'}
  end
  if not is_gone(from) and not may_trust() then return {'wait'} end
end
if state and ARGV[8] ~= '1' then
  notify(me, 'stored', id)
  return {'wait'}
end
if not state then
  redis.call('HDEL', key, 'state', 'given')
else
  redis.call('HSET', key, 'given', me)
end
return {'ok', from, generation, redis.call('HGETALL', key)}
