/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ws-line.h"

#include <libsoup/soup.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "rw-failure.h"
#include "rw-proxy-resolver.h"
#include "rw-signal-message.h"
#include "rw-timer.h"
#include "rw-tls-fault.h"

/*
 * Owns a SoupSession (so that lines to one host do not queue for each other),
 * the connection made with it, and the timer of the pong's deadline. All on the
 * thread that opened it.
 */

/* libsoup's pings come from a timer of whole seconds, which GLib lets slip by
 * up to one. */
#define PING_SLACK_US (1 * G_TIME_SPAN_SECOND)

/* A goodbye that is not answered by then will not be. */
#define CLOSE_TIMEOUT_US (1 * G_TIME_SPAN_SECOND)

/* RFC 6585; libsoup has no name for it. */
#define HTTP_TOO_MANY_REQUESTS 429

enum {
  SIGNAL_CONNECTED,
  SIGNAL_OPENED,
  SIGNAL_HEARD,
  SIGNAL_TEXT,
  SIGNAL_CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

struct _RwWsLine {
  GObject parent_instance;
  RwClock *clock;
  RwTimer *timer; /* the pong's deadline, or the goodbye's */
  char *uri;
  char *shown_uri;
  char *auth_token;
  gboolean insecure_tls;
  gint64 ping_interval_us;
  gint64 pong_timeout_us;

  SoupSession *session;
  SoupMessage *message;
  GCancellable *cancellable;
  SoupWebsocketConnection *connection;
  gint64 retry_after_us;
  GTlsCertificate *certificate; /* one that is not trusted, */
  GTlsCertificateFlags errors;  /* and why */
  GError *fault;                /* why we close it */
  gboolean at_proxy;            /* which has not let us through yet */
  gboolean closing;  /* by rw_ws_line_close(): it holds a reference on itself */
  gboolean finished; /* "closed" was told, or it was dropped */
};

G_DEFINE_FINAL_TYPE (RwWsLine, rw_ws_line, G_TYPE_OBJECT)

static char *
hide_secrets (const char *uri)
{
  g_autoptr (GUri) parsed =
      g_uri_parse (uri, G_URI_FLAGS_NON_DNS | G_URI_FLAGS_HAS_PASSWORD, NULL);
  GUriHideFlags hide = G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY;

  return parsed != NULL ? g_uri_to_string_partial (parsed, hide)
                        : g_strdup ("(not a URI)");
}

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

/* ---- what went wrong, in words ---- */

static GError *
rw_ws_line_error_of_status (RwWsLine *self, guint status)
{
  switch (status) {
  case SOUP_STATUS_UNAUTHORIZED:
  case SOUP_STATUS_FORBIDDEN:
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_UNAUTHORIZED,
                        "The signalling server %s does not accept our "
                        "credentials (HTTP %u); set auth-token to a token "
                        "that is valid there",
                        self->shown_uri, status);
  case HTTP_TOO_MANY_REQUESTS:
  case SOUP_STATUS_SERVICE_UNAVAILABLE:
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_RATE_LIMITED,
                        "The signalling server %s is too busy (HTTP %u)",
                        self->shown_uri, status);
  default:
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_PROTOCOL,
                        "%s is no signalling server: it answers a WebSocket "
                        "handshake with HTTP %u; check signaller-uri",
                        self->shown_uri, status);
  }
}

/* A server that hangs up in the handshake is being restarted, as a rule, and
 * one that speaks no TLS may do so later: neither is a matter of trust. */
static GError *
rw_ws_line_error_of_tls (RwWsLine *self, const GError *cause)
{
  g_autofree char *what = NULL;

  if (cause->code == G_TLS_ERROR_UNAVAILABLE)
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
                        "Cannot use wss:// for the signalling server %s: %s; "
                        "install glib-networking",
                        self->shown_uri, cause->message);
  if (cause->code != G_TLS_ERROR_BAD_CERTIFICATE)
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE,
                        "Cannot reach the signalling server %s: %s; it may be "
                        "starting anew, or speak no TLS",
                        self->shown_uri, cause->message);
  what = rw_tls_fault_describe (self->certificate, self->errors);
  return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TLS,
                      "Cannot trust the signalling server %s: %s",
                      self->shown_uri, what);
}

