/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-auth.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#include "rw-json-text.h"

/* RFC 7518, 3.2: an HMAC key is at least as long as its hash. */
#define MIN_SECRET_BYTES 32

/* Clocks of two hosts are never quite the same. */
#define LEEWAY_S 30

/* So that it can be counted in microseconds. */
#define MAX_EXPIRES_S (G_MAXINT64 / G_USEC_PER_SEC - LEEWAY_S)

/* A token is a line of a header, not a book. */
#define MAX_TOKEN_BYTES 8192

struct _RwServerAuth {
  char *key;
  gsize key_len;
  jwt_alg_t algorithm;
};

static const struct {
  const char *name;
  jwt_alg_t algorithm;
} algorithms[] = {
    {"HS256", JWT_ALG_HS256},
    {"RS256", JWT_ALG_RS256},
    {"ES256", JWT_ALG_ES256},
};

static gboolean
find_algorithm (const char *name, jwt_alg_t *algorithm, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++) {
    if (g_strcmp0 (algorithms[i].name, name) == 0) {
      *algorithm = algorithms[i].algorithm;
      return TRUE;
    }
  }

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               "token-algorithm is \"%s\"; it must be HS256, RS256 or ES256",
               name);
  return FALSE;
}

/* A secret is a line of a file: its end is no part of it. */
static gboolean
check_secret (RwServerAuth *self, const char *key_file, GError **error)
{
  g_strchomp (self->key);
  self->key_len = strlen (self->key);
  if (self->key_len >= MIN_SECRET_BYTES)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               "the secret in %s is shorter than %d bytes and could be "
               "guessed; make one with: openssl rand -hex 32",
               key_file, MIN_SECRET_BYTES);
  return FALSE;
}

static gboolean
check_public_key (RwServerAuth *self, const char *key_file, GError **error)
{
  if (strstr (self->key, "-----BEGIN PUBLIC KEY-----") != NULL)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               "%s holds no public key in PEM form; make it with: openssl "
               "pkey -in private.pem -pubout",
               key_file);
  return FALSE;
}

/**
 * rw_server_auth_new:
 * @key_file: the secret for HS256, a public key in PEM for the others
 */
RwServerAuth *
rw_server_auth_new (const char *key_file, const char *algorithm, GError **error)
{
  g_autoptr (RwServerAuth) self = g_new0 (RwServerAuth, 1);

  if (!find_algorithm (algorithm, &self->algorithm, error) ||
      !g_file_get_contents (key_file, &self->key, &self->key_len, error))
    return NULL;

  if (self->algorithm == JWT_ALG_HS256
          ? !check_secret (self, key_file, error)
          : !check_public_key (self, key_file, error))
    return NULL;

  return g_steal_pointer (&self);
}

/** rw_server_auth_free: NULL is fine. */
void
rw_server_auth_free (RwServerAuth *self)
{
  if (self == NULL)
    return;

  if (self->key != NULL)
    explicit_bzero (self->key, self->key_len);
  g_free (self->key);
  g_free (self);
}

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, why);
  return FALSE;
}

static gboolean
check_times (jwt_t *jwt, gint64 now_us, RwGrants *grants, GError **error)
{
  gint64 now_s = now_us / G_USEC_PER_SEC;
  long not_before;
  long expires;

  errno = 0;
  expires = jwt_get_grant_int (jwt, "exp");
  if (errno != 0)
    return refuse (error, "the token has no \"exp\"");
  if ((gint64) expires <= now_s - LEEWAY_S)
    return refuse (error, "the token has expired");

  errno = 0;
  not_before = jwt_get_grant_int (jwt, "nbf");
  if (errno == 0 && (gint64) not_before > now_s + LEEWAY_S)
    return refuse (error, "the token is not valid yet");

  grants->expires_us =
      (MIN ((gint64) expires, MAX_EXPIRES_S) + LEEWAY_S) * G_USEC_PER_SEC;
  return TRUE;
}

/* The claim as a list of strings; FALSE if it is something else. */
static gboolean
get_list (jwt_t *jwt, const char *claim, char ***list, GError **error)
{
  char *text = jwt_get_grants_json (jwt, claim);
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array;

  if (text == NULL)
    return TRUE;

  if (rw_json_text_check (text, strlen (text), RW_JSON_TEXT_MAX_DEPTH, NULL))
    node = json_from_string (text, NULL);
  free (text);
  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return refuse (error, "a claim of the token is not a list");

  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);

    if (json_node_get_value_type (element) != G_TYPE_STRING)
      return refuse (error, "a claim of the token is not a list of strings");
    g_strv_builder_add (builder, json_node_get_string (element));
  }

  *list = g_strv_builder_end (builder);
  return TRUE;
}

static gboolean
read_roles (jwt_t *jwt, RwGrants *grants, GError **error)
{
  g_auto (GStrv) roles = NULL;

  if (!get_list (jwt, "roles", &roles, error))
    return FALSE;
  if (roles == NULL)
    return TRUE;

  grants->roles = RW_ROLE_LISTENER;
  if (g_strv_contains ((const char *const *) roles, "producer"))
    grants->roles |= RW_ROLE_PRODUCER;
  if (g_strv_contains ((const char *const *) roles, "consumer"))
    grants->roles |= RW_ROLE_CONSUMER;
  return TRUE;
}

static RwGrants *
read_grants (jwt_t *jwt, gint64 now_us, GError **error)
{
  const char *user = jwt_get_grant (jwt, "sub");
  g_autoptr (RwGrants) grants = NULL;

  if (user == NULL || *user == '\0') {
    refuse (error, "the token has no \"sub\"");
    return NULL;
  }

  grants = rw_grants_new (user);
  grants->name = g_strdup (jwt_get_grant (jwt, "name"));
  if (!check_times (jwt, now_us, grants, error) ||
      !get_list (jwt, "rooms", &grants->rooms, error) ||
      !read_roles (jwt, grants, error))
    return NULL;

  return g_steal_pointer (&grants);
}

/**
 * rw_server_auth_check:
 * @token: (nullable): a JWT
 * @now_us: wall clock
 *
 * Returns: (transfer full): what it allows; NULL with an error that may be
 *   told to its bearer
 */
RwGrants *
rw_server_auth_check (RwServerAuth *self, const char *token, gint64 now_us,
                      GError **error)
{
  jwt_t *jwt = NULL;
  RwGrants *grants = NULL;

  if (token == NULL || *token == '\0') {
    refuse (error, "a token is needed");
    return NULL;
  }
  if (strlen (token) > MAX_TOKEN_BYTES ||
      jwt_decode (&jwt, token, (const unsigned char *) self->key,
                  (int) self->key_len) != 0) {
    refuse (error, "the token is not valid");
    return NULL;
  }

  /* The header names the algorithm, and its sender wrote the header: a public
   * key must not pass for a secret, nor "none" for a signature. */
  if (jwt_get_alg (jwt) == self->algorithm)
    grants = read_grants (jwt, now_us, error);
  else
    refuse (error, "the token is not valid");
  jwt_free (jwt);

  return grants;
}
