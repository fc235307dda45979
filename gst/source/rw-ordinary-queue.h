/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-timeline.h"

G_BEGIN_DECLS

/*
 * RwOrdinaryQueue: what an ordinary peer's jitter buffer has put out, until
 * the pad takes it, with times that are contiguous wherever the audio is. A
 * caller-owned struct; the owner's lock guards it.
 *
 * A live producer whose pipeline was held up while it connected sends what it
 * recorded meanwhile in one burst. The jitter buffer gives all of that one
 * time; only the first packet of the burst comes out, as the rest would delay
 * all that follows.
 */

/* Lost audio that no decoder conceals: it is reported, and what follows is a
 * discontinuity. */
#define RW_ORDINARY_LONG_LOSS_NS (40 * GST_MSECOND)

typedef struct {
  GQueue items;
  RwTimeline timeline;
  RwLiveOffset none;      /* the jitter buffer's times are the receiver's */
  GstClockTime next_ns;   /* where the next packet meets the last one */
  GstClockTime settle_ns; /* no packet is passed over from then on */
  GstClockTime lost_ns;   /* lost audio since the last packet */
  guint64 dropped;
  guint64 pushed; /* packets, so far */
} RwOrdinaryQueue;

/**
 * RwOrdinaryItem:
 * @buffer: (owned) (nullable): a packet's payload, or %NULL for a lost one
 * @time_ns, @duration_ns: running time; of what is lost the time that is left
 *   without audio, which may be none
 * @hole_ns, @step_ns: as those of #RwPlacement
 * @lost_ns: of a packet: how much lost audio came right before it
 */
typedef struct {
  GstBuffer *buffer;
  guint64 time_ns;
  guint64 duration_ns;
  guint64 hole_ns;
  gint64 step_ns;
  guint64 lost_ns;
} RwOrdinaryItem;

void rw_ordinary_queue_init (RwOrdinaryQueue *queue);
void rw_ordinary_queue_clear (RwOrdinaryQueue *queue);

/* Another run begins: nothing waits, and the counters are 0. */
void rw_ordinary_queue_reset (RwOrdinaryQueue *queue);

/* Takes @buffer. Where too many wait the oldest is dropped, as an ordinary
 * peer has no backlog to ask from. */
void rw_ordinary_queue_push (RwOrdinaryQueue *queue, GstBuffer *buffer);
void rw_ordinary_queue_push_lost (RwOrdinaryQueue *queue, GstClockTime pts,
                                  GstClockTime duration);

/* Drops items that are timed by the base time from before a pause and lie in
 * the future now. */
gboolean rw_ordinary_queue_pop (RwOrdinaryQueue *queue, GstClockTime now,
                                RwOrdinaryItem *item);

G_END_DECLS
