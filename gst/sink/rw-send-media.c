/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-send-media.h"

struct _RwSendMedia {
  RwTransmitter *transmitter;
  RwSendPath *path;
};

static void
send_media_free (gpointer data)
{
  RwSendMedia *self = data;

  g_clear_pointer (&self->path, rw_send_path_unref);
  g_object_unref (self->transmitter);
  g_free (self);
}

static gboolean
on_message (GBytes *message, gpointer data)
{
  RwSendMedia *self = data;

  return rw_transmitter_take_message (self->transmitter, self->path, message);
}

static const RwWebrtcPeerFuncs send_media_funcs = {
    .message = on_message,
};

RwSendMedia *
rw_send_media_new (RwTransmitter *transmitter, const RwSessionRequest *request,
                   RwWebrtcPeerConfig *config)
{
  RwSendMedia *self = g_new0 (RwSendMedia, 1);

  self->transmitter = g_object_ref (transmitter);
  config->role = RW_WEBRTC_PEER_PRODUCER;
  config->takes_rtcp = request && request->takes_rtcp;
  config->generation = request ? request->generation : 0;
  config->terms = rw_audio_terms_get (rw_transmitter_get_terms (transmitter));
  config->funcs = &send_media_funcs;
  config->user_data = self;
  config->destroy = send_media_free;
  return self;
}

void
rw_send_media_set_path (RwSendMedia *self, RwSendPath *path)
{
  self->path = rw_send_path_ref (path);
}
