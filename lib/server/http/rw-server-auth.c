/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-auth.h"

#include <json-glib/json-glib.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#include "rw-json-text.h"

/* RFC 7518, 3.2: an HMAC key is at least as long as its hash. */
#define MIN_SECRET_BYTES 32

/* Clocks of two hosts are never quite the same. */
#define LEEWAY_US (30 * G_TIME_SPAN_SECOND)

/* So that it can be counted in microseconds: the year 292,000. */
#define MAX_DATE_S 9.2e12

/* The longest token that is looked at. */
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
               "guessed; create one with: openssl rand -hex 32",
               key_file, MIN_SECRET_BYTES);
  return FALSE;
}

static gboolean
check_public_key (RwServerAuth *self, const char *key_file, GError **error)
{
  if (strstr (self->key, "-----BEGIN PUBLIC KEY-----") != NULL)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               "%s contains no public key in PEM form; create it with: openssl "
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

/* FALSE if there is no such claim. @node: (out): NULL if it is not JSON. */
static gboolean
get_claim (jwt_t *jwt, const char *claim, JsonNode **node)
{
  char *text = jwt_get_grants_json (jwt, claim);

  *node = NULL;
  if (text == NULL)
    return FALSE;

  if (rw_json_text_check (text, strlen (text), RW_JSON_TEXT_MAX_DEPTH, NULL))
    *node = json_from_string (text, NULL);
  free (text);
  return TRUE;
}

/* A NumericDate (RFC 7519, 2): seconds since 1970, perhaps with a fraction.
 * FALSE if it is something else; an absent one leaves @time_us as it is. */
static gboolean
get_date (jwt_t *jwt, const char *claim, gint64 *time_us, GError **error)
{
  g_autoptr (JsonNode) node = NULL;
  double seconds;
  GType type;

  if (!get_claim (jwt, claim, &node))
    return TRUE;

  type = node != NULL ? json_node_get_value_type (node) : G_TYPE_INVALID;
  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                 "the token's \"%s\" is not a number of seconds", claim);
    return FALSE;
  }

  seconds = CLAMP (json_node_get_double (node), -MAX_DATE_S, MAX_DATE_S);
  *time_us = (gint64) (seconds * G_USEC_PER_SEC);
  return TRUE;
}

static gboolean
check_times (jwt_t *jwt, gint64 now_us, RwGrants *grants, GError **error)
{
  gint64 not_before_us = G_MININT64;
  gint64 expires_us = G_MININT64;

  if (!get_date (jwt, "exp", &expires_us, error) ||
      !get_date (jwt, "nbf", &not_before_us, error))
    return FALSE;
  if (expires_us == G_MININT64)
    return refuse (error, "the token has no \"exp\"");
  if (expires_us <= now_us - LEEWAY_US)
    return refuse (error, "the token has expired");
  if (not_before_us > now_us + LEEWAY_US)
    return refuse (error, "the token is not valid yet");

  grants->expires_us = expires_us + LEEWAY_US;
  return TRUE;
}

/* A claim of another type limits nothing, and so must not pass. */
static gboolean
get_name (jwt_t *jwt, char **name, GError **error)
{
  g_autoptr (JsonNode) node = NULL;

  if (!get_claim (jwt, "name", &node))
    return TRUE;
  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return refuse (error, "the token's \"name\" is not a string");

  *name = json_node_dup_string (node);
  return TRUE;
}

/* The claim as a list of strings; FALSE if it is something else. */
static gboolean
get_list (jwt_t *jwt, const char *claim, char ***list, GError **error)
{
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array;

  if (!get_claim (jwt, claim, &node))
    return TRUE;

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
  if (!check_times (jwt, now_us, grants, error) ||
      !get_name (jwt, &grants->name, error) ||
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
 *   sent to its bearer
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
