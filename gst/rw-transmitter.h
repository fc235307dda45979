/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-journal.h"
#include "rw-overrun-log.h"
#include "rw-quality-meter.h"
#include "rw-send-session.h"
#include "rw-session-request.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/*
 * RwTransmitter: the media half of the sink: the journal, the consumers'
 * cursors and the sending end of each session, behind one lock.
 *
 * Threads: append, add_format, end and wait_drained belong to the streaming
 * thread, all that takes an RwOutlet to the control thread, settings and stats
 * to any. The lock is never held while something is sent, pushed or emitted.
 *
 * Signals:
 *   overrun (const RwOverrun *overrun)
 *     A consumer has lost @frames more frames, @total in all, to the bounds
 *     of the journal. Emitted on the thread that noticed.
 */
#define RW_TYPE_TRANSMITTER (rw_transmitter_get_type ())
G_DECLARE_FINAL_TYPE (RwTransmitter, rw_transmitter, RW, TRANSMITTER, GObject)

/* One session's path for media; belongs to the transmitter. */
typedef struct _RwLink RwOutlet;

typedef enum {
  RW_DRAIN_DONE,
  RW_DRAIN_TIMED_OUT,
  RW_DRAIN_INTERRUPTED,
} RwDrain;

RwTransmitter *rw_transmitter_new (void);

/* A new life: an empty journal with a new stream id, no consumers. */
void rw_transmitter_start (RwTransmitter *self);

/* NULL before the first caps. */
GstCaps *rw_transmitter_dup_caps (RwTransmitter *self);

/* The stream's UUID as text. */
char *rw_transmitter_dup_stream_id (RwTransmitter *self);

RwJournalLimits rw_transmitter_get_limits (RwTransmitter *self);
void rw_transmitter_set_limits (RwTransmitter *self,
                                const RwJournalLimits *limits);
gdouble rw_transmitter_get_drain_rate (RwTransmitter *self);
void rw_transmitter_set_drain_rate (RwTransmitter *self, gdouble rate);
void rw_transmitter_set_stall_timeout (RwTransmitter *self, guint stall_ms);

/* -1 when the caps are too long or the table of formats is full. */
gint rw_transmitter_add_format (RwTransmitter *self, const char *caps);

/* Journal first, then every live lane. The index of @frame is assigned. */
void rw_transmitter_append (RwTransmitter *self, RwFrame *frame);

/* No frame will follow. */
void rw_transmitter_end (RwTransmitter *self);

/**
 * rw_transmitter_wait_drained:
 * Waits until every consumer that is connected, or may still return, has
 * acknowledged the last frame.
 */
RwDrain rw_transmitter_wait_drained (RwTransmitter *self, GstClockTime timeout);

/* Ends a wait, and refuses new ones until it is called with FALSE. */
void rw_transmitter_interrupt (RwTransmitter *self, gboolean interrupt);

/* Whether a consumer in session lacks something of an ended stream. */
gboolean rw_transmitter_is_draining (RwTransmitter *self);

/**
 * rw_transmitter_add_outlet:
 * @request: (nullable): what a resilient consumer said of its position. Its
 *   cursor stands from now on, so that what is recorded while the session
 *   opens is not lost to it.
 */
RwOutlet *rw_transmitter_add_outlet (RwTransmitter *self, RwWebrtcPeer *peer,
                                     const RwSessionRequest *request);
void rw_transmitter_remove_outlet (RwTransmitter *self, RwOutlet *outlet);

/* The transport is up: what is appended from now on counts as sent live. */
void rw_transmitter_set_live (RwTransmitter *self, RwOutlet *outlet);

/* A message of the consumer; FALSE and @error when it cannot be decoded. */
gboolean rw_transmitter_receive (RwTransmitter *self, RwOutlet *outlet,
                                 GBytes *message, GError **error);

/**
 * rw_transmitter_pump:
 * @deadline_us: (out): when to call again at the latest
 *
 * Sends what is due on the outlet's data channel. Returns what happened since
 * the last call.
 */
RwSendEvents rw_transmitter_pump (RwTransmitter *self, RwOutlet *outlet,
                                  gint64 *deadline_us);

/* No more is said on it but the BYE that is returned, to be repeated until it
 * is heard. */
GBytes *rw_transmitter_close_outlet (RwTransmitter *self, RwOutlet *outlet,
                                     RwByeReason reason);

/* Drops a consumer's cursor: it will not come back. */
void rw_transmitter_forget (RwTransmitter *self, const char *consumer_id);

/* Whether it still has a cursor, in session or waited for. */
gboolean rw_transmitter_knows (RwTransmitter *self, const char *consumer_id);

/* What the control thread wants to know of a outlet. */
typedef struct {
  gboolean established;
  char consumer_id[RW_CONSUMER_ID_MAX + 1];
  RwLivenessState liveness;
  guint64 acked;
  guint64 backlog_ns;
  guint64 backlog_frames;
  gint64 heard_us;
  gboolean bye;
  RwByeReason bye_reason;
} RwOutletStatus;

void rw_transmitter_get_outlet_status (RwTransmitter *self, RwOutlet *outlet,
                                       RwOutletStatus *status);

/* How the outlet's connection is doing; FALSE where that cannot be told yet, or
 * its consumer is still catching up. */
gboolean rw_transmitter_sample_quality (RwTransmitter *self, RwOutlet *outlet,
                                        RwQualitySample *sample);

GstStructure *rw_transmitter_get_stats (RwTransmitter *self);

G_END_DECLS
