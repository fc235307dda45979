/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-receive-path.h"

G_BEGIN_DECLS

/**
 * RwSessionLiveness:
 * The liveness of one session of the source, judged from two signs: packets of
 * any kind (the verdict of RwLiveness, which decides how long silence counts as
 * suspect), and messages. Reads no clock. Zeroed at first; its owner's thread.
 *
 * @state: as judged last.
 * @path_state: by packets of any kind alone.
 * @doubted_us: since when it is not alive, or 0.
 * @one_way_us: since when only this side receives, or 0.
 */
typedef struct {
  RwLivenessState state;
  RwLivenessState path_state;
  gint64 doubted_us;
  gint64 one_way_us;
} RwSessionLiveness;

/**
 * rw_session_liveness_update:
 * @status: of the session's receive path
 * @stall_us: messages may fail to come for so long before the session
 *   counts as down
 *
 * Returns: whether @state has changed.
 */
gboolean rw_session_liveness_update (RwSessionLiveness *self,
                                     const RwReceivePathStatus *status,
                                     gint64 stall_us, gint64 now_us);

/**
 * rw_session_liveness_note_path:
 * @state: of the session's receive path
 *
 * Returns: whether packets have come back after an outage.
 */
gboolean rw_session_liveness_note_path (RwSessionLiveness *self,
                                        RwLivenessState state);

G_END_DECLS
