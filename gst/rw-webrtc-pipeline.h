/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/**
 * RwWebrtcPipeline:
 * A session's GStreamer side: a pipeline with one webrtcbin, tuned, on the
 * element's clock, and torn down without a hang or a leak. The struct lives as
 * long as its session, the elements from open to close. Control thread, but
 * for what says otherwise.
 */
typedef struct _RwWebrtcPipeline RwWebrtcPipeline;

/**
 * RwWebrtcPipelineErrorFunc: something without which the session cannot go on
 * has stopped. Any thread.
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

/** rw_webrtc_pipeline_prepare: to READY: webrtcbin can be asked for things. */
void rw_webrtc_pipeline_prepare (RwWebrtcPipeline *self);

/** rw_webrtc_pipeline_play: to PLAYING. */
void rw_webrtc_pipeline_play (RwWebrtcPipeline *self);

/**
 * rw_webrtc_pipeline_close:
 *
 * When it returns, no thread of the elements is left and nothing is called
 * any more. A few milliseconds. Must not be called from a callback of theirs,
 * nor holding a lock that one wants. May be called twice.
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

/** rw_webrtc_pipeline_rest_ice: connected: ICE may stop looking. */
void rw_webrtc_pipeline_rest_ice (RwWebrtcPipeline *self);

/**
 * rw_webrtc_pipeline_watch_peer:
 * Has ICE itself check that the other peer is there, and fail after 48 s
 * without it: the backstop for peers without heartbeats.
 */
void rw_webrtc_pipeline_watch_peer (RwWebrtcPipeline *self);

/**
 * rw_webrtc_pipeline_dup_certificates: the other peer's DTLS certificates in
 * PEM, one for each transport that is up. Any thread, also webrtcbin's, while
 * open.
 */
char **rw_webrtc_pipeline_dup_certificates (RwWebrtcPipeline *self);

G_END_DECLS
