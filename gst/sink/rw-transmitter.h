/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-alarm.h"
#include "rw-audio-terms.h"
#include "rw-drain-gate.h"
#include "rw-journal.h"
#include "rw-overrun-reporter.h"
#include "rw-quality-meter.h"
#include "rw-send-endpoint.h"
#include "rw-send-path.h"
#include "rw-session-request.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/*
 * RwTransmitter: the media half of the sink: the journal, the consumers'
 * cursors and the send path of each session, behind one lock.
 *
 * Threads: append, add_format, end and wait_drained belong to the streaming
 * thread, take_message to those of the sessions, all else that takes an
 * RwSendPath to the control thread, settings and stats to any. The lock is
 * never held while something is sent, pushed or reported.
 */
#define RW_TYPE_TRANSMITTER (rw_transmitter_get_type ())
G_DECLARE_FINAL_TYPE (RwTransmitter, rw_transmitter, RW, TRANSMITTER, GObject)

/* Takes @overruns, which receives each loss on the thread that shed the frames.
 */
RwTransmitter *rw_transmitter_new (RwOverrunReporter *overruns);

/* A new run: an empty journal with a new stream id, no consumers. */
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

RwAudioTerms *rw_transmitter_get_terms (RwTransmitter *self);

/* -1 when the caps are too long or the table of formats is full. */
gint rw_transmitter_add_format (RwTransmitter *self, const char *caps);
guint rw_transmitter_get_n_formats (RwTransmitter *self);

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

/* The consumers that it waits for, for the user. Free it. */
char *rw_transmitter_describe_awaited (RwTransmitter *self);

/* Ends a wait, and refuses new ones until it is called with FALSE. */
void rw_transmitter_interrupt (RwTransmitter *self, gboolean interrupt);

/* Whether a consumer in session lacks something of an ended stream. */
gboolean rw_transmitter_is_draining (RwTransmitter *self);

/**
 * rw_transmitter_add_path:
 * @request: (nullable): the position of a resilient consumer. Its cursor is
 *   placed now, so that it gets the frames that are recorded while the session
 *   opens.
 */
RwSendPath *rw_transmitter_add_path (RwTransmitter *self, RwWebrtcPeer *peer,
                                     const RwSessionRequest *request);
void rw_transmitter_remove_path (RwTransmitter *self, RwSendPath *path);

/**
 * rw_transmitter_pump:
 * @deadline_us: (out): when to call again at the latest
 *
 * Sends the messages that are due on @path's data channel. Returns the events
 * since the last call.
 */
RwSendEvents rw_transmitter_pump (RwTransmitter *self, RwSendPath *path,
                                  gint64 *deadline_us);

/* @alarm (nullable) expires when a path at rest is due. Its function calls
 * rw_transmitter_send_due(), and then pumps the paths that have events. */
void rw_transmitter_set_alarm (RwTransmitter *self, RwAlarm *alarm);
void rw_transmitter_send_due (RwTransmitter *self);

/* Whether @path, which is connected over RTCP, is at rest: it needs no pump
 * until it has events for the control thread. */
void rw_transmitter_set_at_rest (RwTransmitter *self, RwSendPath *path,
                                 gboolean at_rest);

/* A message that has arrived just now: FALSE if it is for the control thread,
 * as all are while @path is not at rest. */
gboolean rw_transmitter_take_message (RwTransmitter *self, RwSendPath *path,
                                      GBytes *message);

/* Removes the cursor of a consumer that will not return. */
void rw_transmitter_forget (RwTransmitter *self, const char *consumer_id);

/* Whether the consumer has a cursor, with or without a session. */
gboolean rw_transmitter_knows (RwTransmitter *self, const char *consumer_id);

GstStructure *rw_transmitter_get_stats (RwTransmitter *self);

G_END_DECLS
