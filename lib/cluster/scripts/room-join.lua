-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Members of one server enter a room or, in a run without number, are still in
-- it. With a bound of the
-- history greater than 0 the whole room is returned.
-- ..., messages, bytes, client, meta, client, meta, ...
-- -> {"ok", epoch, sequence before the epoch, sequence, notes, arbiter, holder,
--     {members}, {entries with messages, the last first}}
local bound, bytes = tonumber(ARGV[7]), tonumber(ARGV[8])
ensure()
if number == 0 or not is_done() then
  for i = 9, #ARGV, 2 do
    local id, meta = ARGV[i], ARGV[i + 1]
    local old = redis.call('HGET', members, id)
    if number > 0 or not old or
       not string.find(old, ' ' .. me .. ' ', 1, true) then
      local order = old and string.match(old, '^%d+') or
                    redis.call('HINCRBY', key, 'order', 1)
      redis.call('HSET', members, id, order .. ' ' .. me .. ' ' .. meta)
      redis.call('SADD', prefix .. 'in:' .. id, room)
      note('joined', 'id', id, 'meta', meta)
    end
  end
end

local reply = answer()
if bound == 0 then return reply end
local of = redis.call('HMGET', key, 'first', 'sequence', 'notes', 'arbiter',
                      'holder')
for i = 1, 5 do reply[#reply + 1] = of[i] or '' end
reply[#reply + 1] = list_members()
local messages, last = {}, '+'
while #messages < bound and bytes > 0 do
  local entries = redis.call('XREVRANGE', log, last, '-', 'COUNT', 100)
  for _, entry in ipairs(entries) do
    if string.sub(entry[1], -2) == '-0' and #messages < bound and bytes > 0 then
      messages[#messages + 1] = entry
      for _, field in ipairs(entry[2]) do bytes = bytes - #field end
    end
  end
  if #entries < 100 then break end
  last = '(' .. entries[#entries][1]
end
reply[#reply + 1] = messages
return reply
