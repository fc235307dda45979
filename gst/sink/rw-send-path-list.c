/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-send-path-list.h"

#include "rw-channel-codec.h"
#include "rw-cursor-placement.h"

/* See the header. */

#define DEFAULT_DRAIN_RATE 8.0

/* On a data channel, whose silence makes a receiver suspicious after 1 s. */
#define CHANNEL_BEAT_MAX_US (200 * 1000)

void
rw_send_path_list_init (RwSendPathList *list, GMutex *lock)
{
  list->lock = lock;
  list->paths =
      g_ptr_array_new_with_free_func ((GDestroyNotify) rw_send_path_unref);
  list->peers = g_ptr_array_new_with_free_func (g_object_unref);
  list->past = (RwSendStats){0};
  list->drain_rate = DEFAULT_DRAIN_RATE;
  list->stall_us = RW_LIVENESS_STALL_US;
  list->alarm = NULL;
  list->alarm_us = G_MAXINT64;
  list->buffer = g_malloc (RW_CHANNEL_MAX_SIZE);
}

void
rw_send_path_list_clear (RwSendPathList *list)
{
  g_ptr_array_unref (list->paths);
  g_ptr_array_unref (list->peers);
  g_free (list->buffer);
}

void
rw_send_path_list_reset (RwSendPathList *list)
{
  g_assert (list->paths->len == 0);
  list->past = (RwSendStats){0};
}

static void
replace_peers (RwSendPathList *list)
{
  GPtrArray *peers = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < list->paths->len; i++) {
    RwSendPath *path = g_ptr_array_index (list->paths, i);

    g_ptr_array_add (peers, g_object_ref (path->peer));
  }
  g_ptr_array_unref (list->peers);
  list->peers = peers;
}

RwSendPath *
rw_send_path_list_open (RwSendPathList *list, RwJournal *journal,
                        RwCursorSet *cursors, RwWebrtcPeer *peer,
                        const RwSessionRequest *request)
{
  gint64 now_us = g_get_monotonic_time ();
  RwSendPath *path;
  RwSendEndpointConfig config;

  rw_send_endpoint_config_init (&config);
  config.generation = request ? request->generation : 0;
  config.drain_rate = list->drain_rate;
  config.stall_us = list->stall_us;
  if (request == NULL || !request->takes_rtcp)
    config.beat_max_us = CHANNEL_BEAT_MAX_US;
  if (request)
    rw_cursor_place (cursors, journal, request, now_us);
  path = rw_send_path_new (
      rw_send_endpoint_new (journal, cursors, &config, now_us), peer,
      list->lock, journal, list->buffer);
  g_ptr_array_add (list->paths, path);
  replace_peers (list);
  return path;
}

static void
add_stats (RwSendStats *sum, const RwSendEndpoint *endpoint)
{
  RwSendStats stats;

  rw_send_endpoint_get_stats (endpoint, &stats);
  sum->messages_sent += stats.messages_sent;
  sum->messages_received += stats.messages_received;
  sum->messages_fenced += stats.messages_fenced;
  sum->frames_live += stats.frames_live;
  sum->frames_repaired += stats.frames_repaired;
  sum->frames_repeated += stats.frames_repeated;
  sum->bytes_repaired += stats.bytes_repaired;
}

RwWebrtcPeer *
rw_send_path_list_remove (RwSendPathList *list, RwSendPath *path)
{
  RwWebrtcPeer *peer;

  add_stats (&list->past, path->endpoint);
  peer = rw_send_path_end_locked (path);
  g_ptr_array_remove_fast (list->paths, path);
  replace_peers (list);
  return peer;
}

static void
set_alarm (RwSendPathList *list, gint64 due_us)
{
  list->alarm_us = due_us;
  if (list->alarm != NULL)
    rw_alarm_set_at (list->alarm, due_us);
}

static void
collect (RwSendPath *path, RwOutgoing **outgoing)
{
  GBytes *message;

  while ((message = rw_send_path_next_message_locked (path, 0)))
    rw_outgoing_add (outgoing, path->peer, message);
  path->events |= rw_send_endpoint_take_events (path->endpoint);
}

