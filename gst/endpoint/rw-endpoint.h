/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-notifier.h"
#include "rw-bus-message.h"
#include "rw-clock.h"
#include "rw-endpoint-settings.h"
#include "rw-loop.h"
#include "rw-outage-simulation.h"
#include "rw-room.h"
#include "rw-signaller.h"
#include "rw-signalling-connection.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

#define RW_TYPE_ENDPOINT (rw_endpoint_get_type ())
G_DECLARE_FINAL_TYPE (RwEndpoint, rw_endpoint, RW, ENDPOINT, GObject)

/*
 * RwEndpoint: the shared part of sink and source. Owns the settings about
 * servers and retries, the control thread, the signaller, the embedded
 * signalling server and the notifier; announces states on the bus.
 *
 * Signals (control thread):
 *   network-changed ()
 *     An address or a link of this host has appeared or disappeared.
 *
 * Thread: settings and state are guarded by a lock and may be used from any
 * thread; prepare, open and close come from state changes; the signaller lives
 * on the control thread.
 */

RwEndpoint *rw_endpoint_new (GstElement *element);

/* FALSE when @id is not a shared property; the element itself answers
 * RW_ENDPOINT_PROP_STATS. */
gboolean rw_endpoint_set_property (RwEndpoint *self, guint id,
                                   const GValue *value);
gboolean rw_endpoint_get_property (RwEndpoint *self, guint id, GValue *value);

/**
 * rw_endpoint_prepare:
 * Starts the control thread. FALSE, and an element error, where a GStreamer
 * element that sessions need is not installed.
 */
gboolean rw_endpoint_prepare (RwEndpoint *self);

/* Stops the control thread; no callback runs afterwards. */
void rw_endpoint_release (RwEndpoint *self);

/**
 * rw_endpoint_start_server:
 * Starts the embedded signalling server if the settings want one. FALSE, and an
 * element error, on failure (port in use).
 */
gboolean rw_endpoint_start_server (RwEndpoint *self);
void rw_endpoint_stop_server (RwEndpoint *self);

/**
 * rw_endpoint_create_signaller:
 * A signaller for the settings as they are now, not yet started. Control
 * thread. NULL and an element error when the URI cannot be used.
 *
 * The endpoint posts a warning for each outage of the signalling connection.
 * The owner handles the case that signalling was given up.
 *
 * While media is suspect or down, the endpoint probes the connection at short
 * intervals (see RwConnectionProbe).
 */
RwSignaller *rw_endpoint_create_signaller (RwEndpoint *self);

/**
 * rw_endpoint_join_room:
 * @signaller: not yet started
 * @stream: the name of the stream that the element produces, or NULL
 * @requests_floor: it is sent only while the element has the floor
 *
 * Joins the room of the settings, if there is one. Control thread; it is left
 * when the signaller is dropped.
 */
void rw_endpoint_join_room (RwEndpoint *self, RwSignaller *signaller,
                            const char *stream, gboolean requests_floor);
RwRoom *rw_endpoint_get_room (RwEndpoint *self);

/* Of the member that the element is in its room, from the next start on; NULL:
 * the element's name. Any thread. */
void rw_endpoint_set_member_name (RwEndpoint *self, const char *name);

/* (transfer full): for another element with the same servers: the token, and
 * the URI of the first server (of the embedded one, where it runs). Any thread.
 */
char *rw_endpoint_dup_token (RwEndpoint *self);
char *rw_endpoint_dup_server_uri (RwEndpoint *self);

/* FALSE, and a warning in the log, where @data is no JSON, or the element is in
 * no room. Any thread. */
gboolean rw_endpoint_publish (RwEndpoint *self, const char *data);

/* Its counters and the fields of `stats` that are about signalling. */
RwSignallingConnection *rw_endpoint_get_signalling (RwEndpoint *self);

/* Drops the reference to the stopped signaller. Control thread. */
void rw_endpoint_drop_signaller (RwEndpoint *self);

/* Completes @config from the settings and the element (loop, clock, ICE) and
 * creates the peer. Control thread. */
RwWebrtcPeer *rw_endpoint_create_peer (RwEndpoint *self,
                                       RwWebrtcPeerConfig *config);

RwLoop *rw_endpoint_get_loop (RwEndpoint *self);

/* (transfer full): NULL before prepare and after release. Any thread. */
RwLoop *rw_endpoint_dup_loop (RwEndpoint *self);
RwClock *rw_endpoint_get_clock (RwEndpoint *self);
GstElement *rw_endpoint_get_element (RwEndpoint *self);

/* Delivers all that reaches the application, in order. Any thread. */
RwNotifier *rw_endpoint_get_notifier (RwEndpoint *self);
gint64 rw_endpoint_now_us (RwEndpoint *self);
guint rw_endpoint_get_stall_timeout_ms (RwEndpoint *self);
RwRetrySettings rw_endpoint_get_retry_settings (RwEndpoint *self);

/* Announces a state as rw_notifier_announce() does, and lets the signalling
 * connection follow it. Control thread. */
void rw_endpoint_announce (RwEndpoint *self, RwState element_state,
                           RwStateReport *report);

/* Posts an element message in order, through the notifier. Any thread; takes
 * @structure. */
void rw_endpoint_post (RwEndpoint *self, GstStructure *structure);

/* Simulates an outage, without root: traffic of @kind is dropped for
 * @duration_ms. Any thread. */
void rw_endpoint_simulate_outage (RwEndpoint *self, RwOutageKind kind,
                                  guint duration_ms);

G_END_DECLS
