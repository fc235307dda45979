/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-session-media.h"

struct _RwSessionMedia {
  RwReceiver *receiver;
  RwReceivePath *receive_path;
};

RwSessionMedia *
rw_session_media_new (RwReceiver *receiver, RwReceivePath *receive_path)
{
  RwSessionMedia *self = g_new0 (RwSessionMedia, 1);

  self->receiver = g_object_ref (receiver);
  self->receive_path = rw_receive_path_ref (receive_path);
  return self;
}

void
rw_session_media_free (gpointer data)
{
  RwSessionMedia *self = data;

  rw_receive_path_unref (self->receive_path);
  g_object_unref (self->receiver);
  g_free (self);
}

static void
on_media_frame (const RwFrame *frame, gint64 arrival_us, gpointer data)
{
  RwSessionMedia *self = data;

  rw_receiver_take_frame (self->receiver, self->receive_path, frame,
                          arrival_us);
}

static void
on_media_buffer (GstBuffer *buffer, gpointer data)
{
  RwSessionMedia *self = data;

  rw_receiver_take_buffer (self->receiver, buffer);
}

static void
on_media_gap (GstClockTime pts, GstClockTime duration, gpointer data)
{
  RwSessionMedia *self = data;

  rw_receiver_take_gap (self->receiver, pts, duration);
}

static void
on_media_paused (gboolean is_paused, gpointer data)
{
  RwSessionMedia *self = data;

  g_atomic_int_set (&self->receive_path->is_paused, is_paused);
}

static gboolean
on_media_message (GBytes *message, gpointer data)
{
  RwSessionMedia *self = data;

  return rw_receive_exchange_take_message (
      rw_receiver_get_exchange (self->receiver), self->receive_path, message);
}

const RwWebrtcPeerFuncs rw_session_media_funcs = {
    .frame = on_media_frame,
    .buffer = on_media_buffer,
    .gap = on_media_gap,
    .paused = on_media_paused,
    .message = on_media_message,
};
