/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-quality-meter.h"
#include "rw-receive-session.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/*
 * RwReceiver: the media half of the source: the receive window, the timeline
 * and the receiving end of each session, behind one lock. An ordinary peer's
 * audio, which has been through a jitter buffer, waits in a plain queue beside
 * the window.
 *
 * Threads: pop and handed belong to the pad's streaming thread, media comes in
 * on the sessions' streaming threads, all else that takes an RwInlet is the
 * control thread's. The lock is never held while something is sent or pushed.
 */
#define RW_TYPE_RECEIVER (rw_receiver_get_type ())
G_DECLARE_FINAL_TYPE (RwReceiver, rw_receiver, RW, RECEIVER, GObject)

/* One session's way in. Streaming threads may hold on to it by reference. */
typedef struct _RwInlet RwInlet;

typedef enum {
  RW_DELIVERY_COMPLETE, /* every frame, waited for */
  RW_DELIVERY_LIVE,     /* never later than the latency */
} RwDelivery;

typedef enum {
  RW_RECEIVED_STREAM, /* a stream begins */
  RW_RECEIVED_FRAME,
  RW_RECEIVED_GAP,    /* frames that will never come */
  RW_RECEIVED_ENDED,  /* the stream is over */
  RW_RECEIVED_BUFFER, /* an ordinary peer's packet */
  RW_RECEIVED_LOST,   /* and one that it lost */
} RwReceivedType;

/**
 * RwReceived: what the pad is to push next.
 * @window: for the first four; see rw-window.h
 * @pts, @duration: running time on the pad, ns
 * @buffer: (owned) BUFFER
 */
typedef struct {
  RwReceivedType type;
  RwWindowItem window;
  gboolean left_out; /* GAP: we may not have waited for them */
  gboolean let_go;   /* GAP: they came during a pause */
  GstClockTime pts;
  GstClockTime duration;
  GstBuffer *buffer;
} RwReceived;

void rw_received_clear (RwReceived *item);

/* Called on any thread when an inlet wants to be pumped before its time. */
typedef void (*RwReceiverWakeFunc) (guint64 generation, gpointer data);

/* @element: whose clock and base time give running times; not referenced. */
RwReceiver *rw_receiver_new (GstElement *element);

/* A new life: empty window, no inlets. */
void rw_receiver_start (RwReceiver *self);

void rw_receiver_set_delivery (RwReceiver *self, RwDelivery delivery,
                               guint latency_ms);
void rw_receiver_set_wake_func (RwReceiver *self, RwReceiverWakeFunc func,
                                gpointer data);

/**
 * rw_receiver_pop:
 * Waits for the next item. FALSE when interrupted; else clear @item, after
 * rw_receiver_handed() if downstream has taken it.
 */
gboolean rw_receiver_pop (RwReceiver *self, RwReceived *item);
void rw_receiver_handed (RwReceiver *self, const RwReceived *item);

/* The pad goes on after a pause: with delivery=live at the live edge. */
void rw_receiver_resume (RwReceiver *self);

/* Ends a wait, and refuses new ones until it is called with FALSE. */
void rw_receiver_interrupt (RwReceiver *self, gboolean interrupt);

RwInlet *rw_receiver_add_inlet (RwReceiver *self,
                                const RwReceiveSessionConfig *config);
RwInlet *rw_inlet_ref (RwInlet *inlet);
void rw_inlet_unref (RwInlet *inlet);

/* The data channel is there: pumping sends over it from now on. */
void rw_receiver_set_peer (RwReceiver *self, RwInlet *inlet, RwPeer *peer);

/* Frames that still come in over it are dropped from now on. */
void rw_receiver_remove_inlet (RwReceiver *self, RwInlet *inlet);

/* Streaming threads of the sessions. */
void rw_receiver_take_frame (RwReceiver *self, RwInlet *inlet,
                             const RwFrame *frame, gint64 arrival_us);
void rw_receiver_take_buffer (RwReceiver *self, GstBuffer *buffer);
void rw_receiver_take_gap (RwReceiver *self, GstClockTime pts,
                           GstClockTime duration);

gboolean rw_receiver_receive (RwReceiver *self, RwInlet *inlet, GBytes *message,
                              GError **error);
RwReceiveEvents rw_receiver_pump (RwReceiver *self, RwInlet *inlet,
                                  gint64 *deadline_us);

/* No more is said on it but the BYE that is returned, to be repeated until it
 * is heard; NULL where the other side said it first. */
GBytes *rw_receiver_close_inlet (RwReceiver *self, RwInlet *inlet,
                                 RwByeReason reason);

typedef struct {
  gboolean welcome;
  RwLivenessState liveness;
  gint64 heard_us;
  gint64 channel_us; /* the last message; 0 before the first */
  gboolean bye;
  RwByeReason bye_reason;
  guint64 accepted; /* frames newly taken over this inlet */
} RwInletStatus;

void rw_receiver_get_inlet_status (RwReceiver *self, RwInlet *inlet,
                                   RwInletStatus *status);

/* Where a new session is to go on; @stream_id is all zero before the first
 * stream. */
void rw_receiver_get_position (RwReceiver *self, guint8 *stream_id,
                               guint64 *next);

/* Audio known to exist that was not handed on yet, as far as can be told. */
guint64 rw_receiver_get_backlog_ns (RwReceiver *self);

/* Whether a frame that is known to exist is not here. */
gboolean rw_receiver_has_holes (RwReceiver *self);
gboolean rw_receiver_is_finished (RwReceiver *self);

/* The frames taken by repair since the window was made. */
guint64 rw_receiver_get_repaired (RwReceiver *self);

/* How the connection is doing; FALSE where nothing has come live yet. */
gboolean rw_receiver_sample_quality (RwReceiver *self, RwQualitySample *sample);

/* Another producer, deliberately: forget the stream. */
void rw_receiver_reset (RwReceiver *self);

/* Adds its fields to @stats. */
void rw_receiver_fill_stats (RwReceiver *self, GstStructure *stats);

G_END_DECLS
