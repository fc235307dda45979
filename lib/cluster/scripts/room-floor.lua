-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The arbiter of a floor saves its state with the events that led to it. One
-- whose term is over is refused.
-- ..., term, state, entry that it stands at, holder, events
-- -> {"ok"} | {"no"}
if not is_there() then return {'no'} end
local of = redis.call('HMGET', key, 'arbiter', 'term')
if of[1] ~= me or of[2] ~= ARGV[7] then return {'no'} end
if is_done() then return {'ok'} end
redis.call('HSET', key, 'floor', ARGV[8], 'floor-at', ARGV[9], 'holder',
           ARGV[10])
note('floor', 'holder', ARGV[10], 'events', ARGV[11])
return answer()
