/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cluster-claims.h"

#include "rw-cluster-registry.h"
#include "rw-redis-reply.h"

/* In which the servers have written again what Redis had lost. */
#define HOLD_US (5 * G_USEC_PER_SEC)

#define ALL_ROLES (RW_ROLE_PRODUCER | RW_ROLE_LISTENER | RW_ROLE_CONSUMER)

typedef struct {
  guint64 connection;
  char *id;
  char *hash; /* of the token's secret */
  guint64 attempt;
} Claim;

struct _RwClusterClaims {
  RwClusterStore *store;
  RwClients *clients;
  guint64 grace_ms;
  GHashTable *claims;   /* id -> Claim: the last of each */
  gint64 hold_until_us; /* until then a record that is missing may come */
};

/* One claim, run once. */
typedef struct {
  RwClusterClaims *owner;
  char *id;
  guint64 connection;
} Request;

static void
claim_free (gpointer data)
{
  Claim *claim = data;

  g_free (claim->id);
  g_free (claim->hash);
  g_free (claim);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Claim, claim_free)

static void
request_free (Request *request)
{
  g_free (request->id);
  g_free (request);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Request, request_free)

/* --- From a record --- */

/* FALSE if there are some that cannot be read. */
static gboolean
load_grants (const redisReply *record, RwGrants **grants)
{
  g_autoptr (GVariant) state =
      rw_fields_get_variant (record, "grants", "a{sv}");

  *grants = state != NULL ? rw_grants_load (state, NULL) : NULL;
  return *grants != NULL || !rw_fields_has (record, "grants");
}

static GPtrArray *
load_sessions (const redisReply *record)
{
  GPtrArray *texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GVariant) state =
      rw_fields_get_variant (record, "sessions", "a(ssss)");

  for (gsize i = 0; state != NULL && i < g_variant_n_children (state); i++) {
    g_autoptr (GVariant) session = g_variant_get_child_value (state, i);

    for (gsize k = 0; k < 4; k++) {
      g_autoptr (GVariant) text = g_variant_get_child_value (session, k);

      g_ptr_array_add (texts, g_variant_dup_string (text, NULL));
    }
  }
  return texts;
}

static void
restore (RwClusterClaims *self, const Claim *claim, const redisReply *record,
         guint64 generation)
{
  const char *meta = rw_fields_get_text (record, "meta");
  GRefString *text = meta != NULL ? g_ref_string_new (meta) : NULL;
  g_autoptr (GPtrArray) sessions = load_sessions (record);
  g_autoptr (RwGrants) grants = NULL;
  gboolean is_sound = load_grants (record, &grants);
  const RwClientsRestore what = {
      .client = {.id = claim->id,
                 .generation = generation,
                 .roles = (RwRoles) rw_fields_get_number (record, "roles") &
                          ALL_ROLES,
                 .meta = text,
                 .name = rw_fields_get_id (record, "name")},
      .attempt = claim->attempt,
      .grants = grants,
      .sessions = sessions,
  };

  if (is_sound)
    rw_clients_restore (self->clients, claim->connection, &what,
                        g_get_monotonic_time ());
  else
    rw_clients_refuse_resume (self->clients, claim->connection,
                              g_get_monotonic_time ());
  g_clear_pointer (&text, g_ref_string_release);
}

/* --- Claims --- */

/* While servers may still have to come back, a lease that has expired shows
 * little: a former home that lives stores the state when it has. */
static gboolean
is_early (RwClusterClaims *self, const char *verdict, const char *from)
{
  if (g_strcmp0 (verdict, "wait") == 0)
    return TRUE;

  return verdict != NULL && g_get_monotonic_time () < self->hold_until_us &&
         (from == NULL || *from != '\0');
}

/* @reply: NULL if Redis has refused. */
static void
take_verdict (RwClusterClaims *self, const char *id, const redisReply *reply)
{
  const char *verdict = rw_reply_get_text (reply, 0);
  const char *from = rw_reply_get_text (reply, 1);
  guint64 generation = rw_reply_get_number (reply, 2);
  const redisReply *record = rw_reply_get (reply, 3);
  g_autoptr (GVariant) state = rw_fields_get_variant (record, "state", "a{sv}");
  gboolean is_known = g_strcmp0 (verdict, "ok") == 0 && from != NULL;
  g_autoptr (Claim) claim = NULL;

  if (state == NULL && is_early (self, verdict, from))
    return;

  g_hash_table_steal_extended (self->claims, id, NULL, (gpointer *) &claim);
  if (is_known && state != NULL)
    rw_clients_import (self->clients, claim->connection, state, from,
                       generation, g_get_monotonic_time ());
  else if (is_known && !rw_fields_has (record, "state"))
    restore (self, claim, record, generation);
  else
    rw_clients_refuse_resume (self->clients, claim->connection,
                              g_get_monotonic_time ());
}

