/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwPartyDucking: by how much each speaker of a party line is lowered: while
 * one with a higher priority talks, and 500 ms longer. Time is an argument.
 *
 * Thread: any; it has a lock.
 */
typedef struct _RwPartyDucking RwPartyDucking;

RwPartyDucking *rw_party_ducking_new (void);
RwPartyDucking *rw_party_ducking_ref (RwPartyDucking *self);
void rw_party_ducking_unref (RwPartyDucking *self);

/* By so many dB; 0: not at all. */
void rw_party_ducking_set_depth (RwPartyDucking *self, gdouble depth_db);
gdouble rw_party_ducking_get_depth (RwPartyDucking *self);

/**
 * rw_party_ducking_note:
 * @speaker: any pointer that is this speaker's alone
 * @peak: of what it sends now, 1.0 for full scale
 *
 * Returns: the factor for it, from 0.0 to 1.0.
 */
gdouble rw_party_ducking_note (RwPartyDucking *self, gconstpointer speaker,
                               guint priority, gdouble peak, gint64 now_us);

void rw_party_ducking_forget (RwPartyDucking *self, gconstpointer speaker);

G_END_DECLS
