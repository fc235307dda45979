/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwAdmission:
 * How many handshakes a sender has under way at once. A handshake costs a
 * machine far more than a session does; too many of them slow each other down
 * until their time-outs strike, and what follows a time-out is another one.
 *
 * The measure is the time that the machine takes for the part of a handshake
 * that does not depend on the peer: from the admission to the offer. While that
 * stays near the shortest seen, the bound rises with each offer, so that
 * distant consumers, who wait for their packets and not for a core, are served
 * together; when it grows, the bound falls, to the number of cores at the
 * least.
 *
 * A plain value: reads no clock, has no lock.
 */
typedef struct {
  guint least;
  double bound;
  guint n_active;
  gint64 best_us;    /* of the times to an offer lately, 0: none yet */
  gint64 connect_us; /* smoothed time from the admission to the transport */
} RwAdmission;

void rw_admission_init (RwAdmission *self, guint n_cores);

/* Whether another may begin now. */
gboolean rw_admission_has_room (const RwAdmission *self);

/* One begins, and ends: connected, failed, or timed out. */
void rw_admission_begin (RwAdmission *self);
void rw_admission_end (RwAdmission *self);

/* The time that one has taken from its beginning to its offer. */
void rw_admission_take_offer_time (RwAdmission *self, gint64 took_us);

/* The time that one has taken from its beginning to its transport. */
void rw_admission_take_connect_time (RwAdmission *self, gint64 took_us);

/* How long one that has not connected counts: the other side may be out of
 * reach, and then it costs nothing. */
gint64 rw_admission_get_patience_us (const RwAdmission *self);

G_END_DECLS