void
rw_send_path_list_collect (RwSendPathList *list, RwSendPath *path,
                           RwOutgoing **outgoing)
{
  collect (path, outgoing);
  if (rw_send_path_get_due_locked (path) < list->alarm_us)
    set_alarm (list, rw_send_path_get_due_locked (path));
}

/* A verdict is due. How late the control thread is with it shows whether this
 * machine is too busy to read its packets in time; the upstream thread may be
 * in time all the same. */
static gboolean
is_silent (RwSendPath *path, gint64 now_us)
{
  const RwLink *link = rw_send_endpoint_get_link (path->endpoint);

  return rw_liveness_get_deadline (&link->liveness, &link->rtt) <= now_us;
}

void
rw_send_path_list_collect_all (RwSendPathList *list, gboolean judges,
                               RwOutgoing **outgoing)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 due_us = G_MAXINT64;

  for (guint i = 0; i < list->paths->len; i++) {
    RwSendPath *path = g_ptr_array_index (list->paths, i);

    if (!path->at_rest)
      continue;
    if (judges || !is_silent (path, now_us))
      collect (path, outgoing);
    due_us = MIN (due_us, rw_send_path_get_due_locked (path));
  }
  set_alarm (list, due_us);
}

GPtrArray *
rw_send_path_list_ref_peers (RwSendPathList *list)
{
  return g_ptr_array_ref (list->peers);
}

void
rw_send_path_list_set_drain_rate (RwSendPathList *list, gdouble rate,
                                  gint64 now_us)
{
  list->drain_rate = rate;
  for (guint i = 0; i < list->paths->len; i++) {
    RwSendPath *path = g_ptr_array_index (list->paths, i);

    rw_send_endpoint_set_drain_rate (path->endpoint, rate, now_us);
  }
}

void
rw_send_path_list_note_live (RwSendPathList *list, const RwFrame *frame,
                             gint64 now_us)
{
  for (guint i = 0; i < list->paths->len; i++)
    rw_send_path_note_live_locked (g_ptr_array_index (list->paths, i), frame,
                                   now_us);
}

gboolean
rw_send_path_list_is_awaited (RwSendPathList *list, GHashTable *finished)
{
  for (guint i = 0; i < list->paths->len; i++) {
    RwSendPath *path = g_ptr_array_index (list->paths, i);
    RwCursor *cursor = rw_send_endpoint_get_cursor (path->endpoint);

    if (cursor && !g_hash_table_contains (finished, cursor->consumer_id) &&
        rw_send_endpoint_get_link (path->endpoint)->liveness.state ==
            RW_LIVENESS_ALIVE)
      return TRUE;
  }
  return FALSE;
}

static void
sum_stats (RwSendPathList *list, RwSendStats *sum)
{
  *sum = list->past;
  for (guint i = 0; i < list->paths->len; i++) {
    RwSendPath *path = g_ptr_array_index (list->paths, i);

    add_stats (sum, path->endpoint);
  }
}

static guint64
get_slowest_rtt_ns (RwSendPathList *list)
{
  guint64 rtt_ns = 0;

  for (guint i = 0; i < list->paths->len; i++) {
    RwSendPath *path = g_ptr_array_index (list->paths, i);
    const RwRtt *rtt = &rw_send_endpoint_get_link (path->endpoint)->rtt;

    rtt_ns = MAX (rtt_ns, (guint64) MAX (rtt->srtt_us, 0) * 1000);
  }
  return rtt_ns;
}

void
rw_send_path_list_fill_stats (RwSendPathList *list, GstStructure *stats)
{
  RwSendStats sum;

  sum_stats (list, &sum);
  /* clang-format off */
  gst_structure_set (stats,
      "repaired", G_TYPE_UINT64, sum.frames_repaired,
      "repeated", G_TYPE_UINT64, sum.frames_repeated,
      "sessions", G_TYPE_UINT, list->paths->len,
      "rtt", G_TYPE_UINT64, get_slowest_rtt_ns (list),
      NULL);
  /* clang-format on */
}
