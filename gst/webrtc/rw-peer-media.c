/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-peer-media.h"

#include "rw-local-sdp.h"
#include "rw-opus-sdp.h"
#include "rw-peer.h"
#include "rw-rtp-caps.h"
#include "rw-rtp-receiver.h"
#include "rw-rtp-sender.h"

struct _RwPeerMedia {
  RwWebrtcPeerFuncs funcs;
  gpointer user_data;
  GDestroyNotify destroy;
  RwRtpSender *sender;     /* of a producer */
  RwRtpReceiver *receiver; /* of a consumer */
  GstElement *webrtc;

  GMutex lock; /* for what any thread may read */
  GstCaps *caps;
  gboolean is_resilient;
};

RwPeerMedia *
rw_peer_media_new (const RwWebrtcPeerConfig *config,
                   RwRtpSenderErrorFunc on_error, gpointer user_data)
{
  RwPeerMedia *self = g_new0 (RwPeerMedia, 1);

  g_mutex_init (&self->lock);
  if (config->caps != NULL)
    self->caps = gst_caps_ref (config->caps);
  if (config->funcs != NULL)
    self->funcs = *config->funcs;
  self->user_data = config->user_data;
  self->destroy = config->destroy;
  if (config->role == RW_WEBRTC_PEER_PRODUCER)
    self->sender = rw_rtp_sender_new (on_error, user_data);
  else
    self->receiver = rw_rtp_receiver_new (config->latency_ms, &self->funcs,
                                          config->user_data);
  return self;
}

void
rw_peer_media_release (RwPeerMedia *self)
{
  GDestroyNotify destroy = g_steal_pointer (&self->destroy);

  if (destroy != NULL)
    destroy (self->user_data);
}

void
rw_peer_media_free (RwPeerMedia *self)
{
  rw_peer_media_release (self);
  g_clear_pointer (&self->sender, rw_rtp_sender_free);
  g_clear_pointer (&self->receiver, rw_rtp_receiver_free);
  gst_clear_caps (&self->caps);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
rw_peer_media_attach (RwPeerMedia *self, GstBin *bin, GstElement *webrtc)
{
  self->webrtc = webrtc;
  if (self->sender != NULL) {
    rw_rtp_caps_restore (webrtc);
  } else {
    rw_rtp_receiver_attach (self->receiver, bin, webrtc);
  }
}

/* The RTP caps of a producer's audio. */
static GstCaps *
new_sent_caps (RwPeerMedia *self, guint payload_type)
{
  g_autoptr (GstCaps) caps = rw_peer_media_dup_caps (self);
  GstCaps *rtp_caps = rw_opus_sdp_new_rtp_caps (caps, payload_type);

  gst_caps_set_simple (rtp_caps, "ssrc", G_TYPE_UINT,
                       rw_rtp_sender_get_ssrc (self->sender), NULL);
  return rtp_caps;
}

/* The codec is fixed before anything is created: without it create-offer may
 * wait for caps for ever. */
static gboolean
add_sender (RwPeerMedia *self, guint payload_type, GError **error)
{
  g_autoptr (GstCaps) rtp_caps = new_sent_caps (self, payload_type);
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;

  sink = gst_element_request_pad_simple (self->webrtc, "sink_%u");
  g_object_get (sink, "transceiver", &transceiver, NULL);
  g_object_set (transceiver, "direction",
                GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
                "codec-preferences", rtp_caps, NULL);
  if (gst_pad_link (rw_rtp_sender_get_pad (self->sender), sink) ==
      GST_PAD_LINK_OK)
    return TRUE;
  g_set_error_literal (error, RW_PEER_ERROR, RW_PEER_ERROR_INTERNAL,
                       "webrtcbin refused the audio stream");
  return FALSE;
}

static void
add_receiver (RwPeerMedia *self)
{
  g_autoptr (GstCaps) caps = rw_peer_media_dup_caps (self);
  g_autoptr (GstCaps) rtp_caps =
      rw_opus_sdp_new_rtp_caps (caps, RW_OFFERED_PAYLOAD_TYPE);
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;

  g_signal_emit_by_name (self->webrtc, "add-transceiver",
                         GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY,
                         rtp_caps, &transceiver);
}

gboolean
rw_peer_media_offer (RwPeerMedia *self, GError **error)
{
  if (self->sender != NULL)
    return add_sender (self, RW_OFFERED_PAYLOAD_TYPE, error);
  add_receiver (self);
  return TRUE;
}

gboolean
rw_peer_media_take_remote (RwPeerMedia *self, RwSdpType type,
                           const RwRemoteSdp *remote, GError **error)
{
  g_mutex_lock (&self->lock);
  self->is_resilient = remote->format.frame_id != 0;
  if (self->receiver != NULL)
    gst_caps_replace (&self->caps, remote->caps);
  g_mutex_unlock (&self->lock);

  if (self->receiver != NULL) {
    g_autoptr (GstCaps) rtp_caps =
        rw_opus_sdp_new_rtp_caps (remote->caps, remote->format.payload_type);

    rw_rtp_receiver_open (self->receiver, &remote->format, rtp_caps);
    return TRUE;
  }
  return type != RW_SDP_TYPE_OFFER ||
         add_sender (self, remote->format.payload_type, error);
}

void
rw_peer_media_open (RwPeerMedia *self, const RwRtpFormat *format)
{
  g_autoptr (GstCaps) rtp_caps = NULL;

  if (self->sender == NULL)
    return;
  rtp_caps = new_sent_caps (self, format->payload_type);
  rw_rtp_sender_open (self->sender, format, rtp_caps);
}

void
rw_peer_media_renumber (RwPeerMedia *self, const RwRtpFormat *format)
{
  if (self->sender != NULL)
    rw_rtp_sender_renumber (self->sender, format);
  else
    rw_rtp_receiver_renumber (self->receiver, format);
}

void
rw_peer_media_close (RwPeerMedia *self)
{
  if (self->sender != NULL)
    rw_rtp_sender_close (self->sender);
  else
    rw_rtp_receiver_close (self->receiver);
}

gboolean
rw_peer_media_push (RwPeerMedia *self, const RwFrame *frame)
{
  return self->sender != NULL && rw_rtp_sender_push (self->sender, frame);
}

gboolean
rw_peer_media_take_message (RwPeerMedia *self, GBytes *message)
{
  return self->funcs.message != NULL &&
         self->funcs.message (message, self->user_data);
}

GstCaps *
rw_peer_media_dup_caps (RwPeerMedia *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->caps != NULL ? gst_caps_ref (self->caps) : NULL;
}

gboolean
rw_peer_media_is_resilient (RwPeerMedia *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->is_resilient;
}
