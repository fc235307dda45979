/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-webrtc-peer.h"

#include "rw-peer-connection.h"
#include "rw-peer-media.h"
#include "rw-post.h"
#include "rw-webrtc-pipeline.h"
#include "rw-webrtc-runtime.h"

/* One session on the control thread: joins the pipeline, the connection to the
 * other peer and the media. webrtcbin's callbacks come on threads of its own:
 * each copies its arguments, posts an event and returns; tearing down from
 * inside one would deadlock. */

GST_DEBUG_CATEGORY_STATIC (rw_webrtc_peer_debug);
#define GST_CAT_DEFAULT rw_webrtc_peer_debug

typedef enum {
  STATE_NEW,
  STATE_RUNNING,
  STATE_FAILED,  /* to be closed by the owner */
  STATE_CLOSING, /* the connection ends */
  STATE_CLOSED,
} State;

struct _RwWebrtcPeer {
  GObject parent_instance;

  gboolean offers;
  RwLoop *loop;
  RwTeardown *teardown;
  guint64 generation;

  State state;
  RwWebrtcPipeline *pipeline;
  RwPeerConnection *connection;
  RwPeerMedia *media;
  char *held_offer; /* one that came before the start */
};

static void rw_webrtc_peer_iface_init (RwPeerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    RwWebrtcPeer, rw_webrtc_peer, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (RW_TYPE_PEER, rw_webrtc_peer_iface_init)
        GST_DEBUG_CATEGORY_INIT (rw_webrtc_peer_debug, "resilientwebrtcpeer", 0,
                                 "One WebRTC session"))

static void
handle_failed (gpointer data, gpointer error)
{
  RwWebrtcPeer *self = data;

  if (self->state != STATE_RUNNING)
    return;

  self->state = STATE_FAILED;
  rw_peer_connection_stop (self->connection);
  g_signal_emit_by_name (self, "failed", error);
}

/* Any thread. Takes @error. */
static void
fail (RwWebrtcPeer *self, GError *error)
{
  GST_INFO_OBJECT (self, "session %" G_GUINT64_FORMAT " failed: %s",
                   self->generation, error->message);
  rw_post (self->loop, self, handle_failed, self, error,
           (GDestroyNotify) g_error_free);
}

static void
on_pipeline_error (const char *message, gpointer user_data)
{
  fail (user_data,
        g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_TRANSPORT,
                     "The session's transport stopped: %s", message));
}

/* --- Closing ------------------------------------------------------------- */

static void
handle_torn_down (gpointer data)
{
  RwWebrtcPeer *self = data;

  GST_DEBUG_OBJECT (self, "session %" G_GUINT64_FORMAT " is torn down",
                    self->generation);
  rw_peer_media_release (self->media);
  g_signal_emit_by_name (self, "closed");
}

/* Takes the reference. The thread of RwTeardown, or the control thread. */
void
rw_webrtc_peer_tear_down (gpointer data)
{
  RwWebrtcPeer *self = data;

  rw_webrtc_pipeline_close (self->pipeline);
  rw_loop_invoke (self->loop, handle_torn_down, self, g_object_unref);
}

static void
on_connection_closed (RwWebrtcPeer *self)
{
  self->state = STATE_CLOSED;
  /* The reference of the start goes along. */
  if (self->teardown != NULL)
    rw_teardown_push (self->teardown, self);
  else
    rw_webrtc_peer_tear_down (self);
}

static void
rw_webrtc_peer_close (RwPeer *peer, gboolean graceful)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (peer);

  switch (self->state) {
  case STATE_NEW:
    self->state = STATE_CLOSED;
    rw_loop_invoke (self->loop, handle_torn_down, g_object_ref (self),
                    g_object_unref);
    break;
  case STATE_RUNNING:
  case STATE_FAILED:
    self->state = STATE_CLOSING;
    rw_peer_media_close (self->media);
    rw_peer_connection_close (self->connection, graceful);
    break;
  default:
    if (!graceful)
      rw_peer_connection_hurry (self->connection);
    break;
  }
}

/* --- The connection ------------------------------------------------------ */

static void
on_understood (RwWebrtcPeer *self, RwSdpType type, const RwRemoteSdp *remote)
{
  GError *error = NULL;

  if (!rw_peer_media_take_remote (self->media, type, remote, &error))
    fail (self, error);
}

static void
on_connected (RwWebrtcPeer *self, const RwRtpFormat *format)
{
  rw_peer_media_open (self->media, format);
}

static gboolean
on_arrived (RwWebrtcPeer *self, GBytes *message)
{
  return rw_peer_media_take_message (self->media, message);
}

static void
on_renumbered (RwWebrtcPeer *self, const RwRtpFormat *format)
{
  rw_peer_media_renumber (self->media, format);
}

static const RwPeerConnectionFuncs connection_funcs = {
    on_understood, on_connected,         on_arrived,
    fail,          on_connection_closed, on_renumbered,
};

static void
rw_webrtc_peer_set_remote_description (RwPeer *peer, RwSdpType type,
                                       const char *sdp)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (peer);

  if (self->state == STATE_NEW && type == RW_SDP_TYPE_OFFER) {
    g_free (self->held_offer);
    self->held_offer = g_strdup (sdp);
  } else if (self->state == STATE_RUNNING) {
    rw_peer_connection_set_remote (self->connection, type, sdp);
  }
}

static void
rw_webrtc_peer_add_remote_candidate (RwPeer *peer, guint mline,
                                     const char *candidate)
{
  rw_peer_connection_add_candidate (RW_WEBRTC_PEER (peer)->connection, mline,
                                    candidate);
}

