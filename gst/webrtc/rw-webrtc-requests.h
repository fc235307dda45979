/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include "rw-loop.h"
#include "rw-signal-types.h"

G_BEGIN_DECLS

/**
 * RwWebrtcRequests:
 * Requests to a webrtcbin that it answers by a promise, on any thread; the
 * reply is forwarded to the control thread.
 *
 * Control thread. Belongs to a part of @owner, which is referenced while a
 * request waits for its reply.
 */
typedef struct _RwWebrtcRequests RwWebrtcRequests;

/** RwWebrtcReplyFunc: the reply to a request. */
typedef void (*RwWebrtcReplyFunc) (gpointer user_data, GstPromise *promise);

/** RwWebrtcHandledFunc: a reply has been handled. */
typedef void (*RwWebrtcHandledFunc) (gpointer user_data);

RwWebrtcRequests *rw_webrtc_requests_new (GObject *owner, RwLoop *loop,
                                          RwWebrtcHandledFunc handled,
                                          gpointer user_data);

/** rw_webrtc_requests_free: no request waits, since the owner is gone. */
void rw_webrtc_requests_free (RwWebrtcRequests *self);

/** rw_webrtc_requests_send: emits @webrtc's action signal @name with @argument
 * (nullable). */
void rw_webrtc_requests_send (RwWebrtcRequests *self, GstElement *webrtc,
                              const char *name, gpointer argument,
                              RwWebrtcReplyFunc func);

/** rw_webrtc_requests_set_remote: sends "set-remote-description"; copies @sdp.
 */
void rw_webrtc_requests_set_remote (RwWebrtcRequests *self, GstElement *webrtc,
                                    RwSdpType type, const GstSDPMessage *sdp,
                                    RwWebrtcReplyFunc func);

/** rw_webrtc_requests_is_waiting: whether a reply is still to come. */
gboolean rw_webrtc_requests_is_waiting (RwWebrtcRequests *self);

/** rw_webrtc_reply_check: FALSE and an RwPeerError if webrtcbin could not do
 * the request, which the error names by @tried: "create an offer". */
gboolean rw_webrtc_reply_check (GstPromise *promise, const char *tried,
                                GError **error);

/** rw_webrtc_reply_take_description: the description in @field, "offer" or
 * "answer", of a reply to a request for one. NULL and an RwPeerError if there
 * is none, or it has no line @audio_mline. */
GstWebRTCSessionDescription *
rw_webrtc_reply_take_description (GstPromise *promise, const char *field,
                                  guint audio_mline, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwWebrtcRequests, rw_webrtc_requests_free)

G_END_DECLS
