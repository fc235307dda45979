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
rw_send_path_new (RwSendEndpoint *endpoint, RwWebrtcPeer *peer)
{
  RwSendPath *path = g_new0 (RwSendPath, 1);

  g_atomic_ref_count_init (&path->refs);
  path->endpoint = endpoint;
  path->peer = g_object_ref (peer);
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
rw_send_path_end (RwSendPath *path)
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
rw_send_path_get_due (const RwSendPath *path)
{
  return path->events & EVENTS_FOR_CONTROL
             ? 0
             : rw_send_endpoint_get_deadline (path->endpoint);
}

void
rw_send_path_note_live (RwSendPath *path, const RwFrame *frame, gint64 now_us)
{
  if (!path->live)
    return;
  rw_send_endpoint_note_live_sent (path->endpoint, frame->index, now_us);
  path->bytes_live += frame->size;
}

GBytes *
rw_send_path_next_message (RwSendPath *path, guint64 buffered, guint8 *buffer)
{
  RwMessage message;
  gsize size;

  if (!rw_send_endpoint_next (path->endpoint, g_get_monotonic_time (), buffered,
                              &message))
    return NULL;
  size = rw_channel_encode (&message, buffer, RW_CHANNEL_MAX_SIZE);
  return g_bytes_new (buffer, size);
}

const RwCursor *
rw_send_path_get_cursor (const RwSendPath *path)
{
  return rw_send_endpoint_get_cursor (path->endpoint);
}

void
rw_send_path_get_status (RwSendPath *path, const RwJournal *journal,
                         RwSendPathStatus *status)
{
  RwCursor *cursor = rw_send_endpoint_get_cursor (path->endpoint);
  const RwBye *bye =
      rw_link_get_bye (rw_send_endpoint_get_link (path->endpoint));
  guint64 head = rw_journal_get_head (journal);

  *status = (RwSendPathStatus){
      .established = cursor != NULL,
      .liveness = rw_send_endpoint_get_link (path->endpoint)->liveness.state,
      .received_us =
          rw_send_endpoint_get_link (path->endpoint)->liveness.received_us,
      .bye = bye != NULL,
      .bye_reason = bye ? bye->reason : RW_BYE_STOPPED,
  };
  if (cursor == NULL)
    return;
  g_strlcpy (status->consumer_id, cursor->consumer_id,
             sizeof status->consumer_id);
  status->acked = cursor->acked;
  status->backlog_ns = rw_journal_get_span_ns (journal, cursor->acked, head);
}

gboolean
rw_send_path_sample_quality (RwSendPath *path, const RwJournal *journal,
                             RwQualitySample *sample)
{
  const RwCursor *cursor = rw_send_endpoint_get_cursor (path->endpoint);
  const RwRtt *rtt = &rw_send_endpoint_get_link (path->endpoint)->rtt;
  RwSendStats stats;
  guint64 backlog_ns;

  rw_send_endpoint_get_stats (path->endpoint, &stats);
  if (cursor == NULL || !rtt->valid || stats.frames_live < MIN_LIVE_FRAMES)
    return FALSE;
  backlog_ns = rw_journal_get_span_ns (journal, cursor->acked,
                                       rw_journal_get_head (journal));
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
