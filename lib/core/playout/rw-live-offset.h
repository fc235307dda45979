/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-frame.h"

G_BEGIN_DECLS

/*
 * RwLiveOffset: how far the receiver's clock is ahead of the sender's, as the
 * frames of the live lane show it.
 *
 * A caller-owned struct. Each live frame gives the offset of the clocks plus
 * the delay of its path; the least value over a window is the truth plus the
 * shortest delay, and moves only as fast as the clocks drift apart. When every
 * frame of half a second is late by far more than before, the sender's time
 * has stood still; where a later frame has an earlier time it has gone back:
 * a step.
 */

/* Two periods of this length are kept. */
#define RW_LIVE_OFFSET_PERIOD_NS (5 * G_GUINT64_CONSTANT (1000000000))

/* Times that are off by less have not gone back. */
#define RW_LIVE_OFFSET_TOLERANCE_NS (15 * G_GUINT64_CONSTANT (1000000))

/* A step is recognised when all frames of so long a time agree on it. */
#define RW_LIVE_OFFSET_RUN_NS (400 * G_GUINT64_CONSTANT (1000000))
#define RW_LIVE_OFFSET_RUN    5u

/* But where the second half of that time is later than the first by more than
 * this, a queue on the path fills: the round trips that show it come late
 * themselves. */
#define RW_LIVE_OFFSET_GROWTH_NS (50 * G_GINT64_CONSTANT (1000000))

/* Steps that were recognised, and whose frames have not come out yet. */
#define RW_LIVE_OFFSET_STEPS 4u

typedef struct {
  guint64 index;    /* the first frame after it */
  gint64 before_ns; /* the offset that holds before it */
} RwLiveStep;

typedef struct {
  gboolean known;
  gint64 fallen_ns; /* by how much the offset has fallen from one frame to the
                       next, until its user has taken note of it */
  /*< private >*/
  gint64 minimum_ns[2];     /* this period's and the last one's least offset */
  guint64 period_ns;        /* arrival with which this period began */
  guint64 newest_index;     /* of the frames so far... */
  guint64 newest_ns;        /* ... and its running time */
  guint run;                /* frames in a row that are late by a step... */
  guint64 run_index;        /* ... the first of them... */
  guint64 run_ns;           /* ... its arrival... */
  guint64 run_last_ns;      /* ... the newest arrival... */
  gint64 run_minimum_ns[2]; /* ... and the least offset of either half */
  RwLiveStep steps[RW_LIVE_OFFSET_STEPS];
  guint n_steps;
} RwLiveOffset;

void rw_live_offset_init (RwLiveOffset *offset);

/**
 * rw_live_offset_observe:
 * @frame: a frame of the live lane
 * @arrival_ns: when it arrived, the receiver's running time
 * @step_ns: what is later by less is the path's doing, not the sender's
 */
void rw_live_offset_observe (RwLiveOffset *offset, const RwFrame *frame,
                             guint64 arrival_ns, gint64 step_ns);

/* Receiver's time less sender's, ns, as it holds for frame @index; only where
 * it is known. */
gint64 rw_live_offset_get (const RwLiveOffset *offset, guint64 index);

/* Whether frame @index may belong to a step that is not recognised yet. */
gboolean rw_live_offset_is_in_doubt (const RwLiveOffset *offset, guint64 index);

/* Whether a step begins at frame @index or before it; tells so once. */
gboolean rw_live_offset_take_step (RwLiveOffset *offset, guint64 index);

G_END_DECLS
