/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-connect-error.h"

#include <libsoup/soup.h>
#include <string.h>

#include "rw-failure.h"
#include "rw-tls-fault.h"

/* RFC 6585; libsoup has no name for it. */
#define HTTP_TOO_MANY_REQUESTS 429

/* Of some libraries it ends with a stop; here the sentence goes on. */
static char *
dup_cause (const GError *cause)
{
  g_autofree char *text = g_strchomp (g_strdup (cause->message));

  if (g_str_has_suffix (text, "."))
    text[strlen (text) - 1] = '\0';
  return g_steal_pointer (&text);
}

static GError *
new_of_status (const char *server, guint status)
{
  switch (status) {
  case SOUP_STATUS_UNAUTHORIZED:
  case SOUP_STATUS_FORBIDDEN:
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_UNAUTHORIZED,
                        "The signalling server %s rejected the credentials "
                        "(HTTP %u); set auth-token to a token that is valid "
                        "there",
                        server, status);
  case HTTP_TOO_MANY_REQUESTS:
  case SOUP_STATUS_SERVICE_UNAVAILABLE:
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_RATE_LIMITED,
                        "The signalling server %s is too busy (HTTP %u)",
                        server, status);
  case SOUP_STATUS_BAD_GATEWAY:
  case SOUP_STATUS_GATEWAY_TIMEOUT:
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE,
                        "The reverse proxy at %s cannot reach the signalling "
                        "server behind it (HTTP %u); check that the server "
                        "runs and that the proxy forwards to it",
                        server, status);
  default:
    break;
  }
  if (status >= SOUP_STATUS_INTERNAL_SERVER_ERROR)
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_REFUSED,
                        "The signalling server %s failed to open a WebSocket "
                        "(HTTP %u); look for the cause in the server's log",
                        server, status);
  return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_PROTOCOL,
                      "%s is no signalling server: it answered the WebSocket "
                      "handshake with HTTP %u; check signaller-uri",
                      server, status);
}

/* A server that hangs up in the handshake is being restarted, as a rule, and
 * one that does not use TLS may do so later: neither is a matter of trust. */
static GError *
new_of_tls (const RwConnectFault *fault, const GError *cause)
{
  g_autofree char *text = dup_cause (cause);
  g_autofree char *what = NULL;

  if (cause->code == G_TLS_ERROR_UNAVAILABLE)
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
                        "Cannot use wss:// for the signalling server %s: %s; "
                        "install glib-networking",
                        fault->server, text);
  if (cause->code != G_TLS_ERROR_BAD_CERTIFICATE)
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE,
                        "Cannot reach the signalling server %s: %s; the server "
                        "may be restarting, or may not use TLS: then write "
                        "ws:// in signaller-uri",
                        fault->server, text);
  what = rw_tls_fault_describe (fault->certificate, fault->tls_errors);
  return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TLS,
                      "Cannot trust the signalling server %s: %s",
                      fault->server, what);
}

/* GIO checks a proxy's certificate against the system's authorities, and does
 * not say what is wrong with it. */
static GError *
new_of_proxy_tls (const char *server, const GError *cause)
{
  g_autofree char *text = dup_cause (cause);

  if (cause->code == G_TLS_ERROR_BAD_CERTIFICATE)
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TLS,
                        "Cannot trust the HTTP proxy on the way to the "
                        "signalling server %s: %s; the certificate has to name "
                        "the proxy's host and to be signed by an authority "
                        "that this system trusts (tls-ca-file is for the "
                        "server alone)",
                        server, text);
  return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE,
                      "Cannot reach the HTTP proxy on the way to the "
                      "signalling server %s: %s; if the proxy does not use "
                      "TLS, set it to http://HOST:PORT",
                      server, text);
}

static gboolean
is_proxy_unauthorized (const GError *cause)
{
  return g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH) ||
         g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED);
}

GError *
rw_connect_error_new (const RwConnectFault *fault, const GError *cause)
{
  g_autofree char *text = dup_cause (cause);
  guint status = fault->status;
  RwFailure failure = RW_FAILURE_UNREACHABLE;

  if (cause->domain == G_TLS_ERROR && cause->code != G_TLS_ERROR_UNAVAILABLE &&
      fault->stage == RW_CONNECT_STAGE_PROXY)
    return new_of_proxy_tls (fault->server, cause);
  if (cause->domain == G_TLS_ERROR)
    return new_of_tls (fault, cause);
  if (is_proxy_unauthorized (cause))
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
                        "The HTTP proxy on the way to the signalling server %s "
                        "rejected the credentials; set the proxy to "
                        "http://USER:PASSWORD@HOST:PORT, or https://",
                        fault->server);
  if (status >= SOUP_STATUS_BAD_REQUEST ||
      (status != SOUP_STATUS_NONE && cause->domain == SOUP_WEBSOCKET_ERROR))
    return new_of_status (fault->server, status);
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    failure = RW_FAILURE_TIMED_OUT;
  return g_error_new (RW_FAILURE_ERROR, failure,
                      "Cannot reach the signalling server %s: %s",
                      fault->server, text);
}

GError *
rw_connect_error_new_stalled (const char *server, RwConnectStage stage)
{
  switch (stage) {
  case RW_CONNECT_STAGE_PROXY:
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT,
                        "The HTTP proxy on the way to the signalling server %s "
                        "does not answer",
                        server);
  case RW_CONNECT_STAGE_TLS:
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT,
                        "The signalling server %s takes the connection, but "
                        "does not answer the TLS handshake; if the server does "
                        "not use TLS, write ws:// in signaller-uri",
                        server);
  default:
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT,
                        "The signalling server %s does not answer", server);
  }
}

GError *
rw_connect_error_new_closed (const char *server, guint code, const char *reason)
{
  gboolean has_reason = reason != NULL && *reason != '\0';

  switch (code) {
  case SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION:
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_REFUSED,
                        "The signalling server %s closed the connection for a "
                        "violation of its policy: %s",
                        server, has_reason ? reason : "no reason given");
  case SOUP_WEBSOCKET_CLOSE_TOO_BIG:
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_REFUSED,
                        "The signalling server %s closed the connection, as a "
                        "message was too large for it%s%s",
                        server, has_reason ? ": " : "",
                        has_reason ? reason : "");
  default:
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE,
                        "The signalling server %s closed the connection "
                        "(code %u%s%s)",
                        server, code, has_reason ? ": " : "",
                        has_reason ? reason : "");
  }
}

GError *
rw_connect_error_new_broken (const char *server, const GError *cause)
{
  g_autofree char *text = dup_cause (cause);

  return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE,
                      "The connection to the signalling server %s broke: %s",
                      server, text);
}

GError *
rw_connect_error_new_silent (const char *server)
{
  return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT,
                      "The signalling server %s sends nothing any more, not "
                      "even an answer to a ping",
                      server);
}
