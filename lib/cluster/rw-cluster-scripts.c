/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cluster-scripts.h"

#include "rw-cluster-lua.h"

/** rw_script_dup_text: with what all have in common, and those of rooms. */
char *
rw_script_dup_text (RwScript script)
{
  static const char *const texts[RW_N_SCRIPTS] = {
      [RW_SCRIPT_LEASE] = lease_lua,
      [RW_SCRIPT_STOP] = stop_lua,
      [RW_SCRIPT_LEAVE] = leave_lua,
      [RW_SCRIPT_LIST] = list_lua,
      [RW_SCRIPT_POST] = post_lua,
      [RW_SCRIPT_PUT] = put_lua,
      [RW_SCRIPT_DROP] = drop_lua,
      [RW_SCRIPT_CLAIM] = claim_lua,
      [RW_SCRIPT_TRANSFER] = transfer_lua,
      [RW_SCRIPT_ROOM_JOIN] = room_join_lua,
      [RW_SCRIPT_ROOM_LEAVE] = room_leave_lua,
      [RW_SCRIPT_ROOM_PUBLISH] = room_publish_lua,
      [RW_SCRIPT_ROOM_NOTE] = room_note_lua,
      [RW_SCRIPT_ROOM_ARBITRATE] = room_arbitrate_lua,
      [RW_SCRIPT_ROOM_FLOOR] = room_floor_lua,
  };

  return g_strconcat (head_lua,
                      script >= RW_SCRIPT_ROOM_JOIN ? room_head_lua : "",
                      texts[script], NULL);
}
