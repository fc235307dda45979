/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-receive-path-list.h"

/* See the header. */

/* A deadline that moves forward by less is not worth a wake-up. */
#define WAKE_SLACK_US 2000

void
rw_receive_path_list_init (RwReceivePathList *list)
{
  list->paths =
      g_ptr_array_new_with_free_func ((GDestroyNotify) rw_receive_path_unref);
}

void
rw_receive_path_list_clear (RwReceivePathList *list)
{
  g_ptr_array_unref (list->paths);
}

void
rw_receive_path_list_add (RwReceivePathList *list, RwReceivePath *path)
{
  g_ptr_array_add (list->paths, rw_receive_path_ref (path));
}

void
rw_receive_path_list_remove (RwReceivePathList *list, RwReceivePath *path)
{
  g_ptr_array_remove_fast (list->paths, path);
}

GArray *
rw_receive_path_list_take_due (RwReceivePathList *list)
{
  GArray *generations = NULL;

  for (guint i = 0; i < list->paths->len; i++) {
    RwReceivePath *path = g_ptr_array_index (list->paths, i);
    gint64 deadline_us = rw_receive_endpoint_get_deadline (path->endpoint);

    if (path->woken || path->at_rest ||
        deadline_us > path->armed_us - WAKE_SLACK_US)
      continue;
    path->woken = TRUE;
    if (generations == NULL)
      generations = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_array_append_val (generations, path->generation);
  }
  return generations;
}

void
rw_receive_path_list_wake (RwReceivePathList *list, GArray *generations)
{
  if (generations == NULL)
    return;
  for (guint i = 0; i < generations->len; i++)
    list->wake (g_array_index (generations, guint64, i), list->wake_data);
  g_array_unref (generations);
}

void
rw_receive_path_list_expect_pump (RwReceivePathList *list)
{
  for (guint i = 0; i < list->paths->len; i++) {
    RwReceivePath *path = g_ptr_array_index (list->paths, i);

    path->armed_us = G_MAXINT64;
    path->at_rest = FALSE;
  }
}

static void
set_alarm (RwReceivePathList *list)
{
  gint64 due_us = G_MAXINT64;

  if (list->alarm == NULL)
    return;
  for (guint i = 0; i < list->paths->len; i++) {
    RwReceivePath *path = g_ptr_array_index (list->paths, i);

    if (path->at_rest)
      due_us = MIN (due_us, rw_receive_path_get_due (path));
  }
  rw_alarm_set_at (list->alarm, due_us);
}

void
rw_receive_path_list_collect (RwReceivePathList *list, RwReceivePath *path,
                              RwOutgoing **outgoing)
{
  GBytes *message;

  while ((message = rw_receive_path_next_message (path, 0)))
    rw_outgoing_add (outgoing, path->peer, message);
  path->events |= rw_receive_endpoint_take_events (path->endpoint);
  set_alarm (list);
}

guint64
rw_receive_path_list_get_head (RwReceivePathList *list)
{
  guint64 head = 0;

  for (guint i = 0; i < list->paths->len; i++) {
    RwReceivePath *path = g_ptr_array_index (list->paths, i);

    head = MAX (head, rw_receive_endpoint_get_status (path->endpoint)->head);
  }
  return head;
}

gint64
rw_receive_path_list_get_best_rtt_us (RwReceivePathList *list)
{
  gint64 best_us = 0;

  for (guint i = 0; i < list->paths->len; i++) {
    RwReceivePath *path = g_ptr_array_index (list->paths, i);
    const RwRtt *rtt = &rw_receive_endpoint_get_link (path->endpoint)->rtt;

    if (rtt->valid && (best_us == 0 || rtt->srtt_us < best_us))
      best_us = MAX (rtt->srtt_us, 1);
  }
  return best_us;
}

guint64
rw_receive_path_list_get_slowest_rtt_ns (RwReceivePathList *list)
{
  guint64 rtt_ns = 0;

  for (guint i = 0; i < list->paths->len; i++) {
    RwReceivePath *path = g_ptr_array_index (list->paths, i);
    const RwRtt *rtt = &rw_receive_endpoint_get_link (path->endpoint)->rtt;

    rtt_ns = MAX (rtt_ns, (guint64) MAX (rtt->srtt_us, 0) * 1000);
  }
  return rtt_ns;
}
