/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-webrtc-requests.h"

#include "rw-peer.h"
#include "rw-post.h"

struct _RwWebrtcRequests {
  GObject *owner;
  RwLoop *loop;
  RwWebrtcHandledFunc handled;
  gpointer user_data;
  guint n_waiting;
};

typedef struct {
  RwWebrtcRequests *requests;
  GObject *owner;
  RwWebrtcReplyFunc func;
  GstPromise *promise; /* NULL until its reply */
} Request;

RwWebrtcRequests *
rw_webrtc_requests_new (GObject *owner, RwLoop *loop,
                        RwWebrtcHandledFunc handled, gpointer user_data)
{
  RwWebrtcRequests *self = g_new0 (RwWebrtcRequests, 1);

  self->owner = owner;
  self->loop = loop;
  self->handled = handled;
  self->user_data = user_data;
  return self;
}

void
rw_webrtc_requests_free (RwWebrtcRequests *self)
{
  g_free (self);
}

static void
request_free (gpointer data)
{
  Request *request = data;

  if (request->promise != NULL)
    gst_promise_unref (request->promise);
  g_object_unref (request->owner);
  g_free (request);
}

static void
handle_reply (gpointer data, gpointer replied)
{
  RwWebrtcRequests *self = data;
  Request *request = replied;

  self->n_waiting--;
  request->func (self->user_data, request->promise);
  self->handled (self->user_data);
}

/* webrtcbin's thread. The promise frees @data with itself. */
static void
on_promise_changed (GstPromise *promise, gpointer data)
{
  Request *request = data;
  Request *replied = g_new0 (Request, 1);

  *replied = *request;
  replied->owner = g_object_ref (request->owner);
  replied->promise = gst_promise_ref (promise);
  rw_post (request->requests->loop, request->owner, handle_reply,
           request->requests, replied, request_free);
}

void
rw_webrtc_requests_send (RwWebrtcRequests *self, GstElement *webrtc,
                         const char *name, gpointer argument,
                         RwWebrtcReplyFunc func)
{
  Request *request = g_new0 (Request, 1);
  GstPromise *promise = gst_promise_new_with_change_func (
      on_promise_changed, request, request_free);

  request->requests = self;
  request->owner = g_object_ref (self->owner);
  request->func = func;
  self->n_waiting++;
  g_signal_emit_by_name (webrtc, name, argument, promise);
  gst_promise_unref (promise);
}

void
rw_webrtc_requests_set_remote (RwWebrtcRequests *self, GstElement *webrtc,
                               RwSdpType type, const GstSDPMessage *sdp,
                               RwWebrtcReplyFunc func)
{
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  GstSDPMessage *message = NULL;

  gst_sdp_message_copy (sdp, &message);
  description = gst_webrtc_session_description_new (
      type == RW_SDP_TYPE_OFFER ? GST_WEBRTC_SDP_TYPE_OFFER
                                : GST_WEBRTC_SDP_TYPE_ANSWER,
      message);
  rw_webrtc_requests_send (self, webrtc, "set-remote-description", description,
                           func);
}

gboolean
rw_webrtc_requests_is_waiting (RwWebrtcRequests *self)
{
  return self->n_waiting > 0;
}

gboolean
rw_webrtc_reply_check (GstPromise *promise, const char *tried, GError **error)
{
  const GstStructure *reply = NULL;
  g_autoptr (GError) cause = NULL;

  if (gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED)
    reply = gst_promise_get_reply (promise);
  if (reply == NULL || !gst_structure_has_field (reply, "error"))
    return TRUE;

  gst_structure_get (reply, "error", G_TYPE_ERROR, &cause, NULL);
  g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP,
               "webrtcbin could not %s: %s", tried, cause->message);
  return FALSE;
}

GstWebRTCSessionDescription *
rw_webrtc_reply_take_description (GstPromise *promise, const char *field,
                                  guint audio_mline, GError **error)
{
  g_autofree char *tried = g_strconcat ("create an ", field, NULL);
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  const GstStructure *reply;

  if (!rw_webrtc_reply_check (promise, tried, error))
    return NULL;
  reply = gst_promise_get_reply (promise);
  if (reply != NULL)
    gst_structure_get (reply, field, GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                       &description, NULL);
  if (description != NULL &&
      gst_sdp_message_medias_len (description->sdp) > audio_mline)
    return g_steal_pointer (&description);

  g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_INTERNAL,
               "webrtcbin created an empty %s", field);
  return NULL;
}
