/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-admission.h"

#include <sys/resource.h>

#include "rw-server-auth.h"
#include "rw-server-http.h"
#include "rw-server-log.h"

/* Under this name a request holds its RwGrants. */
#define GRANTS_DATA "rw-grants"

/* Which libsoup has no name for. */
#define STATUS_TOO_MANY_REQUESTS 429

struct _RwServerAdmission {
  const RwServerConfig *config;
  RwServerMetrics *metrics;
  RwServerAuth *auth; /* NULL: open to everybody */
  GHashTable *addresses;
  guint n_clients;
  guint max_open; /* connections of all kinds */
};

/* Descriptors that are left for everything else: a part of those there are,
 * where they are few. */
#define OTHER_FDS 128

static guint
find_max_open (void)
{
  struct rlimit limit;
  rlim_t n;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return G_MAXUINT;

  n = MIN (limit.rlim_cur, G_MAXUINT);
  return (guint) (n - MIN (OTHER_FDS, n / 2));
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
  g_hash_table_unref (self->addresses);
  g_free (self);
}

/** rw_server_admission_load_key: a server that is started again has it. */
gboolean
rw_server_admission_load_key (RwServerAdmission *self, GError **error)
{
  const RwServerConfig *config = self->config;

  if (config->token_key_file == NULL || self->auth != NULL)
    return TRUE;

  self->auth = rw_server_auth_new (config->token_key_file,
                                   config->token_algorithm, error);
  return self->auth != NULL;
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

static void
log_refused (SoupServerMessage *msg, const char *why)
{
  rw_server_log (G_LOG_LEVEL_INFO, 0, soup_server_message_get_remote_host (msg),
                 "refused: %s", why);
}

/**
 * rw_server_admission_let_in:
 *
 * FALSE when @msg has been answered with why not.
 */
gboolean
rw_server_admission_let_in (RwServerAdmission *self, SoupServerMessage *msg)
{
  const char *address = soup_server_message_get_remote_host (msg);
  guint limit = self->config->max_clients_per_address;

  if (rw_server_admission_is_full (self)) {
    self->metrics->refused_full++;
    log_refused (msg, "there are as many clients as may be");
    rw_server_http_answer_later (
        msg, SOUP_STATUS_SERVICE_UNAVAILABLE, RW_SERVER_RETRY_AFTER_S,
        "This server has as many clients as it may; try again later.\n");
    return FALSE;
  }
  if (limit > 0 && count_from (self, address) >= limit) {
    self->metrics->refused_address++;
    log_refused (msg, "there are as many of that address as may be");
    rw_server_http_answer_later (
        msg, STATUS_TOO_MANY_REQUESTS, RW_SERVER_RETRY_AFTER_S,
        "There are as many clients at this address as there may be.\n");
    return FALSE;
  }
  if (!rw_server_http_origin_allowed (msg, self->config->origins)) {
    self->metrics->refused_origin++;
    log_refused (msg, "a page of an origin that may not");
    rw_server_http_answer (msg, SOUP_STATUS_FORBIDDEN,
                           "Pages of this origin may not connect.\n");
    return FALSE;
  }

  return TRUE;
}

/**
 * rw_server_admission_authenticate:
 *
 * What the bearer may do stays with @msg. FALSE when it has been answered.
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
    log_refused (msg, error->message);
    rw_server_http_answer_unauthorized (msg, error->message);
    return FALSE;
  }

  g_object_set_data_full (G_OBJECT (msg), GRANTS_DATA, grants,
                          (GDestroyNotify) rw_grants_free);
  return TRUE;
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
