/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwExpectedMarks: the index below which every frame should have arrived, so
 * that an absent frame is missing; part of #RwReceiveEndpoint. A caller-owned
 * struct.
 *
 * Frames that only the repair lane can carry are expected at once; frames of
 * the live lane a reordering time after a later frame, or a status of the
 * sender, has shown that they exist: a healthy link never requests a frame that
 * is in flight.
 */
typedef struct {
  guint64 to;
  gint64 due_us;
} RwExpectedMark;

typedef struct {
  guint64 mark; /* the index, see above */
  /*< private >*/
  RwExpectedMark pending; /* .to == 0: none */
  RwExpectedMark later;
} RwExpectedMarks;

/* All frames below @to should have arrived by now. */
void rw_expected_mark_add_now (RwExpectedMarks *marks, guint64 to);

/* All frames below @to should have arrived at @due_us. @first_missing is the
 * lowest index that has not arrived: without a missing frame no timer is
 * needed. */
void rw_expected_mark_add (RwExpectedMarks *marks, guint64 to,
                           guint64 first_missing, gint64 due_us);

/* Advances the time: raises the mark where it is due. Returns whether it
 * rose. */
gboolean rw_expected_mark_ripen (RwExpectedMarks *marks, gint64 now_us);

/* When the mark rises next, G_MAXINT64 for never. */
gint64 rw_expected_mark_get_deadline (const RwExpectedMarks *marks);

G_END_DECLS
