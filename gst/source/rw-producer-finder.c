/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-producer-finder.h"

#include <string.h>

#include "rw-name-check.h"
#include "rw-producer-list.h"
#include "rw-stream-id.h"

GST_DEBUG_CATEGORY_STATIC (rw_producer_finder_debug);
#define GST_CAT_DEFAULT rw_producer_finder_debug

struct _RwProducerFinder {
  RwEndpoint *endpoint;
  RwSignaller *signaller;
  RwReceiver *receiver;
  RwController *controller;
  gboolean is_named; /* the application wants one particular producer */
  RwProducerList *producers;
  RwNameCheck *name_check;
};

const char *
rw_producer_finder_get_target (RwProducerFinder *self)
{
  RwProducerEntry *producer = rw_producer_list_choose (self->producers);

  return producer ? producer->id : NULL;
}

/* A producer that announces another stream has lost its journal: the session
 * with its former instance is over, although no message announced it. */
static void
check_for_new_stream (RwProducerFinder *self, const char *stream_id)
{
  RwReceiveProgress progress = rw_receiver_get_progress (self->receiver);
  guint8 theirs[RW_STREAM_ID_SIZE];

  if (stream_id == NULL || !rw_stream_id_parse (stream_id, theirs) ||
      memcmp (progress.stream_id, theirs, sizeof theirs) == 0)
    return;
  rw_controller_report_suspect (
      self->controller, rw_controller_get_generation (self->controller));
}

static void
on_peer_status (RwSignaller *signaller, const char *peer_id, RwRoles roles,
                const char *name, gboolean is_resilient, const char *stream_id,
                gpointer data)
{
  RwProducerFinder *self = data;

  if (!(roles & RW_ROLE_PRODUCER)) {
    rw_producer_list_remove (self->producers, peer_id);
    rw_name_check_update (self->name_check);
    return;
  }
  rw_producer_list_put (self->producers, peer_id, name, stream_id);
  rw_name_check_update (self->name_check);
  if (g_strcmp0 (rw_producer_finder_get_target (self), peer_id) != 0)
    return;
  GST_INFO_OBJECT (rw_endpoint_get_element (self->endpoint),
                   "producer %s is \"%s\"", peer_id, GST_STR_NULL (name));
  if (rw_controller_get_state (self->controller) == RW_STATE_CONNECTED)
    check_for_new_stream (self, stream_id);
  rw_controller_retry_now (self->controller, RW_RETRY_PRODUCER_ANNOUNCED);
}

static void
on_name_unknown (gpointer data, const char *text)
{
  RwProducerFinder *self = data;

  rw_notifier_post_warning (rw_endpoint_get_notifier (self->endpoint),
                            GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
                            text, NULL);
}

RwProducerFinder *
rw_producer_finder_new (RwEndpoint *endpoint, RwSignaller *signaller,
                        RwReceiver *receiver, RwController *controller,
                        const char *wanted)
{
  static gsize category = 0;
  RwProducerFinder *self = g_new0 (RwProducerFinder, 1);
  RwLoop *loop = rw_endpoint_get_loop (endpoint);

  if (g_once_init_enter (&category)) {
    GST_DEBUG_CATEGORY_INIT (rw_producer_finder_debug,
                             "resilientwebrtcconsumer", 0,
                             "resilient WebRTC source's sessions");
    g_once_init_leave (&category, 1);
  }
  self->endpoint = endpoint;
  self->signaller = g_object_ref (signaller);
  self->receiver = receiver;
  self->controller = controller;
  self->is_named = wanted != NULL;
  self->producers = rw_producer_list_new (wanted);
  self->name_check = rw_name_check_new (rw_endpoint_get_clock (endpoint),
                                        rw_loop_get_context (loop),
                                        self->producers, on_name_unknown, self);
  g_signal_connect (signaller, "peer-status", G_CALLBACK (on_peer_status),
                    self);
  return self;
}

void
rw_producer_finder_free (RwProducerFinder *self)
{
  g_signal_handlers_disconnect_by_data (self->signaller, self);
  g_object_unref (self->signaller);
  rw_name_check_free (self->name_check);
  rw_producer_list_free (self->producers);
  g_free (self);
}

void
rw_producer_finder_remove (RwProducerFinder *self, const char *peer_id)
{
  rw_producer_list_remove (self->producers, peer_id);
}

void
rw_producer_finder_leave_target (RwProducerFinder *self, const GError *error)
{
  RwProducerEntry *producer = rw_producer_list_choose (self->producers);
  g_autofree char *text = NULL;

  if (producer == NULL)
    return;
  text = g_strdup_printf (
      "Producer %s cannot be played: %s Waiting for another one.", producer->id,
      error->message);
  rw_notifier_post_warning (rw_endpoint_get_notifier (self->endpoint),
                            GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, text,
                            "incompatible");
  producer->is_unusable = TRUE;
  producer->n_left++;
}

void
rw_producer_finder_note_closed (RwProducerFinder *self, const char *peer_id,
                                gboolean has_closed)
{
  RwProducerEntry *producer = rw_producer_list_find (self->producers, peer_id);

  if (producer == NULL || producer->has_closed == has_closed)
    return;
  GST_INFO_OBJECT (rw_endpoint_get_element (self->endpoint),
                   has_closed
                       ? "producer %s has closed its session, and is asked for "
                         "no other one before it announces itself again"
                       : "producer %s has opened another session",
                   producer->id);
  producer->has_closed = has_closed;
}

void
rw_producer_finder_doubt_all (RwProducerFinder *self)
{
  rw_producer_list_doubt_all (self->producers);
}

void
rw_producer_finder_reopen (RwProducerFinder *self)
{
  rw_producer_list_reopen (self->producers);
}

gboolean
rw_producer_finder_exclude_target (RwProducerFinder *self, const GError *error)
{
  if (self->is_named || rw_producer_finder_get_target (self) == NULL)
    return FALSE;
  rw_producer_finder_leave_target (self, error);
  return TRUE;
}
