/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-rtt.h"
#include "rw-timeline.h"
#include "rw-window.h"

G_BEGIN_DECLS

/*
 * RwPlayout: what comes out of the receive window next, and for when: the
 * window, the timeline of the stream that comes out of it, and the choice
 * between waiting for what is missing and leaving it out.
 *
 * Sessions put frames into the window directly. Like it, the playout has no
 * lock and reads no clock: times are running times
 * of the receiver.
 */
typedef struct _RwPlayout RwPlayout;

typedef enum {
  RW_DELIVERY_COMPLETE, /* every frame, waited for */
  RW_DELIVERY_LIVE,     /* none that is older than the latency */
  RW_DELIVERY_CATCH_UP, /* as complete; the output plays late ones faster */
} RwDelivery;

/* However low the latency is: so much a busy machine may hold up a frame. */
#define RW_PLAYOUT_MIN_LATENCY_NS (40 * G_GUINT64_CONSTANT (1000000))

/* A missing frame is left out so long before the one after it is too old. A
 * synchronized sink may hold up a frame that is here by so much. */
#define RW_PLAYOUT_GRACE_NS (20 * G_GUINT64_CONSTANT (1000000))

/* How long the first frame of a stream waits for the live lane to say when it
 * belongs. */
#define RW_PLAYOUT_ANCHOR_NS (500 * G_GUINT64_CONSTANT (1000000))

/**
 * RwPlayoutItem:
 * @window: see rw-window.h
 * @time_ns: FRAME, GAP: when it begins; %RW_TIME_NONE where that is not known
 * @duration_ns: of it
 * @hole_ns: FRAME: before it there is so much time without a frame
 * @step_ns: by how much the sender's times were moved at once before it
 * @is_discont: FRAME: it does not continue the last one
 * @left_out: GAP: the frames may have existed, but came too late
 * @let_go: GAP: they came while the receiver was paused, or before a jump
 */
typedef struct {
  RwWindowItem window;
  guint64 time_ns;
  guint64 duration_ns;
  guint64 hole_ns;
  gint64 step_ns;
  gboolean is_discont;
  gboolean left_out;
  gboolean let_go;
} RwPlayoutItem;

/* Takes @window. */
RwPlayout *rw_playout_new (RwWindow *window, RwDelivery delivery,
                           guint64 latency_ns);
void rw_playout_free (RwPlayout *playout);

void rw_playout_set_delivery (RwPlayout *playout, RwDelivery delivery,
                              guint64 latency_ns);

/* Sinks render a frame @latency_ns after its time: until then it is not too
 * old, whatever the latency of the playout itself. */
void rw_playout_set_pipeline_latency (RwPlayout *playout, guint64 latency_ns);

/**
 * rw_playout_observe:
 * @serial: of the frame's stream in the window
 * @frame: a frame that was new when the live lane brought it
 * @rtt: of its session: queues on the path may hold up what it carries
 */
void rw_playout_observe (RwPlayout *playout, guint32 serial,
                         const RwFrame *frame, guint64 arrival_ns,
                         const RwRtt *rtt);

/* UTC at the receiver's running time 0: frames come out by their capture times,
 * the same at every receiver. %RW_CAPTURE_TIME_NONE: by their arrival. */
void rw_playout_set_origin (RwPlayout *playout, gint64 origin_ns);

/* The receiver's host has slept for @slept_ns, which its running time does not
 * know of: a gap in the audio is shorter by that. */
void rw_playout_note_sleep (RwPlayout *playout, guint64 slept_ns);

/* Takes what is due; FALSE where there is nothing to hand on at @now_ns. */
gboolean rw_playout_pop (RwPlayout *playout, guint64 now_ns,
                         RwPlayoutItem *item);

/* When rw_playout_pop(), which has found nothing at @now_ns, may find
 * something even if nothing arrives, or %RW_TIME_NONE. */
guint64 rw_playout_get_deadline (const RwPlayout *playout, guint64 now_ns);

/**
 * rw_playout_jump:
 * @is_resumed: the receiver's running time stood still, the sender's did not
 *
 * Lets go of what is here and what is missing, and goes on with what arrives.
 */
void rw_playout_jump (RwPlayout *playout, gboolean is_resumed, guint64 now_ns);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwPlayout, rw_playout_free)

G_END_DECLS
