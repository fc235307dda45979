/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-ordinary-queue.h"
#include "rw-playout.h"
#include "rw-quality-meter.h"
#include "rw-receive-exchange.h"
#include "rw-received.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/*
 * RwReceiver: the media half of the source: the receive window, the timeline
 * and the receive path of each session, behind one lock. An ordinary peer's
 * audio, which has been through a jitter buffer, waits in a plain queue beside
 * the window. The messages of the sessions are its RwReceiveExchange's.
 *
 * Threads: pop and handed belong to the pad's streaming thread, media comes in
 * on the sessions' streaming threads. The lock is never held while something is
 * sent or pushed.
 */
#define RW_TYPE_RECEIVER (rw_receiver_get_type ())
G_DECLARE_FINAL_TYPE (RwReceiver, rw_receiver, RW, RECEIVER, GObject)

/**
 * RwReceiverOutput:
 * @RW_RECEIVER_ALWAYS: the pad that is always there
 * @RW_RECEIVER_COMPLETE: the pad that was requested: the one before it is live
 *   then, and acknowledgements follow this one
 */
typedef enum {
  RW_RECEIVER_ALWAYS,
  RW_RECEIVER_COMPLETE,
  RW_RECEIVER_N_OUTPUTS,
} RwReceiverOutput;

/* @element: whose clock and base time give running times; not referenced. */
RwReceiver *rw_receiver_new (GstElement *element);

/* A new run: an empty window, no receive paths. */
void rw_receiver_start (RwReceiver *self);

/* Whether there are two outputs; from the next start on. */
void rw_receiver_set_dual (RwReceiver *self, gboolean is_dual);

/* Since the last start. */
gboolean rw_receiver_is_dual (RwReceiver *self);

void rw_receiver_set_delivery (RwReceiver *self, RwDelivery delivery,
                               guint latency_ms);
/* Of the whole pipeline, as its sinks apply it. */
void rw_receiver_set_pipeline_latency (RwReceiver *self, GstClockTime latency);
/* Whether frames come out by their capture times; else by their arrival. */
void rw_receiver_set_by_capture (RwReceiver *self, gboolean by_capture);

/**
 * rw_receiver_pop:
 * Waits for the next item. FALSE when interrupted; else clear @item, after
 * rw_receiver_handed() if downstream has taken it.
 */
gboolean rw_receiver_pop (RwReceiver *self, RwReceiverOutput output,
                          RwReceived *item);
void rw_receiver_handed (RwReceiver *self, RwReceiverOutput output,
                         const RwReceived *item);

/**
 * rw_receiver_jump_to_live:
 * @is_resumed: after a pause, in which the running time stood still
 *
 * Lets go of what is here and what is missing; the pad goes on with what
 * arrives now.
 */
void rw_receiver_jump_to_live (RwReceiver *self, gboolean is_resumed);

/* The next item is the end, whatever is here or missing. */
void rw_receiver_end (RwReceiver *self);

/* Ends a wait, and refuses new ones until it is called with FALSE. */
void rw_receiver_interrupt (RwReceiver *self, RwReceiverOutput output,
                            gboolean interrupt);

/* Streaming threads of the sessions. */
void rw_receiver_take_frame (RwReceiver *self, RwReceivePath *path,
                             const RwFrame *frame, gint64 arrival_us);
void rw_receiver_take_buffer (RwReceiver *self, GstBuffer *buffer);
void rw_receiver_take_gap (RwReceiver *self, GstClockTime pts,
                           GstClockTime duration);

/* Its messages. As long as the receiver is there; any thread. */
RwReceiveExchange *rw_receiver_get_exchange (RwReceiver *self);

/* As it is now, at one moment. */
RwReceiveProgress rw_receiver_get_progress (RwReceiver *self);

/* Packets of ordinary producers that have come so far. */
guint64 rw_receiver_get_n_ordinary (RwReceiver *self);

/* A quality sample of the connection; FALSE before the first live frame. */
gboolean rw_receiver_sample_quality (RwReceiver *self, RwQualitySample *sample);

/* Adds its fields to @stats. */
void rw_receiver_fill_stats (RwReceiver *self, GstStructure *stats);

G_END_DECLS