static void
on_claimed (const redisReply *reply, const GError *error, gpointer user_data)
{
  g_autoptr (Request) request = user_data;
  RwClusterClaims *self = request->owner;
  const Claim *claim = g_hash_table_lookup (self->claims, request->id);

  if (claim == NULL || claim->connection != request->connection ||
      (error != NULL &&
       !g_error_matches (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED)))
    return;

  take_verdict (self, request->id, reply);
}

/* @is_stored: there was a notice that the state is. */
static void
ask (RwClusterClaims *self, const Claim *claim, gboolean is_stored)
{
  g_autoptr (RwCommand) args = rw_command_new (claim->id, claim->hash, NULL);
  Request *request = g_new (Request, 1);

  *request = (Request){self, g_strdup (claim->id), claim->connection};
  rw_command_add_number (args, claim->attempt);
  rw_command_add_number (args, self->grace_ms);
  rw_command_add_number (args, is_stored ? 1 : 0);
  if (!rw_cluster_store_run (self->store, RW_SCRIPT_CLAIM, args, on_claimed,
                             request))
    request_free (request);
}

/** rw_cluster_claims_add: a later one of the same client overtakes it. */
void
rw_cluster_claims_add (RwClusterClaims *self, guint64 connection,
                       const char *id, const char *secret, guint64 attempt)
{
  Claim *claim = g_new0 (Claim, 1);
  const Claim *former = g_hash_table_lookup (self->claims, id);

  if (former != NULL)
    rw_clients_refuse_resume (self->clients, former->connection,
                              g_get_monotonic_time ());
  claim->connection = connection;
  claim->id = g_strdup (id);
  claim->hash = rw_cluster_hash (secret);
  claim->attempt = attempt;
  g_hash_table_replace (self->claims, claim->id, claim);
  ask (self, claim, FALSE);
}

/** rw_cluster_claims_cancel: another server has claimed @id for a later
 * @attempt. An answer that is still to come is ignored. */
void
rw_cluster_claims_cancel (RwClusterClaims *self, const char *id,
                          guint64 attempt)
{
  const Claim *claim = g_hash_table_lookup (self->claims, id);
  guint64 connection = claim != NULL ? claim->connection : 0;

  if (claim == NULL || attempt <= claim->attempt)
    return;

  g_hash_table_remove (self->claims, id);
  rw_clients_refuse_resume (self->clients, connection, g_get_monotonic_time ());
}

/** rw_cluster_claims_hold: Redis was away: other servers have yet to come back,
 * and to write again what it has lost. */
void
rw_cluster_claims_hold (RwClusterClaims *self)
{
  self->hold_until_us = g_get_monotonic_time () + HOLD_US;
}

/** rw_cluster_claims_retry: there was a notice: the record of @id has changed.
 */
void
rw_cluster_claims_retry (RwClusterClaims *self, const char *id)
{
  const Claim *claim = g_hash_table_lookup (self->claims, id);

  if (claim != NULL)
    ask (self, claim, TRUE);
}

/** rw_cluster_claims_retry_all: about once a second. */
void
rw_cluster_claims_retry_all (RwClusterClaims *self)
{
  g_autoptr (GList) claims = g_hash_table_get_values (self->claims);

  for (GList *l = claims; l != NULL; l = l->next)
    ask (self, l->data, FALSE);
}

/* --- Life --- */

/** rw_cluster_claims_new: what it is given outlives it. */
RwClusterClaims *
rw_cluster_claims_new (RwClusterStore *store, RwClients *clients,
                       gint64 grace_us)
{
  RwClusterClaims *self = g_new0 (RwClusterClaims, 1);

  self->store = store;
  self->clients = clients;
  self->grace_ms = (guint64) grace_us / 1000;
  self->claims =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, claim_free);
  return self;
}

/** rw_cluster_claims_free: after its store. NULL is fine. */
void
rw_cluster_claims_free (RwClusterClaims *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->claims);
  g_free (self);
}
