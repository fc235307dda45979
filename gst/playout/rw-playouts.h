/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-playout-clock.h"
#include "rw-window.h"

G_BEGIN_DECLS

/*
 * RwPlayouts: the playout of a source, its window and its clock; where the
 * source has two pads, a live playout besides, whose window mirrors the other.
 *
 * Threads: any, under the lock of its owner. A caller-owned struct.
 */
typedef struct {
  RwPlayout *playout;
  RwWindow *window; /* the playout's */
  RwPlayoutClock clock;

  gboolean is_dual; /* from the next start on */
  RwPlayout *live;  /* of the always pad, where there are two; or NULL */
  RwWindow *mirror; /* that playout's */
  RwPlayoutClock live_clock;

  RwDelivery delivery;
  guint64 latency_ns;
  guint64 pipeline_ns; /* set once, it holds for the next run, too */
} RwPlayouts;

/* @element: not referenced. */
void rw_playouts_init (RwPlayouts *self, GstElement *element);
void rw_playouts_clear (RwPlayouts *self);

/* A new run: empty windows. */
void rw_playouts_start (RwPlayouts *self);

/* Of two playouts, the delivery of each is fixed. */
void rw_playouts_set_delivery (RwPlayouts *self, RwDelivery delivery,
                               guint64 latency_ns);
void rw_playouts_set_pipeline_latency (RwPlayouts *self, GstClockTime latency);
void rw_playouts_set_by_capture (RwPlayouts *self, gboolean by_capture);

/* Before a pop: measures the origins of capture times anew, where they count.
 * The running time at @now_us of g_get_monotonic_time(). */
GstClockTime rw_playouts_update (RwPlayouts *self, gint64 now_us);

/* The playout of the always pad, or of the pad with every frame. */
RwPlayout *rw_playouts_get (RwPlayouts *self, gboolean is_always);

/* When that playout has its next item at the latest; G_MAXINT64 if it waits for
 * a frame. */
gint64 rw_playouts_get_deadline_us (RwPlayouts *self, gboolean is_always,
                                    gint64 now_us);

/* Downstream of that pad has taken @item. Whether that counts as received:
 * where there are two pads, only by the one with every frame. */
gboolean rw_playouts_note_handed (RwPlayouts *self, gboolean is_always,
                                  const RwWindowItem *item);

/* As rw_playout_observe(); @serial: of the window. */
void rw_playouts_observe (RwPlayouts *self, guint32 serial,
                          const RwFrame *frame, gint64 arrival_us,
                          const RwRtt *rtt);

/* The always pad goes on with what arrives now. */
void rw_playouts_jump (RwPlayouts *self, gboolean is_resumed);

G_END_DECLS
