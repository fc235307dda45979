/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-receive-path.h"

#include "rw-channel-codec.h"
#include "rw-opus-caps.h"

/* See the header. */

RwReceivePath *
rw_receive_path_new (RwReceiveEndpoint *endpoint, guint64 generation)
{
  RwReceivePath *path = g_new0 (RwReceivePath, 1);

  g_atomic_ref_count_init (&path->refs);
  path->generation = generation;
  path->armed_us = G_MAXINT64;
  path->endpoint = endpoint;
  path->woken = TRUE; /* nothing to send on yet */
  return path;
}

RwReceivePath *
rw_receive_path_ref (RwReceivePath *path)
{
  g_atomic_ref_count_inc (&path->refs);
  return path;
}

void
rw_receive_path_unref (RwReceivePath *path)
{
  if (!g_atomic_ref_count_dec (&path->refs))
    return;
  g_assert (path->endpoint == NULL && path->peer == NULL);
  g_free (path);
}

RwWebrtcPeer *
rw_receive_path_end (RwReceivePath *path)
{
  path->at_rest = FALSE;
  g_clear_pointer (&path->endpoint, rw_receive_endpoint_free);
  return g_steal_pointer (&path->peer);
}

/* The control thread must be notified of it. */
static gboolean
awaits_frame (const RwReceivePath *path)
{
  RwReceiveStats stats;

  if (rw_receive_endpoint_get_link (path->endpoint)->liveness.state !=
      RW_LIVENESS_ALIVE)
    return TRUE;
  rw_receive_endpoint_get_stats (path->endpoint, &stats);
  return stats.frames_live + stats.frames_repaired == 0;
}

gboolean
rw_receive_path_note_live (RwReceivePath *path, const RwFrame *frame,
                           gint64 arrival_us)
{
  gboolean is_awaited;

  if (path->endpoint == NULL)
    return FALSE;
  is_awaited = awaits_frame (path) && !path->woken;
  rw_receive_endpoint_note_live (path->endpoint, frame, NULL, arrival_us);
  if (is_awaited)
    path->armed_us = G_MAXINT64;
  return TRUE;
}

gboolean
rw_receive_path_decode (GBytes *bytes, RwMessage *message, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (!rw_channel_decode (data, size, message, error))
    return FALSE;
  return message->type != RW_MESSAGE_FORMAT ||
         rw_opus_caps_check (message->format.caps, message->format.length,
                             error);
}

void
rw_receive_path_receive (RwReceivePath *path, const RwMessage *message)
{
  path->message_us = g_get_monotonic_time ();
  if (path->endpoint)
    rw_receive_endpoint_receive (path->endpoint, message, path->message_us);
}

gboolean
rw_receive_path_close (RwReceivePath *path, RwByeReason reason)
{
  const RwBye *bye =
      rw_link_get_bye (rw_receive_endpoint_get_link (path->endpoint));

  rw_receive_endpoint_close (path->endpoint, reason, NULL);
  return bye == NULL;
}

/* New frames alone change nothing for it. */
gint64
rw_receive_path_get_due (const RwReceivePath *path)
{
  return path->events & ~RW_RECEIVE_EVENT_PROGRESS
             ? 0
             : rw_receive_endpoint_get_deadline (path->endpoint);
}

GBytes *
rw_receive_path_next_message (RwReceivePath *path, guint64 buffered)
{
  RwMessage message;
  guint8 buffer[4096]; /* a receiver's messages are short */
  gsize size;

  if (!rw_receive_endpoint_next (path->endpoint, g_get_monotonic_time (),
                                 buffered, &message))
    return NULL;
  size = rw_channel_encode (&message, buffer, sizeof buffer);
  return g_bytes_new (buffer, size);
}

RwReceiveEvents
rw_receive_path_take_events (RwReceivePath *path, gint64 *deadline_us)
{
  RwReceiveEvents events =
      path->events | rw_receive_endpoint_take_events (path->endpoint);

  path->events = 0;
  *deadline_us = rw_receive_endpoint_get_deadline (path->endpoint);
  path->armed_us = *deadline_us;
  path->woken = path->peer == NULL;
  return events;
}

void
rw_receive_path_get_status (const RwReceivePath *path,
                            RwReceivePathStatus *status)
{
  RwReceiveStats stats;

  rw_receive_endpoint_get_stats (path->endpoint, &stats);
  *status = (RwReceivePathStatus){
      .welcome = rw_receive_endpoint_is_welcome (path->endpoint),
      .liveness = rw_receive_endpoint_get_link (path->endpoint)->liveness.state,
      .received_us =
          rw_receive_endpoint_get_link (path->endpoint)->liveness.received_us,
      .message_us = path->message_us,
      .is_rtcp = path->peer != NULL && rw_webrtc_peer_uses_rtcp (path->peer),
      .accepted = stats.frames_live + stats.frames_repaired,
  };
}
