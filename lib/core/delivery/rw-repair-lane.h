/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-journal.h"
#include "rw-link.h"
#include "rw-pacer.h"
#include "rw-repair.h"

G_BEGIN_DECLS

/*
 * RwRepairLane: fills FRAMES with the journal's frames that #RwRepair selects,
 * when #RwPacer, the channel and the path permit it; part of #RwSendEndpoint.
 * A caller-owned struct; borrows the journal and the link.
 */
typedef struct {
  RwPacer pacer; /* set up by the owner */
  guint64 n_frames;
  guint64 n_repeated; /* among them */
  guint64 n_bytes;
  /*< private >*/
  RwJournal *journal;
  RwLink *link;
  guint64 max_buffered;
  RwRepair repair;
} RwRepairLane;

/* @max_buffered: no frame is sent above this buffered-amount. */
void rw_repair_lane_init (RwRepairLane *lane, RwJournal *journal, RwLink *link,
                          guint64 max_buffered);
void rw_repair_lane_clear (RwRepairLane *lane);

/* Returns: %TRUE if the report requests removed frames, as
 * rw_repair_take_report(). */
gboolean rw_repair_lane_take_report (RwRepairLane *lane,
                                     const RwReport *report);

/* Messages sent before the newest confirmed one have arrived or were lost:
 * they are no longer in flight. */
void rw_repair_lane_retire (RwRepairLane *lane, gint64 now_us);

/* Whether a FRAMES is to be sent now; @out is that message. */
gboolean rw_repair_lane_next (RwRepairLane *lane, gint64 now_us,
                              guint64 buffered, RwMessage *out);

/* When a frame may be sent next, G_MAXINT64 if none is to be sent. */
gint64 rw_repair_lane_get_due (RwRepairLane *lane, gint64 now_us,
                               guint64 buffered);

G_END_DECLS
