/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-renegotiation.h"

#include <string.h>

#include "rw-ice-credentials.h"

struct _RwRenegotiation {
  gboolean we_send;
  gboolean we_offered;
  char *local_text; /* our last description */
  char *offer;      /* to be answered, or NULL */
  char *remote_ufrag;
  const RwRemoteSdp *remote;
  RwRtpFormat format;
};

RwRenegotiation *
rw_renegotiation_new (gboolean we_send)
{
  RwRenegotiation *self = g_new0 (RwRenegotiation, 1);

  self->we_send = we_send;
  return self;
}

void
rw_renegotiation_free (RwRenegotiation *self)
{
  g_free (self->local_text);
  g_free (self->offer);
  g_free (self->remote_ufrag);
  g_free (self);
}

void
rw_renegotiation_set_local (RwRenegotiation *self, const char *sdp)
{
  g_free (self->local_text);
  self->local_text = g_strdup (sdp);
}

static const char *
get_remote_value (RwRenegotiation *self, const char *key)
{
  return gst_sdp_media_get_attribute_val (
      gst_sdp_message_get_media (self->remote->message,
                                 self->remote->audio_mline),
      key);
}

void
rw_renegotiation_set_remote (RwRenegotiation *self, const RwRemoteSdp *remote,
                             gboolean we_offered)
{
  self->remote = remote;
  self->format = remote->format;
  self->we_offered = we_offered;
  g_free (self->remote_ufrag);
  self->remote_ufrag = g_strdup (get_remote_value (self, "ice-ufrag"));
}

void
rw_renegotiation_take_offer (RwRenegotiation *self, const char *sdp)
{
  g_free (self->offer);
  self->offer = g_strdup (sdp);
}

/* The DTLS role that the other peer has; whoever offered left it open. */
static const char *
get_remote_setup (RwRenegotiation *self)
{
  if (self->we_offered)
    return get_remote_value (self, "setup");
  return strstr (self->local_text, "a=setup:active") != NULL ? "passive"
                                                             : "active";
}

static void
follow_ice_restart (RwRenegotiation *self, GstElement *webrtc,
                    const RwSdpUpdate *update)
{
  if (g_strcmp0 (self->remote_ufrag, update->ufrag) == 0)
    return;
  g_free (self->remote_ufrag);
  self->remote_ufrag = g_strdup (update->ufrag);
  if (!rw_ice_credentials_replace (webrtc, update->ufrag, update->pwd))
    GST_WARNING_OBJECT (webrtc, "this webrtcbin cannot follow the remote "
                                "peer's ICE restart");
}

/* FALSE: the session is our protocol's, and could not go on. */
static gboolean
follow_numbers (RwRenegotiation *self, const RwRtpFormat *format)
{
  if (format->payload_type == 0)
    return TRUE;
  if (self->format.frame_id != 0 && format->frame_id == 0)
    return FALSE;
  self->format.payload_type = format->payload_type;
  self->format.red_type = self->format.red_type ? format->red_type : 0;
  self->format.frame_id = self->format.frame_id ? format->frame_id : 0;
  self->format.capture_id = self->format.capture_id ? format->capture_id : 0;
  return TRUE;
}

RwSdpUpdate *
rw_renegotiation_answer (RwRenegotiation *self, GstElement *webrtc)
{
  g_autofree char *offer = g_steal_pointer (&self->offer);
  g_autoptr (GError) error = NULL;
  RwSdpUpdate *update;

  if (offer == NULL)
    return NULL;
  update =
      rw_sdp_update_new (self->local_text, self->remote->audio_mline,
                         get_remote_setup (self), offer, self->we_send, &error);
  if (update == NULL) {
    GST_WARNING_OBJECT (webrtc, "%s", error->message);
    return NULL;
  }
  if (!follow_numbers (self, &update->format)) {
    GST_WARNING_OBJECT (webrtc, "the remote peer's further offer lacks the "
                                "frame extension; the session goes on without "
                                "it");
    rw_sdp_update_free (update);
    return NULL;
  }
  rw_renegotiation_set_local (self, update->answer);
  follow_ice_restart (self, webrtc, update);
  return update;
}

const RwRtpFormat *
rw_renegotiation_get_format (RwRenegotiation *self)
{
  return &self->format;
}
