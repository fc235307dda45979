/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-turn.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <string.h>

struct _RwTurn {
  char **uris;
  char *secret;
  guint ttl_s;
};

/**
 * rw_turn_new:
 * @uris: such as turn:turn.example.org:3478?transport=udp
 * @secret_file: a file with coturn's static-auth-secret in it
 */
RwTurn *
rw_turn_new (char *const *uris, const char *secret_file, guint ttl_s,
             GError **error)
{
  g_autoptr (RwTurn) self = g_new0 (RwTurn, 1);

  self->uris = g_strdupv ((char **) uris);
  self->ttl_s = ttl_s;
  if (secret_file == NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                         "turn-uris needs a turn-secret-file");
    return NULL;
  }
  if (!g_file_get_contents (secret_file, &self->secret, NULL, error))
    return NULL;
  if (*g_strstrip (self->secret) == '\0') {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                 "the TURN secret in %s is empty", secret_file);
    return NULL;
  }

  return g_steal_pointer (&self);
}

/** rw_turn_free: NULL is fine. */
void
rw_turn_free (RwTurn *self)
{
  if (self == NULL)
    return;

  g_strfreev (self->uris);
  if (self->secret != NULL)
    explicit_bzero (self->secret, strlen (self->secret));
  g_free (self->secret);
  g_free (self);
}

/** rw_turn_make_username: @now_us is wall clock. */
char *
rw_turn_make_username (RwTurn *self, const char *user, gint64 now_us)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT ":%s",
                          now_us / G_USEC_PER_SEC + self->ttl_s, user);
}

char *
rw_turn_make_password (RwTurn *self, const char *username)
{
  g_autoptr (GHmac) hmac = g_hmac_new (
      G_CHECKSUM_SHA1, (const guchar *) self->secret, strlen (self->secret));
  guint8 digest[20];
  gsize len = sizeof digest;

  g_hmac_update (hmac, (const guchar *) username, (gssize) strlen (username));
  g_hmac_get_digest (hmac, digest, &len);

  return g_base64_encode (digest, len);
}

/** rw_turn_to_json: a list of one, as a web page gives it to its browser. */
char *
rw_turn_to_json (RwTurn *self, const char *user, gint64 now_us)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *username = rw_turn_make_username (self, user, now_us);
  g_autofree char *password = rw_turn_make_password (self, username);

  json_builder_begin_array (builder);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "urls");
  json_builder_begin_array (builder);
  for (guint i = 0; self->uris[i] != NULL; i++)
    json_builder_add_string_value (builder, self->uris[i]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "username");
  json_builder_add_string_value (builder, username);
  json_builder_set_member_name (builder, "credential");
  json_builder_add_string_value (builder, password);
  json_builder_end_object (builder);
  json_builder_end_array (builder);
  root = json_builder_get_root (builder);

  return json_to_string (root, FALSE);
}

guint64
rw_turn_get_ttl_ms (RwTurn *self)
{
  return (guint64) self->ttl_s * 1000;
}
