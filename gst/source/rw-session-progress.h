/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-receive-meter.h"
#include "rw-receive-path.h"

G_BEGIN_DECLS

/**
 * RwSessionProgress:
 * The state of one session of the source at the last update, and the progress
 * since then. Thread: its owner's.
 *
 * @accepted: new frames of the session.
 * @handed: frames that downstream has taken, of the whole source; to be set at
 *   first.
 * @message_us: when the last message came.
 * @is_proven: there was progress since the session became alive; the owner
 *   resets it.
 */
typedef struct {
  guint64 accepted;
  guint64 handed;
  gint64 message_us;
  gboolean is_proven;
} RwSessionProgress;

typedef enum {
  RW_SESSION_ADVANCE_NONE,
  RW_SESSION_ADVANCE_USABLE,
  RW_SESSION_ADVANCE_PROGRESS,
} RwSessionAdvance;

/**
 * rw_session_progress_update:
 * A session is usable with a newly accepted frame or, without audio, with a
 * message that leaves nothing missing. Only a frame that was handed on is
 * progress: a producer that sends WELCOME and nothing else makes none.
 */
RwSessionAdvance rw_session_progress_update (RwSessionProgress *self,
                                             const RwReceivePathStatus *status,
                                             const RwReceiveProgress *source);

G_END_DECLS
