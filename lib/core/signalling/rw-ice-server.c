/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ice-server.h"

#include <string.h>

/* RFC 7065: of a URL without one. */
#define PORT     3478
#define TLS_PORT 5349

typedef enum {
  KIND_STUN,
  KIND_TURN,
  KIND_TURNS,
} Kind;

/* A URL taken apart. */
typedef struct {
  Kind kind;
  char *host; /* with its brackets, if it is IPv6 */
  guint port;
  const char *transport; /* static: "udp", "tcp", or NULL for none named */
} Place;

void
rw_ice_server_free (RwIceServer *self)
{
  if (self == NULL)
    return;

  g_strfreev (self->urls);
  g_free (self->username);
  g_free (self->credential);
  g_free (self);
}

GPtrArray *
rw_ice_servers_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) rw_ice_server_free);
}

/* The rest of the URL after the scheme, or NULL. */
static const char *
read_scheme (const char *url, Kind *kind)
{
  static const struct {
    const char *prefix;
    Kind kind;
  } schemes[] = {
      {"stun:", KIND_STUN}, {"turn:", KIND_TURN}, {"turns:", KIND_TURNS}};

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (g_ascii_strncasecmp (url, schemes[i].prefix,
                             strlen (schemes[i].prefix)) == 0) {
      *kind = schemes[i].kind;
      return url + strlen (schemes[i].prefix);
    }
  return NULL;
}

static gsize
measure_host (const char *text)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-._";
  gsize len;

  if (*text != '[')
    return strspn (text, letters);
  len = strspn (text + 1, "0123456789abcdefABCDEF:.");
  return len > 0 && text[len + 1] == ']' ? len + 2 : 0;
}

static gboolean
read_port (const char **text, guint *port)
{
  gsize len;
  guint64 value;
  g_autofree char *digits = NULL;

  if (**text != ':')
    return TRUE;
  len = strspn (*text + 1, "0123456789");
  digits = g_strndup (*text + 1, len);
  if (!g_ascii_string_to_unsigned (digits, 10, 1, G_MAXUINT16, &value, NULL))
    return FALSE;
  *port = (guint) value;
  *text += len + 1;
  return TRUE;
}

static gboolean
read_transport (const char *text, const char **transport)
{
  if (g_ascii_strcasecmp (text, "?transport=udp") == 0)
    *transport = "udp";
  else if (g_ascii_strcasecmp (text, "?transport=tcp") == 0)
    *transport = "tcp";
  else
    return *text == '\0';
  return TRUE;
}

/* FALSE for what we cannot use; @place->host is the caller's to free. */
static gboolean
read_url (const char *url, Place *place)
{
  const char *text = read_scheme (url, &place->kind);
  gsize host_len;

  if (text == NULL || (host_len = measure_host (text)) == 0)
    return FALSE;
  place->host = g_strndup (text, host_len);
  place->port = place->kind == KIND_TURNS ? TLS_PORT : PORT;
  text += host_len;
  return read_port (&text, &place->port) &&
         read_transport (text, &place->transport);
}

static char *
dup_turn_uri (const RwIceServer *server, const Place *place)
{
  g_autofree char *username =
      g_uri_escape_string (server->username, NULL, FALSE);
  g_autofree char *credential =
      g_uri_escape_string (server->credential, NULL, FALSE);

  return g_strdup_printf ("turn://%s:%s@%s:%u%s%s", username, credential,
                          place->host, place->port,
                          place->transport != NULL ? "?transport=" : "",
                          place->transport != NULL ? place->transport : "");
}

static void
add_turn_uris (const RwIceServer *server, GStrvBuilder *builder)
{
  if (server->username == NULL || server->credential == NULL)
    return;
  for (guint i = 0; server->urls[i] != NULL; i++) {
    Place place = {0};

    if (read_url (server->urls[i], &place) && place.kind == KIND_TURN) {
      g_autofree char *uri = dup_turn_uri (server, &place);

      g_strv_builder_add (builder, uri);
    }
    g_free (place.host);
  }
}

static const char *
find_tls_url (const RwIceServer *server)
{
  const char *url = NULL;

  for (guint i = 0; url == NULL && server->urls[i] != NULL; i++) {
    Place place = {0};

    if (read_url (server->urls[i], &place) && place.kind == KIND_TURNS)
      url = server->urls[i];
    g_free (place.host);
  }
  return url;
}

const char *
rw_ice_servers_find_tls_url (const GPtrArray *servers)
{
  const char *url = NULL;

  for (guint i = 0; servers != NULL && url == NULL && i < servers->len; i++)
    url = find_tls_url (g_ptr_array_index (servers, i));
  return url;
}

char **
rw_ice_servers_dup_turn_uris (const GPtrArray *servers)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; servers != NULL && i < servers->len; i++)
    add_turn_uris (g_ptr_array_index (servers, i), builder);
  return g_strv_builder_end (builder);
}

static char *
find_stun_uri (const RwIceServer *server)
{
  char *uri = NULL;

  for (guint i = 0; uri == NULL && server->urls[i] != NULL; i++) {
    Place place = {0};

    if (read_url (server->urls[i], &place) && place.kind == KIND_STUN)
      uri = g_strdup_printf ("stun://%s:%u", place.host, place.port);
    g_free (place.host);
  }
  return uri;
}

char *
rw_ice_servers_dup_stun_uri (const GPtrArray *servers)
{
  char *uri = NULL;

  for (guint i = 0; servers != NULL && uri == NULL && i < servers->len; i++)
    uri = find_stun_uri (g_ptr_array_index (servers, i));
  return uri;
}
