/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-admission.h"

#include <string.h>
#include <sys/resource.h>

#include "rw-server-auth.h"
#include "rw-server-http.h"
#include "rw-server-log.h"
#include "rw-trusted-proxies.h"

/* Under this name a request holds its RwGrants. */
#define GRANTS_DATA "rw-grants"

#define MIN_METRICS_TOKEN_BYTES 16

/* Which libsoup has no name for. */
#define STATUS_TOO_MANY_REQUESTS 429

struct _RwServerAdmission {
  const RwServerConfig *config;
  RwServerMetrics *metrics;
  RwServerAuth *auth; /* NULL: open to everybody */
  RwTrustedProxies *proxies;
  char *metrics_token; /* NULL: /metrics needs what clients need */
  GHashTable *addresses;
  guint n_clients;
  guint max_open; /* connections of all kinds */
};

/* Descriptors that are left for everything else: a part of those there are,
 * where they are few. The shards of the clients (RwServerShards) need two for
 * 32 clients. */
#define OTHER_FDS   128
#define SHARD_SHARE 16

static guint
find_max_open (void)
{
  struct rlimit limit;
  rlim_t n;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return G_MAXUINT;

  n = MIN (limit.rlim_cur, G_MAXUINT);
  return (guint) (n - MIN (OTHER_FDS + n / SHARD_SHARE, n / 2));
}

/** rw_server_admission_new: @config and @metrics outlive it. */
RwServerAdmission *
rw_server_admission_new (const RwServerConfig *config, RwServerMetrics *metrics)
{
  RwServerAdmission *self = g_new0 (RwServerAdmission, 1);

  self->config = config;
  self->metrics = metrics;
  self->max_open = find_max_open ();
  self->addresses =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

/** rw_server_admission_free: NULL is fine. */
void
rw_server_admission_free (RwServerAdmission *self)
{
  if (self == NULL)
    return;

  rw_server_auth_free (self->auth);
  rw_trusted_proxies_free (self->proxies);
  g_free (self->metrics_token);
  g_hash_table_unref (self->addresses);
  g_free (self);
}

static gboolean
load_token_key (RwServerAdmission *self, GError **error)
{
  const RwServerConfig *config = self->config;

  if (config->token_key_file == NULL || self->auth != NULL)
    return TRUE;

  self->auth = rw_server_auth_new (config->token_key_file,
                                   config->token_algorithm, error);
  return self->auth != NULL;
}

static gboolean
load_metrics_token (RwServerAdmission *self, GError **error)
{
  const char *path = self->config->metrics_token_file;

  if (path == NULL || self->metrics_token != NULL)
    return TRUE;

  if (!g_file_get_contents (path, &self->metrics_token, NULL, error))
    return FALSE;
  if (strlen (g_strstrip (self->metrics_token)) >= MIN_METRICS_TOKEN_BYTES)
    return TRUE;

  g_clear_pointer (&self->metrics_token, g_free);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               "the token in %s is shorter than %d bytes and could be guessed; "
               "make one with: openssl rand -hex 16",
               path, MIN_METRICS_TOKEN_BYTES);
  return FALSE;
}

static gboolean
load_proxies (RwServerAdmission *self, GError **error)
{
  if (self->proxies == NULL)
    self->proxies =
        rw_trusted_proxies_new (self->config->trusted_proxies, error);
  return self->proxies != NULL;
}

/** rw_server_admission_load_keys: a server that is started again has them. */
gboolean
rw_server_admission_load_keys (RwServerAdmission *self, GError **error)
{
  return load_proxies (self, error) && load_token_key (self, error) &&
         load_metrics_token (self, error);
}

/* --- How many clients there are, and from an address --- */

static guint
count_from (RwServerAdmission *self, const char *address)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->addresses, address));
}

static void
add_from (RwServerAdmission *self, const char *address, gint n)
{
  guint sum = (guint) ((gint) count_from (self, address) + n);

  if (sum == 0)
    g_hash_table_remove (self->addresses, address);
  else
    g_hash_table_insert (self->addresses, g_strdup (address),
                         GUINT_TO_POINTER (sum));
}

void
rw_server_admission_enter (RwServerAdmission *self, const char *address)
{
  self->n_clients++;
  add_from (self, address, 1);
}

void
rw_server_admission_leave (RwServerAdmission *self, const char *address)
{
  self->n_clients--;
  add_from (self, address, -1);
}

/** rw_server_admission_clear: everybody has left. */
void
rw_server_admission_clear (RwServerAdmission *self)
{
  self->n_clients = 0;
  g_hash_table_remove_all (self->addresses);
}

/** rw_server_admission_get_max_open: connections that there may be, whatever
 * they are: for more there would be no descriptors. */
guint
rw_server_admission_get_max_open (RwServerAdmission *self)
{
  return self->max_open;
}

gboolean
rw_server_admission_is_full (RwServerAdmission *self)
{
  return self->n_clients >= MIN (self->config->max_clients, self->max_open);
}

/* --- Requests --- */

/* NULL if the client has gone meanwhile, of which libsoup would warn. Once
 * asked for, the socket keeps it. */
static const char *
get_peer (SoupServerMessage *msg)
{
  GSocket *socket = soup_server_message_get_socket (msg);
  g_autoptr (GSocketAddress) address =
      g_socket_get_remote_address (socket, NULL);

  return address != NULL ? soup_server_message_get_remote_host (msg) : NULL;
}

