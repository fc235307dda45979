/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ws-handshake.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "rw-proxy-resolver.h"
#include "rw-server-uri.h"
#include "rw-timer.h"

/*
 * Owns a SoupSession (so that connections to one host do not queue for each
 * other), its one request, and the timer of the TLS handshake. libsoup's
 * answer may come after rw_ws_handshake_free(): until then the struct stays, in
 * an rc box, without an owner.
 */

/* A TLS handshake takes some tenths of a second; a server that does not use TLS
 * may never answer one. */
#define TLS_PATIENCE_US (1 * G_TIME_SPAN_SECOND)

struct _RwWsHandshake {
  RwTimer *timer;
  char *shown_uri;
  gboolean insecure_tls;
  SoupSession *session;
  SoupMessage *message;
  GCancellable *cancellable;
  GTlsCertificate *certificate; /* one that is not trusted, */
  GTlsCertificateFlags errors;  /* and why */
  RwConnectStage stage;
  gint64 retry_after_us;
  RwWsHandshakeFuncs funcs;
  gpointer owner; /* NULL: freed */
};

static gint64
parse_retry_after (const char *value)
{
  g_autoptr (GDateTime) date = NULL;
  g_autoptr (GDateTime) now = NULL;
  guint64 seconds;

  if (value == NULL)
    return 0;
  if (g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT32, &seconds, NULL))
    return (gint64) seconds * G_TIME_SPAN_SECOND;
  date = soup_date_time_new_from_http_string (value);
  now = g_date_time_new_now_utc ();
  return date != NULL ? MAX (g_date_time_difference (date, now), 0) : 0;
}

static void
rw_ws_handshake_clear (gpointer data)
{
  RwWsHandshake *self = data;

  g_clear_object (&self->message);
  g_clear_object (&self->session);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->certificate);
  g_free (self->shown_uri);
}

static void
rw_ws_handshake_unref (RwWsHandshake *self)
{
  g_rc_box_release_full (self, rw_ws_handshake_clear);
}

static void
on_tls_due (gpointer data)
{
  RwWsHandshake *self = data;
  g_autoptr (GError) error =
      rw_connect_error_new_stalled (self->shown_uri, self->stage);

  self->funcs.stalled (self->owner, error);
}

static GError *
rw_ws_handshake_new_error (RwWsHandshake *self, const GError *cause)
{
  RwConnectFault fault = {
      .server = self->shown_uri,
      .stage = self->stage,
      .status = soup_message_get_status (self->message),
      .certificate = self->certificate,
      .tls_errors = self->errors,
  };

  return rw_connect_error_new (&fault, cause);
}

static void
rw_ws_handshake_fail (RwWsHandshake *self, const GError *cause)
{
  SoupMessageHeaders *headers =
      soup_message_get_response_headers (self->message);

  self->retry_after_us =
      parse_retry_after (soup_message_headers_get_one (headers, "Retry-After"));
  self->funcs.done (self->owner, NULL, rw_ws_handshake_new_error (self, cause));
}

/* Candidates are small and urgent: waiting to fill a segment costs a delayed
 * acknowledgement each. The socket is below libsoup's and GIO's wrappers. */
static void
set_no_delay (GIOStream *stream)
{
  static const char *const below[] = {"base-iostream", "base-io-stream"};
  g_autoptr (GIOStream) held = g_object_ref (stream);

  while (!G_IS_SOCKET_CONNECTION (held)) {
    GIOStream *next = NULL;

    for (guint i = 0; i < G_N_ELEMENTS (below) && next == NULL; i++)
      if (g_object_class_find_property (G_OBJECT_GET_CLASS (held), below[i]))
        g_object_get (held, below[i], &next, NULL);
    if (next == NULL)
      return;
    g_object_unref (held);
    held = next;
  }
  g_socket_set_option (
      g_socket_connection_get_socket (G_SOCKET_CONNECTION (held)), IPPROTO_TCP,
      TCP_NODELAY, 1, NULL);
}

static void
on_session_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  RwWsHandshake *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SoupWebsocketConnection) connection =
      soup_session_websocket_connect_finish (SOUP_SESSION (source), result,
                                             &error);

  if (self->owner != NULL) {
    rw_timer_stop (self->timer);
    if (connection == NULL) {
      rw_ws_handshake_fail (self, error);
    } else {
      self->stage = RW_CONNECT_STAGE_OPEN;
      set_no_delay (soup_websocket_connection_get_io_stream (connection));
      self->funcs.done (self->owner, g_steal_pointer (&connection), NULL);
    }
  }
  rw_ws_handshake_unref (self);
}