/* GIO trusts whom the system trusts, and does not say what it holds against
 * others. */
static GError *
rw_ws_line_error_of_proxy_tls (RwWsLine *self, const GError *cause)
{
  if (cause->code == G_TLS_ERROR_BAD_CERTIFICATE)
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TLS,
                        "Cannot trust the HTTP proxy on the way to the "
                        "signalling server %s: %s; it has to be good for the "
                        "proxy's host, and of an authority that this system "
                        "trusts (tls-ca-file is for the server alone)",
                        self->shown_uri, cause->message);
  return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE,
                      "Cannot reach the HTTP proxy on the way to the "
                      "signalling server %s: %s; if it speaks no TLS, set the "
                      "proxy to http://HOST:PORT",
                      self->shown_uri, cause->message);
}

static gboolean
is_proxy_unauthorized (const GError *cause)
{
  return g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH) ||
         g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED);
}

static GError *
rw_ws_line_error_of_connect (RwWsLine *self, const GError *cause)
{
  guint status = soup_message_get_status (self->message);
  RwFailure failure = RW_FAILURE_UNREACHABLE;

  if (cause->domain == G_TLS_ERROR && cause->code != G_TLS_ERROR_UNAVAILABLE &&
      self->at_proxy)
    return rw_ws_line_error_of_proxy_tls (self, cause);
  if (cause->domain == G_TLS_ERROR)
    return rw_ws_line_error_of_tls (self, cause);
  if (is_proxy_unauthorized (cause))
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
                        "The HTTP proxy on the way to the signalling server %s "
                        "does not accept our credentials; set the proxy to "
                        "http://USER:PASSWORD@HOST:PORT, or https://",
                        self->shown_uri);
  if (status >= 400 || (status != 0 && cause->domain == SOUP_WEBSOCKET_ERROR))
    return rw_ws_line_error_of_status (self, status);
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    failure = RW_FAILURE_TIMED_OUT;
  return g_error_new (RW_FAILURE_ERROR, failure,
                      "Cannot reach the signalling server %s: %s",
                      self->shown_uri, cause->message);
}

static GError *
rw_ws_line_error_of_close (RwWsLine *self, gushort code, const char *data)
{
  if (code == SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION)
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_REFUSED,
                        "The signalling server %s has shut us out: %s",
                        self->shown_uri, data != NULL ? data : "no reason");
  return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE,
                      "The signalling server %s has closed the connection "
                      "(code %u%s%s)",
                      self->shown_uri, code,
                      data != NULL && *data != '\0' ? ": " : "",
                      data != NULL ? data : "");
}

/* ---- the end ---- */

static void
rw_ws_line_release (RwWsLine *self)
{
  self->finished = TRUE;
  g_clear_pointer (&self->timer, rw_timer_free);
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_object (&self->connection);
  if (self->message != NULL)
    g_signal_handlers_disconnect_by_data (self->message, self);
  g_clear_object (&self->message);
  if (self->session != NULL)
    soup_session_abort (self->session);
  g_clear_object (&self->session);
}

/* Takes @error. */
static void
rw_ws_line_finish (RwWsLine *self, GError *error)
{
  g_autoptr (GError) owned = error;
  gboolean closing = self->closing;

  if (self->finished)
    return;
  g_object_ref (self);
  rw_ws_line_release (self);
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0, owned);
  if (closing)
    g_object_unref (self);
  g_object_unref (self);
}

static void
on_deadline (gpointer data)
{
  RwWsLine *self = data;

  if (self->closing)
    rw_ws_line_finish (self, NULL);
  else
    rw_ws_line_finish (self,
                       g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT,
                                    "The signalling server %s is silent",
                                    self->shown_uri));
}

/* ---- the connection ---- */

