/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-session-deadlines.h"

/* See the header. */

/* A session is closed after so long a silence. */
#define ABANDON_US (60 * G_USEC_PER_SEC)

/* A session is closed when it has no transport after so long; otherwise a peer
 * could keep it for ever. */
#define OPENING_US (20 * G_USEC_PER_SEC)

gint64
rw_session_deadlines_start (RwSessionDeadlines *deadlines, gint64 now_us)
{
  deadlines->started_us = now_us;
  return OPENING_US + 1;
}

gint64
rw_session_deadlines_get_silence_us (const RwSessionDeadlines *deadlines,
                                     gint64 received_us, gint64 now_us)
{
  return now_us - MAX (received_us, deadlines->opened_us);
}

const char *
rw_session_deadlines_check (const RwSessionDeadlines *deadlines,
                            gboolean has_messages, gint64 received_us,
                            gint64 now_us)
{
  if (!deadlines->is_connected && deadlines->started_us != 0 &&
      now_us - deadlines->started_us > OPENING_US)
    return "no transport to the consumer in time";
  if (has_messages && rw_session_deadlines_get_silence_us (
                          deadlines, received_us, now_us) > ABANDON_US)
    return "no sign of life from the consumer";
  return NULL;
}
