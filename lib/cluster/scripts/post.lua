-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Puts a message of a session into the mailbox of its recipient's home. While
-- the recipient moves, or has no home, the message is held until the next one
-- has written the record.
-- ..., client, its home unless a record has another, sender, message
-- -> {"ok"} | {"full"}
local posted = prefix .. 'posted:' .. me
local last = redis.call('GET', posted)
if last and tonumber(last) >= number then return {'ok'} end

local id = ARGV[4]
local record = redis.call('HMGET', client_key(id), 'home', 'from')
local home = record[1] or ARGV[5]
local held = prefix .. 'held:' .. id
local stream = prefix .. 'mailbox:' .. home
if record[2] or home == '' or not lives(home) or
   redis.call('EXISTS', held) == 1 then
  if redis.call('XLEN', held) >= 4096 then return {'full'} end
  stream = held
end
redis.call('XADD', stream, '*', 'kind', 'signal', 'server', me, 'client', id,
           'number', number, 'from', ARGV[6], 'body', ARGV[7])
redis.call('SET', posted, number)
if stream == held then redis.call('EXPIRE', held, 3600) end
return {'ok'}
