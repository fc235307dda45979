-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Put before each script. Its arguments begin with: prefix of all keys, server
-- that runs it, number of the call (0: none).
local prefix, me, number = ARGV[1], ARGV[2], tonumber(ARGV[3])
-- Another run of Redis may have lost what the one before it had.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function lives(server)
  return redis.call('EXISTS', prefix .. 'server:' .. server) == 1
end

-- Neither has it a lease, nor is it one whose lease has expired lately.
local function is_gone(server)
  return not lives(server) and
         redis.call('SISMEMBER', prefix .. 'servers', server) == 0
end

-- While Redis stands still, leases expire that nobody could renew. A server
-- that has renewed its own without a break, for so long that any other could
-- have come back, may take one without a lease for dead.
local function may_trust()
  local of = redis.call('HMGET', prefix .. 'server:' .. me, 'time', 'since')
  return of[1] and of[2] and now - of[1] < 1900 and now - of[2] > 4500
end

local function client_key(id)
  return prefix .. 'client:' .. id
end

-- Each change of a client that other servers see is an entry of one stream,
-- with a number that has no holes.
local function publish(id, ...)
  redis.call('XADD', prefix .. 'states', 'MAXLEN', '~', 10000, '*', 'number',
             redis.call('INCR', prefix .. 'changes'), 'client', id, ...)
end

local state_fields = {'home', 'generation', 'roles', 'meta', 'name', 'away',
                      'resilient'}

local function get_state(id)
  local values = redis.call('HMGET', client_key(id), unpack(state_fields))
  local state = {}
  for i, name in ipairs(state_fields) do
    state[2 * i - 1], state[2 * i] = name, values[i] or ''
  end
  return state
end

local function is_visible(id)
  return redis.call('HGET', client_key(id), 'visible') == '1'
end

local function publish_state(id)
  if is_visible(id) then publish(id, unpack(get_state(id))) end
end

local function free_name(id, name)
  if name and name ~= '' and redis.call('GET', prefix .. 'name:' .. name) == id
  then
    redis.call('DEL', prefix .. 'name:' .. name)
  end
end

local function delete_client(id, why)
  free_name(id, redis.call('HGET', client_key(id), 'name'))
  if is_visible(id) then publish(id, 'gone', why) end
  redis.call('DEL', client_key(id), prefix .. 'held:' .. id)
end

-- A server that has claimed a client in vain, or without its state, looks at
-- the record again.
local function notify(server, kind, id, ...)
  redis.call('XADD', prefix .. 'mailbox:' .. server, '*', 'kind', kind,
             'server', me, 'client', id, ...)
end
