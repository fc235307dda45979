/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-session-requests.h"

#include <string.h>

#include "rw-stream-id.h"

#define GST_CAT_DEFAULT rw_session_get_debug_category ()

/* From the request for a session to the producer's offer. The request and the
 * answers travel over channels that lose nothing, or whose loss is reported,
 * and a producer that has gone is announced as gone. An answer that takes long
 * comes from a producer that is away, has many consumers or a busy machine,
 * which another request would only keep busier. */
#define OFFER_TIMEOUT_US (60 * G_TIME_SPAN_SECOND)

struct _RwSessionRequests {
  RwSessionRequestsHost host;
  char *consumer_id;
  RwStart start;
  GHashTable *asked; /* generation -> peer id, until it answers */
};

static const char *
target (RwSessionRequests *self)
{
  return rw_producer_finder_get_target (self->host.finder);
}

/* The request was answered or abandoned: the peer id of the producer, or NULL
 * if there is no such request. */
static char *
remove_request (RwSessionRequests *self, guint64 generation)
{
  g_autofree gpointer key = NULL;
  gpointer peer_id = NULL;

  g_hash_table_steal_extended (self->asked, &generation, &key, &peer_id);
  return peer_id;
}

void
rw_session_requests_forget (RwSessionRequests *self, guint64 generation)
{
  g_free (remove_request (self, generation));
}

void
rw_session_requests_send (RwSessionRequests *self, guint64 generation)
{
  const char *peer_id = target (self);
  RwReceiveProgress progress = rw_receiver_get_progress (self->host.receiver);
  static const guint8 none[RW_STREAM_ID_SIZE] = {0};
  g_autoptr (RwSessionRequest) request =
      rw_session_request_new (self->consumer_id);

  request->next = progress.next;
  if (memcmp (progress.stream_id, none, sizeof none) != 0)
    request->stream_id = rw_stream_id_to_string (progress.stream_id);
  request->generation = generation;
  request->takes_rtcp = TRUE;
  request->start = self->start == RW_START_OLDEST ? RW_SESSION_START_OLDEST
                                                  : RW_SESSION_START_LIVE;
  rw_controller_report_waiting (self->host.controller, generation,
                                OFFER_TIMEOUT_US);
  g_hash_table_insert (self->asked, g_memdup2 (&generation, sizeof generation),
                       g_strdup (peer_id));
  rw_signaller_start_session (self->host.signaller, peer_id, NULL, request);
}

static void
on_session_started (RwSignaller *signaller, const char *peer_id,
                    const char *session_id, guint64 generation, gpointer data)
{
  RwSessionRequests *self = data;

  rw_session_requests_forget (self, generation);
  /* The attempt was abandoned meanwhile, or the message was resent. */
  if (!rw_controller_is_live (self->host.controller, generation) ||
      rw_session_set_has (self->host.sessions, generation, session_id)) {
    rw_signaller_end_session (signaller, session_id, NULL);
    return;
  }
  GST_INFO_OBJECT (rw_endpoint_get_element (self->host.endpoint),
                   "session %s with %s, generation %" G_GUINT64_FORMAT,
                   session_id, peer_id, generation);
  rw_controller_report_waiting (self->host.controller, generation,
                                OFFER_TIMEOUT_US);
  rw_session_set_start (self->host.sessions, generation, session_id, peer_id);
}

static void
on_session_requested (RwSignaller *signaller, const char *peer_id,
                      const char *session_id, const char *offer,
                      const RwSessionRequest *request, gpointer data)
{
  rw_signaller_end_session (
      signaller, session_id,
      "this consumer accepts only sessions that it has requested");
}

static void
on_session_refused (RwSignaller *signaller, guint64 generation,
                    const char *details, gpointer data)
{
  RwSessionRequests *self = data;
  g_autofree char *asked = remove_request (self, generation);
  gboolean is_elsewhere = asked && g_strcmp0 (asked, target (self)) != 0;

  GST_INFO_OBJECT (rw_endpoint_get_element (self->host.endpoint),
                   "no session of generation %" G_GUINT64_FORMAT ": %s",
                   generation, details);
  if (asked)
    rw_producer_finder_remove (self->host.finder, asked);
  if (!rw_controller_is_live (self->host.controller, generation))
    return;
  rw_consumer_failures_take_refusal (
      self->host.failures, generation,
      g_error_new (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
                   "The signalling server reported an error: %s", details));
  /* The message is about the former producer. */
  if (is_elsewhere && target (self))
    rw_controller_retry_now (self->host.controller,
                             RW_RETRY_PRODUCER_ANNOUNCED);
}

RwSessionRequests *
rw_session_requests_new (const RwSessionRequestsHost *host,
                         const char *consumer_id, RwStart start)
{
  RwSessionRequests *self = g_new0 (RwSessionRequests, 1);

  self->host = *host;
  self->consumer_id = g_strdup (consumer_id);
  self->start = start;
  self->asked =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  g_signal_connect (host->signaller, "session-started",
                    G_CALLBACK (on_session_started), self);
  g_signal_connect (host->signaller, "session-refused",
                    G_CALLBACK (on_session_refused), self);
  g_signal_connect (host->signaller, "session-requested",
                    G_CALLBACK (on_session_requested), self);
  return self;
}

void
rw_session_requests_free (RwSessionRequests *self)
{
  g_signal_handlers_disconnect_by_data (self->host.signaller, self);
  g_hash_table_unref (self->asked);
  g_free (self->consumer_id);
  g_free (self);
}
