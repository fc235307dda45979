/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwOrdinaryLiveness:
 * The state of a session with an ordinary producer, which sends RTP and no
 * messages, and may be silent because its user has muted it. Reads no
 * clock. Zeroed at first; its owner's thread.
 *
 * @is_offered: the producer has offered it.
 * @is_connected: the transport was up.
 * @is_orphan: the producer has lost its connection to the signalling server.
 * @is_paused: it sends reports and no RTP: its user has muted it.
 * @n_packets: of ordinary producers, in any session, when counted last.
 * @received_us: when there were more of them, or the transport came up, or,
 *   before that, the offer.
 */
typedef struct {
  gboolean is_offered;
  gboolean is_connected;
  gboolean is_orphan;
  gboolean is_paused;
  guint64 n_packets;
  gint64 received_us;
} RwOrdinaryLiveness;

/* Whether it is the first offer. */
gboolean rw_ordinary_liveness_offer (RwOrdinaryLiveness *self, gint64 now_us);
void rw_ordinary_liveness_connect (RwOrdinaryLiveness *self, gint64 now_us);
void rw_ordinary_liveness_count (RwOrdinaryLiveness *self, guint64 n_packets,
                                 gint64 now_us);

/* Whether there is no outage: packets have come lately, or are not sent; or the
 * transport may still come up. */
gboolean rw_ordinary_liveness_is_well (const RwOrdinaryLiveness *self,
                                       gint64 now_us);

/* Whether its user has muted it before the transport failed. Another session
 * would send what the user believes to be off. */
gboolean rw_ordinary_liveness_is_muted (const RwOrdinaryLiveness *self);

/* Whether the session has nothing to lose: no signalling, no packets. */
gboolean rw_ordinary_liveness_is_abandoned (const RwOrdinaryLiveness *self,
                                            gint64 now_us);

G_END_DECLS
