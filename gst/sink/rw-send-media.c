/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-send-media.h"

struct _RwSendMedia {
  RwTransmitter *transmitter;
  RwSendPath *path;
};

RwSendMedia *
rw_send_media_new (RwTransmitter *transmitter)
{
  RwSendMedia *self = g_new0 (RwSendMedia, 1);

  self->transmitter = g_object_ref (transmitter);
  return self;
}

void
rw_send_media_free (gpointer data)
{
  RwSendMedia *self = data;

  g_clear_pointer (&self->path, rw_send_path_unref);
  g_object_unref (self->transmitter);
  g_free (self);
}

void
rw_send_media_set_path (RwSendMedia *self, RwSendPath *path)
{
  self->path = rw_send_path_ref (path);
}

static gboolean
on_message (GBytes *message, gpointer data)
{
  RwSendMedia *self = data;

  return rw_transmitter_take_message (self->transmitter, self->path, message);
}

const RwWebrtcPeerFuncs rw_send_media_funcs = {
    .message = on_message,
};
