/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-requests.h"

#include "rw-server-api.h"
#include "rw-server-samples.h"
#include "rw-server-http.h"
#include "rw-server-pending.h"
#include "rw-web-root.h"

struct _RwServerRequests {
  SoupServer *soup;
  RwServerParts parts;
  RwServerPending *pending;
  RwWebRoot *web_root; /* NULL: no page is served */
  RwServerSamples *history;
};

/* --- Answers --- */

/* The counts of the parts, as they are now. */
static RwServerMetrics *
get_metrics (RwServerRequests *self)
{
  RwServerMetrics *metrics = self->parts.metrics;
  RwClients *clients = rw_server_state_get_clients (self->parts.state);

  rw_server_state_get_store (self->parts.state, &metrics->store);
  metrics->connections = rw_server_clients_get_n (self->parts.clients);
  metrics->queued_bytes =
      rw_server_clients_get_queued_bytes (self->parts.clients);
  rw_hub_get_counts (rw_clients_get_hub (clients), &metrics->hub);
  rw_clients_get_counts (clients, &metrics->clients);
  rw_rooms_get_counts (rw_clients_get_rooms (clients), &metrics->rooms);
  return metrics;
}

static void
answer_metrics (RwServerRequests *self, SoupServerMessage *msg)
{
  g_autofree char *text = rw_server_metrics_to_text (get_metrics (self));

  rw_server_http_answer_metrics (msg, text);
}

