-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a member does that has no sequence number: it requests or releases the
-- floor, or its connection is lost or there again.
-- ..., kind, client, priority, no wait -> {"ok", epoch}
ensure()
if not is_done() and redis.call('HEXISTS', members, ARGV[8]) == 1 then
  note(ARGV[7], 'id', ARGV[8], 'priority', ARGV[9], 'no-wait', ARGV[10])
end
return answer()