static gboolean
on_message_accept_certificate (SoupMessage *message, GTlsCertificate *cert,
                               GTlsCertificateFlags errors, RwWsHandshake *self)
{
  g_set_object (&self->certificate, cert);
  self->errors = errors;
  return self->insecure_tls;
}

static void
on_message_network_event (SoupMessage *message, GSocketClientEvent event,
                          GIOStream *stream, RwWsHandshake *self)
{
  switch (event) {
  case G_SOCKET_CLIENT_CONNECTED:
    self->stage = RW_CONNECT_STAGE_WEBSOCKET;
    self->funcs.connected (self->owner);
    break;
  case G_SOCKET_CLIENT_PROXY_NEGOTIATING:
    self->stage = RW_CONNECT_STAGE_PROXY;
    break;
  case G_SOCKET_CLIENT_TLS_HANDSHAKING:
    self->stage = RW_CONNECT_STAGE_TLS;
    rw_timer_set_in (self->timer, TLS_PATIENCE_US);
    break;
  case G_SOCKET_CLIENT_PROXY_NEGOTIATED:
  case G_SOCKET_CLIENT_TLS_HANDSHAKED:
    self->stage = RW_CONNECT_STAGE_WEBSOCKET;
    rw_timer_stop (self->timer);
    break;
  default:
    break;
  }
}

static SoupSession *
new_session (GTlsDatabase *tls_database)
{
  g_autoptr (GProxyResolver) proxies = rw_proxy_resolver_new ();
  SoupSession *session = soup_session_new_with_options ("timeout", 0, NULL);

  soup_session_set_proxy_resolver (session, proxies);
  if (tls_database != NULL)
    soup_session_set_tls_database (session, tls_database);
  return session;
}

static void
authorize (SoupMessage *message, const char *token)
{
  g_autofree char *value = g_strconcat ("Bearer ", token, NULL);

  soup_message_headers_replace (soup_message_get_request_headers (message),
                                "Authorization", value);
}

RwWsHandshake *
rw_ws_handshake_new (RwClock *clock, const RwWsHandshakeConfig *config,
                     const RwWsHandshakeFuncs *funcs, gpointer owner)
{
  RwWsHandshake *self = g_rc_box_new0 (RwWsHandshake);

  self->funcs = *funcs;
  self->owner = owner;
  self->shown_uri = rw_server_uri_dup_shown (config->uri);
  self->insecure_tls = config->insecure_tls;
  self->cancellable = g_cancellable_new ();
  self->timer = rw_timer_new (clock, g_main_context_get_thread_default (),
                              "rw-ws-handshake", on_tls_due, self);
  self->session = new_session (config->tls_database);
  self->message = soup_message_new (SOUP_METHOD_GET, config->uri);
  g_return_val_if_fail (self->message != NULL, self);
  if (config->auth_token != NULL)
    authorize (self->message, config->auth_token);
  g_signal_connect (self->message, "accept-certificate",
                    G_CALLBACK (on_message_accept_certificate), self);
  g_signal_connect (self->message, "network-event",
                    G_CALLBACK (on_message_network_event), self);
  return self;
}

void
rw_ws_handshake_free (RwWsHandshake *self)
{
  self->owner = NULL;
  g_clear_pointer (&self->timer, rw_timer_free);
  g_signal_handlers_disconnect_by_data (self->message, self);
  g_cancellable_cancel (self->cancellable);
  soup_session_abort (self->session);
  rw_ws_handshake_unref (self);
}

void
rw_ws_handshake_start (RwWsHandshake *self)
{
  soup_session_websocket_connect_async (
      self->session, self->message, NULL, NULL, G_PRIORITY_DEFAULT,
      self->cancellable, on_session_connected, g_rc_box_acquire (self));
}

RwConnectStage
rw_ws_handshake_get_stage (RwWsHandshake *self)
{
  return self->stage;
}

gint64
rw_ws_handshake_get_retry_after_us (RwWsHandshake *self)
{
  return self->retry_after_us;
}