static gboolean
rw_webrtc_peer_send (RwPeer *peer, GBytes *message)
{
  return rw_peer_connection_send (RW_WEBRTC_PEER (peer)->connection, message);
}

static guint64
rw_webrtc_peer_get_buffered_amount (RwPeer *peer)
{
  return rw_peer_connection_get_buffered_amount (
      RW_WEBRTC_PEER (peer)->connection);
}

/* --- Start --------------------------------------------------------------- */

static void
make_offer (RwWebrtcPeer *self)
{
  GError *error = NULL;

  if (!rw_peer_media_offer (self->media, &error))
    fail (self, error);
  rw_peer_connection_offer (self->connection);
}

static void
build (RwWebrtcPeer *self)
{
  rw_webrtc_pipeline_open (self->pipeline);
  rw_peer_connection_attach (self->connection);
  rw_peer_media_attach (self->media,
                        rw_webrtc_pipeline_get_bin (self->pipeline),
                        rw_webrtc_pipeline_get_webrtc (self->pipeline));
  rw_webrtc_pipeline_prepare (self->pipeline);
}

static void
rw_webrtc_peer_start (RwPeer *peer)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (peer);
  GError *error = NULL;

  g_return_if_fail (self->state == STATE_NEW);
  g_return_if_fail (rw_loop_is_owner (self->loop));

  g_object_ref (self);
  self->state = STATE_RUNNING;
  if (!rw_webrtc_runtime_check_elements (&error)) {
    fail (self, error);
    return;
  }

  build (self);
  if (self->held_offer != NULL)
    rw_peer_connection_set_remote (self->connection, RW_SDP_TYPE_OFFER,
                                   self->held_offer);
  else if (self->offers)
    make_offer (self);
  g_clear_pointer (&self->held_offer, g_free);
  rw_webrtc_pipeline_play (self->pipeline);
}

static void
rw_webrtc_peer_dispose (GObject *object)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (object);

  g_clear_object (&self->loop);
  rw_peer_media_release (self->media);
  G_OBJECT_CLASS (rw_webrtc_peer_parent_class)->dispose (object);
}

static void
rw_webrtc_peer_finalize (GObject *object)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (object);

  g_clear_pointer (&self->pipeline, rw_webrtc_pipeline_free);
  g_clear_pointer (&self->connection, rw_peer_connection_free);
  g_clear_pointer (&self->media, rw_peer_media_free);
  g_free (self->held_offer);

  G_OBJECT_CLASS (rw_webrtc_peer_parent_class)->finalize (object);
}

static void
rw_webrtc_peer_class_init (RwWebrtcPeerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = rw_webrtc_peer_dispose;
  G_OBJECT_CLASS (klass)->finalize = rw_webrtc_peer_finalize;
}

static void
rw_webrtc_peer_iface_init (RwPeerInterface *iface)
{
  iface->start = rw_webrtc_peer_start;
  iface->set_remote_description = rw_webrtc_peer_set_remote_description;
  iface->add_remote_candidate = rw_webrtc_peer_add_remote_candidate;
  iface->send = rw_webrtc_peer_send;
  iface->get_buffered_amount = rw_webrtc_peer_get_buffered_amount;
  iface->close = rw_webrtc_peer_close;
}

static void
rw_webrtc_peer_init (RwWebrtcPeer *self)
{
}

RwWebrtcPeer *
rw_webrtc_peer_new (const RwWebrtcPeerConfig *config)
{
  RwWebrtcPeer *self = g_object_new (RW_TYPE_WEBRTC_PEER, NULL);

  self->offers = config->offers || config->role == RW_WEBRTC_PEER_PRODUCER;
  self->loop = g_object_ref (config->loop);
  self->teardown = config->teardown;
  self->generation = config->generation;

  /* From the beginning to the end, so that any thread may use them. */
  self->pipeline = rw_webrtc_pipeline_new (config, on_pipeline_error, self);
  self->connection =
      rw_peer_connection_new (self, self->pipeline, config, &connection_funcs);
  self->media = rw_peer_media_new (config, on_pipeline_error, self);
  return self;
}

void
rw_webrtc_peer_set_close_reason (RwWebrtcPeer *self, GBytes *message)
{
  rw_peer_connection_set_close_reason (self->connection, message);
}

gboolean
rw_webrtc_peer_push_frame (RwWebrtcPeer *self, const RwFrame *frame)
{
  return rw_peer_media_push (self->media, frame);
}

gboolean
rw_webrtc_peer_send_now (RwWebrtcPeer *self, GBytes *message)
{
  return rw_peer_connection_send_now (self->connection, message);
}

gboolean
rw_webrtc_peer_uses_rtcp (RwWebrtcPeer *self)
{
  return rw_peer_connection_uses_rtcp (self->connection);
}

void
rw_webrtc_peer_set_base_time (RwWebrtcPeer *self, GstClockTime base_time)
{
  rw_webrtc_pipeline_set_base_time (self->pipeline, base_time);
}

void
rw_webrtc_peer_set_blackout (RwWebrtcPeer *self, gboolean blackout)
{
  rw_webrtc_pipeline_set_blackout (self->pipeline, blackout);
}

gboolean
rw_webrtc_peer_is_resilient (RwWebrtcPeer *self)
{
  return rw_peer_media_is_resilient (self->media);
}

GstCaps *
rw_webrtc_peer_dup_caps (RwWebrtcPeer *self)
{
  return rw_peer_media_dup_caps (self->media);
}