/** rw_server_admission_dup_address: of the client, which may be behind proxies.
 */
char *
rw_server_admission_dup_address (RwServerAdmission *self,
                                 SoupServerMessage *msg)
{
  return rw_trusted_proxies_find_client (
      self->proxies, get_peer (msg),
      soup_message_headers_get_list (
          soup_server_message_get_request_headers (msg), "X-Forwarded-For"));
}

static guint
count_of (RwServerAdmission *self, SoupServerMessage *msg)
{
  g_autofree char *address = rw_server_admission_dup_address (self, msg);

  return count_from (self, address);
}

static void
log_refused (RwServerAdmission *self, SoupServerMessage *msg, const char *why)
{
  g_autofree char *address = rw_server_admission_dup_address (self, msg);

  rw_server_log (G_LOG_LEVEL_INFO, 0, address, "refused: %s", why);
}

/**
 * rw_server_admission_let_in:
 *
 * FALSE when @msg has been answered with why not.
 */
gboolean
rw_server_admission_let_in (RwServerAdmission *self, SoupServerMessage *msg)
{
  guint limit = self->config->max_clients_per_address;

  if (get_peer (msg) == NULL) {
    rw_server_http_answer (msg, SOUP_STATUS_BAD_REQUEST,
                           "The connection is closed.\n");
    return FALSE;
  }
  if (rw_server_admission_is_full (self)) {
    self->metrics->refused_full++;
    log_refused (self, msg, "max-clients is reached");
    rw_server_http_answer_later (
        msg, SOUP_STATUS_SERVICE_UNAVAILABLE, RW_SERVER_RETRY_AFTER_S,
        "The server has reached its limit of clients; retry later.\n");
    return FALSE;
  }
  if (limit > 0 && count_of (self, msg) >= limit) {
    self->metrics->refused_address++;
    log_refused (self, msg, "max-clients-per-address is reached");
    rw_server_http_answer_later (
        msg, STATUS_TOO_MANY_REQUESTS, RW_SERVER_RETRY_AFTER_S,
        "This address has reached its limit of clients; retry later.\n");
    return FALSE;
  }
  if (!rw_server_http_origin_allowed (msg, self->config->origins)) {
    self->metrics->refused_origin++;
    log_refused (self, msg, "the origin of the web page is not allowed");
    rw_server_http_answer (
        msg, SOUP_STATUS_FORBIDDEN,
        "Web pages of this origin are not allowed to connect.\n");
    return FALSE;
  }

  return TRUE;
}

/**
 * rw_server_admission_authenticate:
 *
 * The grants of the bearer stay with @msg. FALSE when it has been answered.
 */
gboolean
rw_server_admission_authenticate (RwServerAdmission *self,
                                  SoupServerMessage *msg, GHashTable *query)
{
  g_autofree char *token = NULL;
  g_autoptr (GError) error = NULL;
  RwGrants *grants;

  if (self->auth == NULL)
    return TRUE;

  token = rw_server_http_dup_token (msg, query);
  grants = rw_server_auth_check (self->auth, token, g_get_real_time (), &error);
  if (grants == NULL) {
    self->metrics->refused_auth++;
    log_refused (self, msg, error->message);
    rw_server_http_answer_unauthorized (msg, error->message);
    return FALSE;
  }

  g_object_set_data_full (G_OBJECT (msg), GRANTS_DATA, grants,
                          (GDestroyNotify) rw_grants_free);
  return TRUE;
}

/* Takes as long for one that is nearly right. */
static gboolean
is_same_token (const char *token, const char *right)
{
  gsize len = strlen (right);
  guint8 different = strlen (token) != len;

  for (gsize i = 0; i < MIN (strlen (token), len); i++)
    different |= (guint8) (token[i] ^ right[i]);
  return different == 0;
}

/**
 * rw_server_admission_authenticate_metrics:
 *
 * A scraper has one token for years: it is a secret of its own, if there is
 * one. A client's token will do, too. FALSE when @msg has been answered.
 */
gboolean
rw_server_admission_authenticate_metrics (RwServerAdmission *self,
                                          SoupServerMessage *msg,
                                          GHashTable *query)
{
  g_autofree char *token = NULL;

  if (self->metrics_token == NULL)
    return rw_server_admission_authenticate (self, msg, query);

  token = rw_server_http_dup_token (msg, query);
  if (token != NULL && is_same_token (token, self->metrics_token))
    return TRUE;
  if (self->auth != NULL)
    return rw_server_admission_authenticate (self, msg, query);

  self->metrics->refused_auth++;
  log_refused (self, msg, "no valid token for /metrics");
  rw_server_http_answer_unauthorized (
      msg, "/metrics requires the bearer token of metrics-token-file.");
  return FALSE;
}

/** rw_server_admission_get_grants: (nullable): of an open server. */
const RwGrants *
rw_server_admission_get_grants (SoupServerMessage *msg)
{
  return g_object_get_data (G_OBJECT (msg), GRANTS_DATA);
}

RwGrants *
rw_server_admission_steal_grants (SoupServerMessage *msg)
{
  return g_object_steal_data (G_OBJECT (msg), GRANTS_DATA);
}
