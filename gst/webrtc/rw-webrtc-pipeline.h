/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-post.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/**
 * RwWebrtcPipeline:
 * A session's pipeline with one webrtcbin: created, tuned, set to the element's
 * clock, and torn down without a hang or a leak. The struct lives as long as
 * its session, the elements from open to close. Control thread, unless stated
 * otherwise.
 */
typedef struct _RwWebrtcPipeline RwWebrtcPipeline;

/**
 * RwWebrtcPipelineErrorFunc: an element that the session needs has stopped. Any
 * thread.
 */
typedef void (*RwWebrtcPipelineErrorFunc) (const char *message,
                                           gpointer user_data);

/** rw_webrtc_pipeline_new: copies what it needs of @config. */
RwWebrtcPipeline *rw_webrtc_pipeline_new (const RwWebrtcPeerConfig *config,
                                          RwWebrtcPipelineErrorFunc on_error,
                                          gpointer user_data);

/** rw_webrtc_pipeline_free: after the close. */
void rw_webrtc_pipeline_free (RwWebrtcPipeline *self);

/**
 * rw_webrtc_pipeline_open:
 * Makes the elements, in NULL, to be connected and added to. Every element
 * must be installed.
 */
void rw_webrtc_pipeline_open (RwWebrtcPipeline *self);

/** rw_webrtc_pipeline_prepare: to READY: webrtcbin accepts action signals. */
void rw_webrtc_pipeline_prepare (RwWebrtcPipeline *self);

/** rw_webrtc_pipeline_play: to PLAYING. */
void rw_webrtc_pipeline_play (RwWebrtcPipeline *self);

/** rw_webrtc_pipeline_keep: @object (transfer full, nullable) outlives the
 * elements. */
void rw_webrtc_pipeline_keep (RwWebrtcPipeline *self, GObject *object);

/** rw_webrtc_pipeline_release_relays: as rw_ice_agent_release_relays(). While
 * open. */
gboolean rw_webrtc_pipeline_release_relays (RwWebrtcPipeline *self,
                                            RwLoop *loop, gpointer owner,
                                            RwPostFunc func, gpointer data);

/**
 * rw_webrtc_pipeline_close:
 *
 * Ends all threads of the elements and all callbacks before it returns; takes a
 * few milliseconds. Must not be called from their callbacks, nor with a lock
 * that a callback takes. May be called twice.
 */
void rw_webrtc_pipeline_close (RwWebrtcPipeline *self);

/** rw_webrtc_pipeline_get_bin: borrowed; NULL unless open. */
GstBin *rw_webrtc_pipeline_get_bin (RwWebrtcPipeline *self);

/** rw_webrtc_pipeline_get_webrtc: borrowed; NULL unless open. */
GstElement *rw_webrtc_pipeline_get_webrtc (RwWebrtcPipeline *self);

/** rw_webrtc_pipeline_set_base_time: any thread, any time. */
void rw_webrtc_pipeline_set_base_time (RwWebrtcPipeline *self,
                                       GstClockTime base_time);

/** rw_webrtc_pipeline_set_blackout: see rw_webrtc_peer_set_blackout(). Any
 * thread, any time. */
void rw_webrtc_pipeline_set_blackout (RwWebrtcPipeline *self,
                                      gboolean blackout);

/**
 * rw_webrtc_pipeline_expect_no_channel:
 * The session has no data channel, so that no packet has to wait for SCTP:
 * each is processed on the thread that received it. Before the transport is
 * made: before the offer is created, or a remote one set.
 */
void rw_webrtc_pipeline_expect_no_channel (RwWebrtcPipeline *self);

/** rw_webrtc_pipeline_rest_ice: connected: ICE may stop its checks. */
void rw_webrtc_pipeline_rest_ice (RwWebrtcPipeline *self);

/**
 * rw_webrtc_pipeline_watch_peer:
 * Enables ICE consent checks every 5 s, which fail after 24 s without an
 * answer: the only liveness check for peers without heartbeats. Before
 * rw_webrtc_pipeline_rest_ice().
 */
void rw_webrtc_pipeline_watch_peer (RwWebrtcPipeline *self);

/**
 * rw_webrtc_pipeline_dup_certificates: the other peer's DTLS certificates in
 * PEM, one for each transport that is up. Any thread, also webrtcbin's, while
 * open.
 */
char **rw_webrtc_pipeline_dup_certificates (RwWebrtcPipeline *self);

G_END_DECLS
