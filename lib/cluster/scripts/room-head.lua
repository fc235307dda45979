-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Put before each script of rooms. A room is a hash, a stream of entries and a
-- hash of members (id -> "order server meta"). Entry N-0 of the stream is the
-- message with the sequence number N; N-1, N-2 and so on are what has happened
-- after it. The hash belongs to one run of Redis: another one may have lost
-- the end of the stream, and the room begins a new epoch behind the last
-- sequence number that the server has read. Terms go on from the time, so that
-- an arbiter of an epoch before is refused.
-- ..., room, new epoch, sequence, then those of the script
local room = ARGV[4]
local key = prefix .. 'room:' .. room
local log = prefix .. 'log:' .. room
local members = prefix .. 'members:' .. room

local function is_there()
  return redis.call('HGET', key, 'run') == run
end

local function ensure()
  if is_there() then return end
  redis.call('DEL', key, log, members)
  redis.call('HSET', key, 'run', run, 'epoch', ARGV[5], 'first', ARGV[6],
             'sequence', ARGV[6], 'notes', 0, 'order', 0, 'bytes', 0,
             'arbiter', me, 'term', now)
end

-- {{id, server, meta, order}} in the order in which they came
local function list_members()
  local list = {}
  local hash = redis.call('HGETALL', members)
  for i = 1, #hash, 2 do
    local order, server, meta = string.match(hash[i + 1], '^(%d+) (%S+) (.*)$')
    if order then
      list[#list + 1] = {hash[i], server, meta, tonumber(order)}
    end
  end
  table.sort(list, function(a, b) return a[4] < b[4] end)
  return list
end

-- Whether this call has been done, when its answer was lost.
local function is_done()
  local last = redis.call('HGET', key, 'op:' .. me)
  if last and tonumber(last) >= number then return true end
  redis.call('HSET', key, 'op:' .. me, number)
  return false
end

local function add(entry, kind, ...)
  redis.call('XADD', log, entry, 'kind', kind, 'epoch',
             redis.call('HGET', key, 'epoch'), 'time', now, 'server', me,
             'number', number, ...)
end

local function note(kind, ...)
  local n = redis.call('HINCRBY', key, 'notes', 1)
  add(redis.call('HGET', key, 'sequence') .. '-' .. n, kind, ...)
  redis.call('XTRIM', log, 'MAXLEN', '~', 20000)
end

-- A room without members or servers is forgotten after a day.
local function answer()
  redis.call('EXPIRE', key, 86400)
  redis.call('EXPIRE', log, 86400)
  redis.call('EXPIRE', members, 86400)
  return {'ok', redis.call('HGET', key, 'epoch')}
end
