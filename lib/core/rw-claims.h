/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwClaims: below which index every frame should be here, so that what is not
 * is missing; part of #RwReceiveSession. A caller-owned struct.
 *
 * Frames that only the repair lane can bring are claimed at once; those of
 * the live lane a reordering time after a later one, or the sender's word,
 * told of them: a healthy link never asks for what is about to come.
 */
typedef struct {
  guint64 to;
  gint64 due_us;
} RwClaim;

typedef struct {
  guint64 claimed;
  /*< private >*/
  RwClaim pending; /* .to == 0: none */
  RwClaim later;
} RwClaims;

/* Everything below @to should be here now. */
void rw_claims_add_now (RwClaims *claims, guint64 to);

/* Everything below @to should be here at @due_us. @first_missing is the
 * lowest index that is not here now: where nothing is missing no timer is
 * needed. */
void rw_claims_add (RwClaims *claims, guint64 to, guint64 first_missing,
                    gint64 due_us);

/* Lets time go by: what was due is claimed. Returns whether anything was. */
gboolean rw_claims_ripen (RwClaims *claims, gint64 now_us);

/* When the next claim is due, G_MAXINT64 for none. */
gint64 rw_claims_get_deadline (const RwClaims *claims);

G_END_DECLS
