/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ordinary-liveness.h"

/* See the header. */

/* An ordinary producer whose last packet is not older has no outage. One that
 * was muted says so with its next report, which comes within 7.5 s (RFC 3550,
 * 6.3.1); a page whose connection fails ends the session after 15 s or more. */
#define WELL_US (12 * G_USEC_PER_SEC)

/* A session without signalling has nothing to send, after so long. */
#define ORPHAN_SILENCE_US (1 * G_USEC_PER_SEC)

gboolean
rw_ordinary_liveness_offer (RwOrdinaryLiveness *self, gint64 now_us)
{
  if (self->is_offered)
    return FALSE;
  self->is_offered = TRUE;
  self->received_us = now_us;
  return TRUE;
}

void
rw_ordinary_liveness_connect (RwOrdinaryLiveness *self, gint64 now_us)
{
  self->is_connected = TRUE;
  self->received_us = now_us;
}

void
rw_ordinary_liveness_count (RwOrdinaryLiveness *self, guint64 n_packets,
                            gint64 now_us)
{
  if (n_packets != self->n_packets && self->is_connected)
    self->received_us = now_us;
  self->n_packets = n_packets;
}

gboolean
rw_ordinary_liveness_is_well (const RwOrdinaryLiveness *self, gint64 now_us)
{
  return (self->is_offered || self->is_connected) &&
         (self->is_paused || now_us - self->received_us < WELL_US);
}

gboolean
rw_ordinary_liveness_is_muted (const RwOrdinaryLiveness *self)
{
  return self->is_connected && self->is_paused;
}

gboolean
rw_ordinary_liveness_is_abandoned (const RwOrdinaryLiveness *self,
                                   gint64 now_us)
{
  return self->is_orphan && now_us - self->received_us > ORPHAN_SILENCE_US;
}