static gint64
get_time_s (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static void
answer_history (RwServerRequests *self, SoupServerMessage *msg)
{
  g_autofree char *text = rw_server_samples_to_json (
      self->history, get_metrics (self), get_time_s ());

  rw_server_http_answer_json (msg, text);
}

static void
answer_ice_servers (RwServerRequests *self, SoupServerMessage *msg)
{
  const RwGrants *grants = rw_server_admission_get_grants (msg);
  g_autofree char *text = NULL;

  if (self->parts.turn != NULL)
    text = rw_turn_to_json (self->parts.turn,
                            grants != NULL ? grants->user : "anybody",
                            g_get_real_time ());
  rw_server_http_answer_json (msg, text != NULL ? text : "[]");
}

static void
answer_ready (RwServerRequests *self, SoupServerMessage *msg)
{
  if (rw_server_admission_is_full (self->parts.admission))
    rw_server_http_answer_later (msg, SOUP_STATUS_SERVICE_UNAVAILABLE,
                                 RW_SERVER_RETRY_AFTER_S, "full\n");
  else if (!rw_server_state_is_ready (self->parts.state))
    rw_server_http_answer_later (msg, SOUP_STATUS_SERVICE_UNAVAILABLE,
                                 RW_SERVER_RETRY_AFTER_S,
                                 "not ready: Redis has not answered yet\n");
  else if (rw_server_state_is_full (self->parts.state,
                                    self->parts.config->max_message_bytes))
    rw_server_http_answer_later (msg, SOUP_STATUS_SERVICE_UNAVAILABLE,
                                 RW_SERVER_RETRY_AFTER_S,
                                 "busy: too many bytes wait for Redis\n");
  else if (rw_server_state_is_degraded (self->parts.state))
    rw_server_http_answer_later (msg, SOUP_STATUS_SERVICE_UNAVAILABLE,
                                 RW_SERVER_RETRY_AFTER_S,
                                 "degraded: Redis is not reachable\n");
  else
    rw_server_http_answer (msg, SOUP_STATUS_OK, "ready\n");
}

static void
answer_api (RwServerRequests *self, SoupServerMessage *msg, const char *path,
            GHashTable *query)
{
  rw_server_api_answer (self->parts.state, msg, path, query,
                        rw_server_admission_get_grants (msg));
}

static void
answer (RwServerRequests *self, SoupServerMessage *msg, const char *path,
        GHashTable *query)
{
  RwServerAdmission *admission = self->parts.admission;

  if (rw_server_api_takes (path)) {
    if (rw_server_admission_authenticate (admission, msg, query))
      answer_api (self, msg, path, query);
  } else if (!rw_server_http_is_get (msg)) {
    rw_server_http_answer (msg, SOUP_STATUS_METHOD_NOT_ALLOWED,
                           "Only GET and HEAD are allowed on this path.\n");
  } else if (g_str_equal (path, "/healthz")) {
    rw_server_http_answer (msg, SOUP_STATUS_OK, "ok\n");
  } else if (g_str_equal (path, "/readyz")) {
    answer_ready (self, msg);
  } else if (g_str_equal (path, "/webrtc/ice-servers")) {
    if (rw_server_admission_authenticate (admission, msg, query))
      answer_ice_servers (self, msg);
  } else if (g_str_equal (path, "/metrics")) {
    if (rw_server_admission_authenticate_metrics (admission, msg, query))
      answer_metrics (self, msg);
  } else if (g_str_equal (path, "/webrtc/history")) {
    if (rw_server_admission_authenticate_metrics (admission, msg, query))
      answer_history (self, msg);
  } else if (self->web_root != NULL) {
    rw_web_root_answer (self->web_root, msg, path);
  } else {
    rw_server_http_answer_plain (msg, self->parts.uri);
  }
}

/* --- WebSockets --- */

/* The answer to a handshake has left. */
static void
on_upgraded (SoupServerMessage *msg, gpointer user_data)
{
  RwServerRequests *self = user_data;

  rw_server_pending_remove (self->pending, msg);
  rw_server_clients_add (self->parts.clients, msg);
}

/* A server that has never reached its Redis does not even know its number. */
static gboolean
can_serve (RwServerRequests *self, SoupServerMessage *msg)
{
  const char *why = NULL;

  if (!rw_server_state_is_ready (self->parts.state))
    why = "The server has not reached its Redis yet; retry later, or on "
          "another server.\n";
  else if (rw_server_state_is_full (self->parts.state, 0))
    why = "Too many bytes wait for the server's Redis; retry later, or on "
          "another server.\n";
  if (why == NULL)
    return TRUE;

  rw_server_http_answer_later (msg, SOUP_STATUS_SERVICE_UNAVAILABLE,
                               RW_SERVER_RETRY_AFTER_S, why);
  return FALSE;
}

static gboolean
check_query (SoupServerMessage *msg, GHashTable *query)
{
  guint seconds = G_MAXUINT;

  if (rw_server_http_get_ping_interval (query, &seconds))
    return TRUE;

  rw_server_http_answer (
      msg, SOUP_STATUS_BAD_REQUEST,
      "ping_interval must be a whole number of seconds, at least 1.\n");
  return FALSE;
}

static void
on_soup_request (SoupServer *soup, SoupServerMessage *msg, const char *path,
                 GHashTable *query, gpointer user_data)
{
  RwServerRequests *self = user_data;
  RwServerAdmission *admission = self->parts.admission;

  if (!rw_server_http_wants_websocket (msg))
    answer (self, msg, path, query);
  else if (check_query (msg, query) && can_serve (self, msg) &&
           rw_server_admission_let_in (admission, msg) &&
           rw_server_admission_authenticate (admission, msg, query) &&
           soup_websocket_server_process_handshake (msg, NULL, NULL, NULL,
                                                    NULL))
    g_signal_connect (msg, "wrote-informational", G_CALLBACK (on_upgraded),
                      self);
}

/* --- Requests that arrive, and those that do not --- */

/* A body is kept only where somebody reads it, and where it is short; any
 * other is read and dropped, piece by piece. */
static void
on_got_headers (SoupServerMessage *msg, gpointer unused)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);
  const char *path = g_uri_get_path (soup_server_message_get_uri (msg));

  if (rw_server_api_takes (path) &&
      soup_message_headers_get_encoding (headers) ==
          SOUP_ENCODING_CONTENT_LENGTH &&
      soup_message_headers_get_content_length (headers) <=
          RW_SERVER_API_MAX_BODY)
    soup_message_body_set_accumulate (
        soup_server_message_get_request_body (msg), TRUE);
}

/* libsoup stops listening for good when there is no descriptor left. A
 * handshake in good faith is not among the oldest for long. */
