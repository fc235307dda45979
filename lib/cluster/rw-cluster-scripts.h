/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** RwScript: what Redis does at once; each is a file in scripts/. */
typedef enum {
  RW_SCRIPT_LEASE,
  RW_SCRIPT_STOP,
  RW_SCRIPT_LEAVE,
  RW_SCRIPT_LIST,
  RW_SCRIPT_POST,
  RW_SCRIPT_PUT,
  RW_SCRIPT_DROP,
  RW_SCRIPT_CLAIM,
  RW_SCRIPT_TRANSFER,
  RW_SCRIPT_ROOM_JOIN,
  RW_SCRIPT_ROOM_LEAVE,
  RW_SCRIPT_ROOM_PUBLISH,
  RW_SCRIPT_ROOM_NOTE,
  RW_SCRIPT_ROOM_ARBITRATE,
  RW_SCRIPT_ROOM_FLOOR,
  RW_N_SCRIPTS,
} RwScript;

char *rw_script_dup_text (RwScript script);

G_END_DECLS
