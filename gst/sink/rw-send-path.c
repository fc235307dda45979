/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-send-path.h"

#include "rw-channel-codec.h"

/* See the header. */

/* Repairs before a session has sent this much live concern frames recorded
 * while it opened, and repairs with this much backlog concern an outage;
 * neither measures the path. */
#define MIN_LIVE_FRAMES 50
#define CATCHING_UP_NS  (1 * GST_SECOND)

RwSendPath *
rw_send_path_new (RwSendEndpoint *endpoint, RwWebrtcPeer *peer, GMutex *lock,
                  const RwJournal *journal, guint8 *buffer)
{
  RwSendPath *path = g_new0 (RwSendPath, 1);

  g_atomic_ref_count_init (&path->refs);
  path->endpoint = endpoint;
  path->peer = g_object_ref (peer);
  path->lock = lock;
  path->journal = journal;
  path->buffer = buffer;
  return path;
}

RwSendPath *
rw_send_path_ref (RwSendPath *path)
{
  g_atomic_ref_count_inc (&path->refs);
  return path;
}

void
rw_send_path_unref (RwSendPath *path)
{
  if (!g_atomic_ref_count_dec (&path->refs))
    return;
  g_assert (path->endpoint == NULL && path->peer == NULL);
  g_free (path);
}

RwWebrtcPeer *
rw_send_path_end_locked (RwSendPath *path)
{
  path->at_rest = FALSE;
  g_clear_pointer (&path->endpoint, rw_send_endpoint_free);
  return g_steal_pointer (&path->peer);
}

/* An acknowledgement alone changes nothing for it. */
#define EVENTS_FOR_CONTROL                                                     \
  (RW_SEND_EVENT_ESTABLISHED | RW_SEND_EVENT_LIVENESS |                        \
   RW_SEND_EVENT_FINISHED | RW_SEND_EVENT_BYE)

gint64
rw_send_path_get_due_locked (const RwSendPath *path)
{
  return path->events & EVENTS_FOR_CONTROL
             ? 0
             : rw_send_endpoint_get_deadline (path->endpoint);
}

void
rw_send_path_note_live_locked (RwSendPath *path, const RwFrame *frame,
                               gint64 now_us)
{
  if (!path->live)
    return;
  rw_send_endpoint_note_live_sent (path->endpoint, frame->index, now_us);
  path->bytes_live += frame->size;
}

GBytes *
rw_send_path_next_message_locked (RwSendPath *path, guint64 buffered)
{
  RwMessage message;
  gsize size;

  if (!rw_send_endpoint_next (path->endpoint, g_get_monotonic_time (), buffered,
                              &message))
    return NULL;
  size = rw_channel_encode (&message, path->buffer, RW_CHANNEL_MAX_SIZE);
  return g_bytes_new (path->buffer, size);
}

const RwCursor *
rw_send_path_get_cursor_locked (const RwSendPath *path)
{
  return rw_send_endpoint_get_cursor (path->endpoint);
}

void
rw_send_path_set_live (RwSendPath *path)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (path->lock);

  path->live = TRUE;
}

gboolean
rw_send_path_receive (RwSendPath *path, GBytes *bytes, GError **error)
{
  RwMessage message;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (!rw_channel_decode (data, size, &message, error))
    return FALSE;
  g_mutex_lock (path->lock);
  rw_send_endpoint_receive (path->endpoint, &message, g_get_monotonic_time ());
  g_mutex_unlock (path->lock);
  return TRUE;
}

static GBytes *
next_message (RwSendPath *path, guint64 buffered)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (path->lock);

  return rw_send_path_next_message_locked (path, buffered);
}

void
rw_send_path_send (RwSendPath *path)
{
  RwPeer *peer = RW_PEER (path->peer);
  GBytes *bytes;

  while ((bytes = next_message (path, rw_peer_get_buffered_amount (peer)))) {
    rw_peer_send (peer, bytes);
    g_bytes_unref (bytes);
  }
}

GBytes *
rw_send_path_close (RwSendPath *path, RwByeReason reason)
{
  g_mutex_lock (path->lock);
  rw_send_endpoint_close (path->endpoint, reason, NULL);
  g_mutex_unlock (path->lock);
  return next_message (path, 0);
}

gboolean
rw_send_path_has_events (RwSendPath *path)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (path->lock);

  return path->at_rest && rw_send_path_get_due_locked (path) == 0;
}

void
rw_send_path_get_status (RwSendPath *path, RwSendPathStatus *status)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (path->lock);
  RwCursor *cursor = rw_send_endpoint_get_cursor (path->endpoint);
  const RwBye *bye =
      rw_link_get_bye (rw_send_endpoint_get_link (path->endpoint));
  guint64 head = rw_journal_get_head (path->journal);

  *status = (RwSendPathStatus){
      .established = cursor != NULL,
      .liveness = rw_send_endpoint_get_link (path->endpoint)->liveness.state,
      .received_us =
          rw_send_endpoint_get_link (path->endpoint)->liveness.received_us,
      .bye_reason = bye ? bye->reason : RW_BYE_STOPPED,
  };
  if (cursor == NULL)
    return;
  g_strlcpy (status->consumer_id, cursor->consumer_id,
             sizeof status->consumer_id);
  status->backlog_ns =
      rw_journal_get_span_ns (path->journal, cursor->acked, head);
}

gboolean
rw_send_path_sample_quality (RwSendPath *path, RwQualitySample *sample)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (path->lock);
  const RwCursor *cursor = rw_send_endpoint_get_cursor (path->endpoint);
  const RwRtt *rtt = &rw_send_endpoint_get_link (path->endpoint)->rtt;
  RwSendStats stats;
  guint64 backlog_ns;

  rw_send_endpoint_get_stats (path->endpoint, &stats);
  if (cursor == NULL || !rtt->valid || stats.frames_live < MIN_LIVE_FRAMES)
    return FALSE;
  backlog_ns = rw_journal_get_span_ns (path->journal, cursor->acked,
                                       rw_journal_get_head (path->journal));
  if (backlog_ns > CATCHING_UP_NS)
    return FALSE;
  *sample = (RwQualitySample){
      .frames = stats.frames_live,
      .missed = (gint64) (stats.frames_repaired - stats.frames_repeated),
      .bytes = path->bytes_live + stats.bytes_repaired,
      .rtt_us = MAX (rtt->srtt_us, 1),
      .jitter_us = rtt->rttvar_us,
      .backlog_ns = backlog_ns,
  };
  return TRUE;
}
