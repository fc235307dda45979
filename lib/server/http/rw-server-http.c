/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-http.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* 426 and 429, which libsoup has no names for. */
#define STATUS_UPGRADE_REQUIRED  426
#define STATUS_TOO_MANY_REQUESTS 429

gboolean
rw_server_http_wants_websocket (SoupServerMessage *msg)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);

  return soup_message_headers_header_contains (headers, "Upgrade", "websocket");
}

/** rw_server_http_is_get: GET or HEAD. */
gboolean
rw_server_http_is_get (SoupServerMessage *msg)
{
  const char *method = soup_server_message_get_method (msg);

  return g_str_equal (method, "GET") || g_str_equal (method, "HEAD");
}

gboolean
rw_server_http_is_post (SoupServerMessage *msg)
{
  return g_str_equal (soup_server_message_get_method (msg), "POST");
}

/**
 * rw_server_http_origin_allowed:
 * @origins: (nullable): NULL for all
 *
 * Browsers send an Origin, and cannot be made to lie about it; who sends none
 * is no page of somebody else's.
 */
gboolean
rw_server_http_origin_allowed (SoupServerMessage *msg, char *const *origins)
{
  const char *origin = soup_message_headers_get_one (
      soup_server_message_get_request_headers (msg), "Origin");

  return origins == NULL || origin == NULL ||
         g_strv_contains ((const char *const *) origins, origin);
}

/**
 * rw_server_http_dup_token:
 * @query: (nullable)
 *
 * Returns: (transfer full) (nullable): the bearer's token. A web page cannot
 *   give its WebSocket a header, and so may put it into the query.
 */
char *
rw_server_http_dup_token (SoupServerMessage *msg, GHashTable *query)
{
  const char *value = soup_message_headers_get_one (
      soup_server_message_get_request_headers (msg), "Authorization");

  if (value != NULL && g_ascii_strncasecmp (value, "Bearer ", 7) == 0)
    return g_strstrip (g_strdup (value + 7));
  if (query != NULL)
    return g_strdup (g_hash_table_lookup (query, "access_token"));
  return NULL;
}

/**
 * rw_server_http_get_ping_interval:
 * @query: (nullable)
 * @seconds: (inout): what the server does by itself; lowered to what the client
 *   asks for with ping_interval
 *
 * A proxy may cut a connection on which the server sends nothing for a time
 * that only the client's side knows. FALSE if the client asks for no such
 * number.
 */
gboolean
rw_server_http_get_ping_interval (GHashTable *query, guint *seconds)
{
  const char *value =
      query != NULL ? g_hash_table_lookup (query, "ping_interval") : NULL;
  guint64 wanted;

  if (value == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (value, 10, 1, G_MAXUINT, &wanted, NULL))
    return FALSE;

  *seconds = MIN (*seconds, (guint) wanted);
  return TRUE;
}

static const char *
get_reason (guint status)
{
  if (status == STATUS_UPGRADE_REQUIRED)
    return "Upgrade Required";
  if (status == STATUS_TOO_MANY_REQUESTS)
    return "Too Many Requests";
  return NULL;
}

static void
answer_as (SoupServerMessage *msg, guint status, const char *type,
           const char *text)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (msg);

  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  soup_server_message_set_status (msg, status, get_reason (status));
  soup_server_message_set_response (msg, type, SOUP_MEMORY_COPY, text,
                                    strlen (text));
}

void
rw_server_http_answer (SoupServerMessage *msg, guint status, const char *text)
{
  answer_as (msg, status, "text/plain; charset=utf-8", text);
}

void
rw_server_http_answer_unauthorized (SoupServerMessage *msg, const char *why)
{
  g_autofree char *text = g_strdup_printf ("%s\n", why);

  soup_message_headers_replace (soup_server_message_get_response_headers (msg),
                                "WWW-Authenticate", "Bearer");
  rw_server_http_answer (msg, SOUP_STATUS_UNAUTHORIZED, text);
}

/** rw_server_http_answer_later: with a Retry-After. */
void
rw_server_http_answer_later (SoupServerMessage *msg, guint status,
                             guint retry_after_s, const char *text)
{
  g_autofree char *seconds = g_strdup_printf ("%u", retry_after_s);

  soup_message_headers_replace (soup_server_message_get_response_headers (msg),
                                "Retry-After", seconds);
  rw_server_http_answer (msg, status, text);
}

void
rw_server_http_answer_json (SoupServerMessage *msg, const char *text)
{
  answer_as (msg, SOUP_STATUS_OK, "application/json", text);
}

/** rw_server_http_answer_error: as JSON: {"error": @what}. */
void
rw_server_http_answer_error (SoupServerMessage *msg, guint status,
                             const char *what)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  g_autofree char *text = NULL;

  json_object_set_string_member (object, "error", what);
  json_node_take_object (root, object);
  text = json_to_string (root, FALSE);
  answer_as (msg, status, "application/json", text);
}

void
rw_server_http_answer_metrics (SoupServerMessage *msg, const char *text)
{
  answer_as (msg, SOUP_STATUS_OK, "text/plain; version=0.0.4; charset=utf-8",
             text);
}

/** rw_server_http_answer_plain: to somebody with a browser, or with curl. */
void
rw_server_http_answer_plain (SoupServerMessage *msg, const char *uri)
{
  g_autofree char *text = g_strdup_printf (
      "This is the signalling server of gst-resilient-webrtc %s.\n"
      "It accepts WebSocket connections on any path of this port: set the "
      "elements'\n"
      "signaller-uri to %s (with the name or address of this host).\n"
      "Other paths: /healthz, /readyz and /metrics.\n",
      RW_VERSION, uri);

  soup_message_headers_replace (soup_server_message_get_response_headers (msg),
                                "Upgrade", "websocket");
  rw_server_http_answer (msg, STATUS_UPGRADE_REQUIRED, text);
}