static void
make_room (RwServerRequests *self)
{
  guint n = rw_server_clients_get_n (self->parts.clients) +
            rw_server_pending_get_n (self->pending);

  if (n > rw_server_admission_get_max_open (self->parts.admission)) {
    self->parts.metrics->refused_full++;
    rw_server_pending_cut_oldest (self->pending);
  }
}

static void
on_request_started (SoupServer *soup, SoupServerMessage *msg,
                    gpointer user_data)
{
  RwServerRequests *self = user_data;
  soup_message_body_set_accumulate (soup_server_message_get_request_body (msg),
                                    FALSE);
  /* libsoup would keep the connection for a next request that may never
   * begin, even when the client has closed its half. */
  soup_message_headers_append (soup_server_message_get_response_headers (msg),
                               "Connection", "close");
  g_signal_connect (msg, "got-headers", G_CALLBACK (on_got_headers), NULL);
  rw_server_pending_add (self->pending, msg, g_get_monotonic_time ());
  make_room (self);
}

static void
on_request_over (SoupServer *soup, SoupServerMessage *msg, gpointer user_data)
{
  RwServerRequests *self = user_data;

  rw_server_pending_remove (self->pending, msg);
}

/**
 * rw_server_requests_tick:
 *
 * Once a second: a connection that sends no whole request in time is cut off,
 * and the history gets its samples.
 */
void
rw_server_requests_tick (RwServerRequests *self, gint64 now_us)
{
  gint64 limit_us =
      (gint64) self->parts.config->http_timeout_s * G_USEC_PER_SEC;

  rw_server_pending_cut_late (self->pending, now_us - limit_us);
  if (rw_server_samples_is_due (self->history, get_time_s ()))
    rw_server_samples_add (self->history, get_metrics (self), get_time_s ());
}

/* --- Life --- */

/* Also one whose handshake has been answered, but not sent yet. */
static void
forget_request (gpointer msg)
{
  g_signal_handlers_disconnect_matched (msg, G_SIGNAL_MATCH_FUNC, 0, 0, NULL,
                                        (gpointer) on_upgraded, NULL);
}

/**
 * rw_server_requests_new:
 * @soup: not listening yet
 * @parts: copied
 */
RwServerRequests *
rw_server_requests_new (SoupServer *soup, const RwServerParts *parts)
{
  RwServerRequests *self = g_new0 (RwServerRequests, 1);

  self->soup = g_object_ref (soup);
  self->parts = *parts;
  self->parts.uri = g_strdup (parts->uri);
  self->pending = rw_server_pending_new (forget_request);
  self->history = rw_server_samples_new ();
  if (parts->config->web_root != NULL &&
      rw_web_root_check (parts->config->web_root, NULL))
    self->web_root = rw_web_root_new (parts->config->web_root);
  soup_server_add_handler (soup, NULL, on_soup_request, self, NULL);
  g_signal_connect (soup, "request-started", G_CALLBACK (on_request_started),
                    self);
  g_signal_connect (soup, "request-finished", G_CALLBACK (on_request_over),
                    self);
  g_signal_connect (soup, "request-aborted", G_CALLBACK (on_request_over),
                    self);
  return self;
}

/**
 * rw_server_requests_close:
 *
 * Nothing is accepted any more, and what has no answer yet is closed. The
 * sockets go first: libsoup would wait in each for the end of a TLS handshake
 * that a silent client never begins.
 */
void
rw_server_requests_close (RwServerRequests *self)
{
  rw_server_pending_cut_late (self->pending, G_MAXINT64);
  soup_server_disconnect (self->soup);
}

/** rw_server_requests_free: closes what has no answer yet. NULL is fine. */
void
rw_server_requests_free (RwServerRequests *self)
{
  if (self == NULL)
    return;

  g_signal_handlers_disconnect_by_data (self->soup, self);
  soup_server_remove_handler (self->soup, NULL);
  rw_server_requests_close (self);
  rw_server_pending_free (self->pending);
  rw_web_root_free (self->web_root);
  rw_server_samples_free (self->history);
  g_object_unref (self->soup);
  g_free (self->parts.uri);
  g_free (self);
}
