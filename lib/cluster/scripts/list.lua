-- SPDX-License-Identifier: LGPL-2.1-or-later
-- All clients that other servers see.
-- ... -> {number of the last change, last entry of the stream of changes,
--         {{field, value, ...}}}
local seen, states = {}, {}

local function add(ids)
  for _, id in ipairs(ids) do
    if not seen[id] and is_visible(id) then
      seen[id] = true
      local state = get_state(id)
      local sessions = redis.call('HGET', client_key(id), 'sessions')
      for _, text in ipairs({'client', id, 'sessions', sessions or ''}) do
        state[#state + 1] = text
      end
      states[#states + 1] = state
    end
  end
end

for _, server in ipairs(redis.call('SMEMBERS', prefix .. 'servers')) do
  add(redis.call('SMEMBERS', prefix .. 'clients:' .. server))
end
add(redis.call('ZRANGE', prefix .. 'waiting', 0, -1))
local last = redis.call('XREVRANGE', prefix .. 'states', '+', '-', 'COUNT', 1)
return {redis.call('GET', prefix .. 'changes') or 0,
        last[1] and last[1][1] or '0-0', states}
