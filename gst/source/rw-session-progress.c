/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-session-progress.h"

/* See the header. */

RwSessionAdvance
rw_session_progress_update (RwSessionProgress *self,
                            const RwReceivePathStatus *status,
                            const RwReceiveProgress *source)
{
  gboolean has_frames = status->accepted != self->accepted;
  gboolean has_message = status->message_us != self->message_us;
  gboolean has_handed = source->handed != self->handed;

  self->accepted = status->accepted;
  self->message_us = status->message_us;
  self->handed = source->handed;
  if (!has_frames && (!has_message || source->has_holes))
    return RW_SESSION_ADVANCE_NONE;
  self->is_proven |= has_handed;
  return has_handed ? RW_SESSION_ADVANCE_PROGRESS : RW_SESSION_ADVANCE_USABLE;
}