static void
rw_ws_line_note_heard (RwWsLine *self)
{
  if (self->closing)
    return;
  if (self->ping_interval_us > 0)
    rw_timer_set_in (self->timer, self->ping_interval_us + PING_SLACK_US +
                                      self->pong_timeout_us);
  else
    rw_timer_stop (self->timer);
  g_signal_emit (self, signals[SIGNAL_HEARD], 0);
}

static void
on_connection_pong (SoupWebsocketConnection *connection, GBytes *payload,
                    RwWsLine *self)
{
  g_object_ref (self);
  rw_ws_line_note_heard (self);
  g_object_unref (self);
}

static void
on_connection_message (SoupWebsocketConnection *connection, int type,
                       GBytes *message, RwWsLine *self)
{
  g_autoptr (GBytes) kept = g_bytes_ref (message);
  gsize len;
  const char *text = g_bytes_get_data (kept, &len);

  if (self->closing)
    return;
  g_object_ref (self);
  rw_ws_line_note_heard (self);
  /* A binary frame says nothing; it counts all the same. */
  if (type != SOUP_WEBSOCKET_DATA_TEXT) {
    text = "";
    len = 0;
  }
  if (!self->finished)
    g_signal_emit (self, signals[SIGNAL_TEXT], 0, text, (guint) len);
  g_object_unref (self);
}

static void
on_connection_error (SoupWebsocketConnection *connection, GError *error,
                     RwWsLine *self)
{
  if (self->fault == NULL)
    self->fault =
        g_error_new (RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE,
                     "The connection to the signalling server %s broke: %s",
                     self->shown_uri, error->message);
}

static void
on_connection_closed (SoupWebsocketConnection *connection, RwWsLine *self)
{
  gushort code = soup_websocket_connection_get_close_code (connection);
  const char *data = soup_websocket_connection_get_close_data (connection);
  GError *error = g_steal_pointer (&self->fault);

  if (self->closing)
    g_clear_error (&error);
  else if (error == NULL)
    error = rw_ws_line_error_of_close (self, code, data);
  rw_ws_line_finish (self, error);
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
rw_ws_line_adopt (RwWsLine *self, SoupWebsocketConnection *connection)
{
  self->connection = connection;
  set_no_delay (soup_websocket_connection_get_io_stream (connection));
  soup_websocket_connection_set_max_incoming_payload_size (connection,
                                                           RW_SIGNAL_MAX_FRAME);
  g_signal_connect (connection, "message", G_CALLBACK (on_connection_message),
                    self);
  g_signal_connect (connection, "pong", G_CALLBACK (on_connection_pong), self);
  g_signal_connect (connection, "error", G_CALLBACK (on_connection_error),
                    self);
  g_signal_connect (connection, "closed", G_CALLBACK (on_connection_closed),
                    self);
  soup_websocket_connection_set_keepalive_interval (
      connection,
      (self->ping_interval_us + G_TIME_SPAN_SECOND - 1) / G_TIME_SPAN_SECOND);
}

static void
on_session_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (RwWsLine) self = data;
  g_autoptr (GError) error = NULL;
  SoupWebsocketConnection *connection = soup_session_websocket_connect_finish (
      SOUP_SESSION (source), result, &error);

  if (self->finished) {
    g_clear_object (&connection);
    return;
  }
  if (connection == NULL) {
    SoupMessageHeaders *headers =
        soup_message_get_response_headers (self->message);

    self->retry_after_us = parse_retry_after (
        soup_message_headers_get_one (headers, "Retry-After"));
    rw_ws_line_finish (self, rw_ws_line_error_of_connect (self, error));
    return;
  }
  rw_ws_line_adopt (self, connection);
  g_signal_emit (self, signals[SIGNAL_OPENED], 0);
  if (!self->finished)
    rw_ws_line_note_heard (self);
}

static gboolean
on_message_accept_certificate (SoupMessage *message, GTlsCertificate *cert,
                               GTlsCertificateFlags errors, RwWsLine *self)
{
  g_set_object (&self->certificate, cert);
  self->errors = errors;
  return self->insecure_tls;
}

