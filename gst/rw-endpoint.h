/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-announcer.h"
#include "rw-bus-message.h"
#include "rw-clock.h"
#include "rw-endpoint-settings.h"
#include "rw-loop.h"
#include "rw-rehearsal.h"
#include "rw-signaller.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

#define RW_TYPE_ENDPOINT (rw_endpoint_get_type ())
G_DECLARE_FINAL_TYPE (RwEndpoint, rw_endpoint, RW, ENDPOINT, GObject)

/*
 * What sink and source have in common: the settings about servers and
 * retries, the control thread, the signaller, the signalling server inside
 * the element, and the announcement of state on the bus.
 *
 * Signals (control thread):
 *   network-changed ()
 *     An address or a link of this host has come or gone.
 *
 * Thread: settings and state are guarded by a lock and may be used from any
 * thread; prepare, open and close come from state changes; the signaller
 * lives on the control thread.
 */

RwEndpoint *rw_endpoint_new (GstElement *element);

/* FALSE when the id is none of the shared ones; RW_ENDPOINT_PROP_STATS is the
 * element's to answer. */
gboolean rw_endpoint_set_property (RwEndpoint *self, guint id,
                                   const GValue *value);
gboolean rw_endpoint_get_property (RwEndpoint *self, guint id, GValue *value);

/**
 * rw_endpoint_prepare:
 * Starts the control thread. FALSE, and an element error, where a GStreamer
 * element that sessions need is not installed.
 */
gboolean rw_endpoint_prepare (RwEndpoint *self);

/* Stops the control thread; after it no callback of ours runs. */
void rw_endpoint_release (RwEndpoint *self);

/**
 * rw_endpoint_start_server:
 * Starts the signalling server, where the element is to run it. FALSE, and an
 * element error, when it cannot (port in use).
 */
gboolean rw_endpoint_start_server (RwEndpoint *self);
void rw_endpoint_stop_server (RwEndpoint *self);

/**
 * rw_endpoint_create_signaller:
 * A signaller for the settings as they are now, not yet started. Control
 * thread. NULL and an element error when the URI cannot be used.
 *
 * The endpoint tells the application what becomes of the line: a warning for
 * each outage of it. What it means that it was given up is the owner's to say.
 *
 * While media is announced as suspect or down, the endpoint has the line
 * tried again and again at short intervals, whatever its back-off says: a TCP
 * connection that lived through an outage takes seconds to notice its end.
 */
RwSignaller *rw_endpoint_create_signaller (RwEndpoint *self);

/* Notes what the signaller counts, for rw_endpoint_fill_stats(). Control
 * thread, once a second. */
void rw_endpoint_note_signalling (RwEndpoint *self);

/* Adds the fields of `stats` that are about signalling. Any thread. */
void rw_endpoint_fill_stats (RwEndpoint *self, GstStructure *stats);

/* The signaller is stopped: lets go of it. Control thread. */
void rw_endpoint_drop_signaller (RwEndpoint *self);

/* Fills in what the settings and the element say (loop, clock, ICE) and makes
 * the peer. Control thread. */
RwWebrtcPeer *rw_endpoint_create_peer (RwEndpoint *self,
                                       RwWebrtcPeerConfig *config);

RwLoop *rw_endpoint_get_loop (RwEndpoint *self);
RwClock *rw_endpoint_get_clock (RwEndpoint *self);
GstElement *rw_endpoint_get_element (RwEndpoint *self);
gint64 rw_endpoint_now_us (RwEndpoint *self);
guint rw_endpoint_get_stall_timeout_ms (RwEndpoint *self);
RwRetrySettings rw_endpoint_get_retry_settings (RwEndpoint *self);

/**
 * rw_endpoint_announce:
 * The one way to tell of a change: log, notify::state when the element's own
 * state changed, then the bus message. Control thread, no lock held.
 */
void rw_endpoint_announce (RwEndpoint *self, RwState element_state,
                           RwStateReport *report);

/* What follows reaches the application in order, by way of RwAnnouncer. Any
 * thread; takes @structure. */
void rw_endpoint_post (RwEndpoint *self, GstStructure *structure);
void rw_endpoint_call_application (RwEndpoint *self, RwAnnounceFunc func,
                                   gpointer data, GDestroyNotify destroy);

/* At the end of a state change: all that belongs to it has been said. */
void rw_endpoint_flush (RwEndpoint *self);

/* A GST_MESSAGE_PROGRESS of code "reconnect", which gst-launch shows. */
void rw_endpoint_post_progress (RwEndpoint *self, GstProgressType type,
                                const char *text);

/**
 * rw_endpoint_wait:
 * Lets the control thread run until @is_done (asked there) or for @timeout_us.
 * For stops: also from the control thread itself.
 */
void rw_endpoint_wait (RwEndpoint *self, gboolean (*is_done) (gpointer),
                       gpointer data, gint64 timeout_us);

/* For rehearsals, without root: nothing of @kind passes for so long. Any
 * thread. */
void rw_endpoint_simulate_outage (RwEndpoint *self, RwOutageKind kind,
                                  guint duration_ms);

/* An error means: given up. The text names what was tried and what to do. */
void rw_endpoint_post_error (RwEndpoint *self, GQuark domain, gint code,
                             const char *text);
void rw_endpoint_post_warning (RwEndpoint *self, GQuark domain, gint code,
                               const char *text, const char *debug);

G_END_DECLS
