-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Appends a message to a room, and drops what is beyond its bounds.
-- ..., client, data, max messages, max bytes, max age ms -> {"ok", epoch}
ensure()
if is_done() then return answer() end

local sequence = redis.call('HINCRBY', key, 'sequence', 1)
local first = sequence - tonumber(ARGV[9]) + 1
local bytes = redis.call('HINCRBY', key, 'bytes', #ARGV[8] + 256)
redis.call('HSET', key, 'notes', 0)
add(sequence .. '-0', 'message', 'id', ARGV[7], 'data', ARGV[8])

for _ = 1, 10 do
  local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  if not oldest then break end
  local fields = {}
  for i = 1, #oldest[2], 2 do fields[oldest[2][i]] = oldest[2][i + 1] end
  local n = tonumber(string.match(oldest[1], '^%d+'))
  if n >= first and bytes <= tonumber(ARGV[10]) and
     now - (tonumber(fields['time']) or 0) <= tonumber(ARGV[11]) then
    break
  end
  if n == sequence then break end
  redis.call('XDEL', log, oldest[1])
  if fields['kind'] == 'message' then
    bytes = redis.call('HINCRBY', key, 'bytes', -#(fields['data'] or '') - 256)
  end
end
return answer()