static void
on_message_network_event (SoupMessage *message, GSocketClientEvent event,
                          GIOStream *stream, RwWsLine *self)
{
  if (event == G_SOCKET_CLIENT_PROXY_NEGOTIATING)
    self->at_proxy = TRUE;
  else if (event == G_SOCKET_CLIENT_PROXY_NEGOTIATED)
    self->at_proxy = FALSE;
  if (event == G_SOCKET_CLIENT_CONNECTED && !self->finished)
    g_signal_emit (self, signals[SIGNAL_CONNECTED], 0);
}

/* ---- object ---- */

static void
rw_ws_line_dispose (GObject *object)
{
  rw_ws_line_release (RW_WS_LINE (object));
  G_OBJECT_CLASS (rw_ws_line_parent_class)->dispose (object);
}

static void
rw_ws_line_finalize (GObject *object)
{
  RwWsLine *self = RW_WS_LINE (object);

  g_clear_error (&self->fault);
  g_clear_object (&self->certificate);
  g_free (self->uri);
  g_free (self->shown_uri);
  g_free (self->auth_token);
  g_object_unref (self->clock);
  G_OBJECT_CLASS (rw_ws_line_parent_class)->finalize (object);
}

static void
install_signals (void)
{
  signals[SIGNAL_CONNECTED] =
      g_signal_new ("connected", RW_TYPE_WS_LINE, G_SIGNAL_RUN_LAST, 0, NULL,
                    NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_OPENED] =
      g_signal_new ("opened", RW_TYPE_WS_LINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_HEARD] =
      g_signal_new ("heard", RW_TYPE_WS_LINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_TEXT] = g_signal_new (
      "text", RW_TYPE_WS_LINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 2, G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE, G_TYPE_UINT);
  signals[SIGNAL_CLOSED] = g_signal_new (
      "closed", RW_TYPE_WS_LINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 1, G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
rw_ws_line_class_init (RwWsLineClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = rw_ws_line_dispose;
  G_OBJECT_CLASS (klass)->finalize = rw_ws_line_finalize;
  install_signals ();
}

static void
rw_ws_line_init (RwWsLine *self)
{
}

/* ---- public ---- */

gboolean
rw_ws_line_check_uri (const char *uri, GError **error)
{
  g_autoptr (GUri) parsed = NULL;
  const char *scheme, *host;

  parsed = uri != NULL ? g_uri_parse (uri, SOUP_HTTP_URI_FLAGS, NULL) : NULL;
  scheme = parsed != NULL ? g_uri_get_scheme (parsed) : NULL;
  host = parsed != NULL ? g_uri_get_host (parsed) : NULL;
  if (host != NULL && *host != '\0' &&
      (g_strcmp0 (scheme, "ws") == 0 || g_strcmp0 (scheme, "wss") == 0))
    return TRUE;
  g_set_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
               "\"%s\" is no address of a signalling server; write "
               "ws://HOST:PORT or wss://HOST:PORT",
               uri != NULL ? uri : "");
  return FALSE;
}

RwWsLine *
rw_ws_line_new (RwClock *clock, const RwWsLineConfig *config)
{
  g_autoptr (GProxyResolver) proxies = rw_proxy_resolver_new ();
  RwWsLine *self;

  g_return_val_if_fail (RW_IS_CLOCK (clock), NULL);
  g_return_val_if_fail (config->uri != NULL, NULL);

  self = g_object_new (RW_TYPE_WS_LINE, NULL);
  self->clock = g_object_ref (clock);
  self->uri = g_strdup (config->uri);
  self->shown_uri = hide_secrets (config->uri);
  self->auth_token = g_strdup (config->auth_token);
  self->insecure_tls = config->insecure_tls;
  self->ping_interval_us = config->ping_interval_us;
  self->pong_timeout_us = config->pong_timeout_us;
  self->cancellable = g_cancellable_new ();
  self->session = soup_session_new_with_options ("timeout", 0, NULL);
  soup_session_set_proxy_resolver (self->session, proxies);
  if (config->tls_database != NULL)
    soup_session_set_tls_database (self->session, config->tls_database);
  return self;
}

void
rw_ws_line_open (RwWsLine *self)
{
  g_return_if_fail (RW_IS_WS_LINE (self));
  g_return_if_fail (self->message == NULL && !self->finished);

  self->timer = rw_timer_new (self->clock, g_main_context_get_thread_default (),
                              "rw-ws-line", on_deadline, self);
  self->message = soup_message_new (SOUP_METHOD_GET, self->uri);
  g_return_if_fail (self->message != NULL);
  if (self->auth_token != NULL) {
    g_autofree char *value = g_strconcat ("Bearer ", self->auth_token, NULL);

    soup_message_headers_replace (
        soup_message_get_request_headers (self->message), "Authorization",
        value);
  }
  g_signal_connect (self->message, "accept-certificate",
                    G_CALLBACK (on_message_accept_certificate), self);
  g_signal_connect (self->message, "network-event",
                    G_CALLBACK (on_message_network_event), self);
  soup_session_websocket_connect_async (
      self->session, self->message, NULL, NULL, G_PRIORITY_DEFAULT,
      self->cancellable, on_session_connected, g_object_ref (self));
}

gboolean
rw_ws_line_send (RwWsLine *self, const char *text)
{
  g_return_val_if_fail (RW_IS_WS_LINE (self), FALSE);

  if (!rw_ws_line_is_open (self))
    return FALSE;
  soup_websocket_connection_send_text (self->connection, text);
  return TRUE;
}

void
rw_ws_line_expect (RwWsLine *self, gint64 timeout_us)
{
  gint64 due_us, earlier_us;

  g_return_if_fail (RW_IS_WS_LINE (self));

  if (!rw_ws_line_is_open (self))
    return;
  due_us = rw_clock_get_now_us (self->clock) + timeout_us;
  earlier_us = rw_timer_get_due_us (self->timer);
  if (earlier_us < 0 || due_us < earlier_us)
    rw_timer_set_at (self->timer, due_us);
}

void
rw_ws_line_close (RwWsLine *self, const char *reason)
{
  g_return_if_fail (RW_IS_WS_LINE (self));

  if (self->finished || self->closing || self->timer == NULL)
    return;
  self->closing = TRUE;
  g_object_ref (self);
  if (self->connection == NULL ||
      soup_websocket_connection_get_state (self->connection) !=
          SOUP_WEBSOCKET_STATE_OPEN) {
    rw_timer_set_in (self->timer, 0);
    return;
  }
  soup_websocket_connection_close (self->connection,
                                   SOUP_WEBSOCKET_CLOSE_NORMAL, reason);
  rw_timer_set_in (self->timer, CLOSE_TIMEOUT_US);
}

void
rw_ws_line_drop (RwWsLine *self)
{
  gboolean closing;

  g_return_if_fail (RW_IS_WS_LINE (self));

  if (self->finished)
    return;
  closing = self->closing;
  rw_ws_line_release (self);
  if (closing)
    g_object_unref (self);
}

gboolean
rw_ws_line_is_at_proxy (RwWsLine *self)
{
  g_return_val_if_fail (RW_IS_WS_LINE (self), FALSE);

  return self->at_proxy;
}

gboolean
rw_ws_line_is_open (RwWsLine *self)
{
  g_return_val_if_fail (RW_IS_WS_LINE (self), FALSE);

  return self->connection != NULL && !self->closing && !self->finished &&
         soup_websocket_connection_get_state (self->connection) ==
             SOUP_WEBSOCKET_STATE_OPEN;
}

gint64
rw_ws_line_get_retry_after_us (RwWsLine *self)
{
  g_return_val_if_fail (RW_IS_WS_LINE (self), 0);

  return self->retry_after_us;
}

const char *
rw_ws_line_get_uri (RwWsLine *self)
{
  g_return_val_if_fail (RW_IS_WS_LINE (self), NULL);

  return self->shown_uri;
}
