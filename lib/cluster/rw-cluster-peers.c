/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cluster-peers.h"

#include "rw-signal-message-state.h"

/* In which the servers have written again what Redis had lost: until then a
 * client that is not listed may still be. */
#define HOLD_US (5 * G_USEC_PER_SEC)

#define PROBE RW_SIGNAL_ACK

#define ALL_ROLES (RW_ROLE_PRODUCER | RW_ROLE_LISTENER | RW_ROLE_CONSUMER)

struct _RwClusterPeers {
  RwClusterStore *store;
  RwClusterReader *reader;
  RwClients *clients;
  RwHub *hub;
  char *me;
  char *key;            /* of the stream of changes */
  guint64 last_change;  /* its number */
  guint64 last_session; /* at the last tick */
  GHashTable *received; /* client -> server -> guint64 *: its last number */
  GHashTable *followed; /* client -> guint64 *: the last that was posted to it,
                         * unless that has come back */
  gint64 hold_until_us; /* when all are listed again; 0: nothing is held */
  gboolean is_receiving;
  gboolean is_listed;
  gboolean is_listing;
  guint64 n_sent;
  guint64 n_received;
};

/* --- Clients of other servers --- */

typedef struct {
  RwClusterPeers *self;
  const char *id; /* of the client */
  GVariant *listed;
} Sessions;

static gboolean
is_listed (GVariant *sessions, const char *id)
{
  for (gsize i = 0; i < g_variant_n_children (sessions); i++) {
    g_autoptr (GVariant) session = g_variant_get_child_value (sessions, i);
    const char *other;

    g_variant_get_child (session, 0, "&s", &other);
    if (g_str_equal (other, id))
      return TRUE;
  }

  return FALSE;
}

/* The home of the client may not have written the session yet, or not have it:
 * it ends a session that it does not have when a message of it comes. A probe
 * is for a hub, and no client gets it. */
static void
probe_unlisted (const char *id, const char *producer, const char *consumer,
                guint64 number, gpointer user_data)
{
  const Sessions *sessions = user_data;
  g_autoptr (RwSignalMessage) probe = NULL;

  if (number > sessions->self->last_session || is_listed (sessions->listed, id))
    return;

  probe = rw_signal_message_new (PROBE);
  probe->session_id = g_strdup (id);
  probe->source =
      g_strdup (g_str_equal (producer, sessions->id) ? consumer : producer);
  rw_cluster_peers_forward (sessions->self, sessions->id, probe);
}

static void
put_remote (RwClusterPeers *self, const char *id, const redisReply *state)
{
  const char *home = rw_fields_get_id (state, "home");
  const char *meta = rw_fields_get_text (state, "meta");
  GRefString *text = meta != NULL ? g_ref_string_new (meta) : NULL;
  const RwHubRecord record = {
      .id = id,
      .home = home != NULL ? home : "",
      .generation = rw_fields_get_number (state, "generation"),
      .roles = (RwRoles) rw_fields_get_number (state, "roles") & ALL_ROLES,
      .meta = text,
      .name = rw_fields_get_id (state, "name"),
      .connected = rw_fields_get_number (state, "away") == 0,
      .resilient = rw_fields_get_number (state, "resilient") != 0,
  };

  rw_hub_put_remote (self->hub, &record);
  g_clear_pointer (&text, g_ref_string_release);
}

/* A change, or the whole state with the sessions. */
static void
take_state (RwClusterPeers *self, const redisReply *state)
{
  const char *id = rw_fields_get_id (state, "client");
  const char *why = rw_fields_get_text (state, "gone");
  g_autoptr (GVariant) listed =
      rw_fields_get_variant (state, "sessions", "a(ssss)");
  Sessions sessions = {self, id, listed};
  RwHubRecord known = {.home = ""};

  if (id == NULL ||
      (rw_hub_get_record (self->hub, id, &known) && known.home == NULL))
    return;

  if (why != NULL)
    rw_hub_remove_remote (self->hub, id, why);
  else if (known.generation <= rw_fields_get_number (state, "generation") &&
           g_strcmp0 (rw_fields_get_id (state, "home"), self->me) != 0)
    put_remote (self, id, state);
  if (listed != NULL)
    rw_hub_foreach_session_of (self->hub, id, probe_unlisted, &sessions);
}

/** rw_cluster_peers_take: an entry of the stream of changes. */
void
rw_cluster_peers_take (RwClusterPeers *self, const redisReply *change)
{
  guint64 number = rw_fields_get_number (change, "number");

  if (!self->is_listed || number <= self->last_change)
    return;
  if (number != self->last_change + 1) {
    rw_cluster_peers_list (self, FALSE);
    return;
  }

  self->last_change = number;
  take_state (self, change);
}

/* --- The list --- */

typedef struct {
  RwHub *hub;
  GHashTable *ids;
} Listed;

static void
forget_unlisted (const RwHubRecord *record, gpointer user_data)
{
  const Listed *listed = user_data;
  g_autofree char *id = g_strdup (record->id);

  if (!g_hash_table_contains (listed->ids, id))
    rw_hub_remove_remote (listed->hub, id, "the peer has left");
}

static void
on_listed (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwClusterPeers *self = user_data;
  const redisReply *states = rw_reply_get (reply, 2);
  const char *last = rw_reply_get_text (reply, 1);
  g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
  Listed listed = {self->hub, ids};

  self->is_listing = FALSE;
  if (error != NULL || last == NULL) {
    self->hold_until_us = MAX (self->hold_until_us, g_get_monotonic_time ());
    return;
  }

  for (gsize i = 0; i < rw_reply_get_length (states); i++) {
    const redisReply *state = rw_reply_get (states, i);
    const char *id = rw_fields_get_id (state, "client");

    take_state (self, state);
    if (id != NULL)
      g_hash_table_add (ids, (gpointer) id);
  }
  if (self->hold_until_us == 0)
    rw_hub_foreach_client (self->hub, forget_unlisted, &listed);
  self->last_change = rw_reply_get_number (reply, 0);
  self->is_listed = TRUE;
  rw_cluster_reader_add (self->reader, self->key, last);
}

/** rw_cluster_peers_list: all anew. @may_be_lost: Redis may not have all. */
void
rw_cluster_peers_list (RwClusterPeers *self, gboolean may_be_lost)
{
  g_autoptr (RwCommand) args = rw_command_new_empty ();

  if (may_be_lost) {
    g_hash_table_remove_all (self->followed);
    self->hold_until_us = g_get_monotonic_time () + HOLD_US;
  }
  if (!self->is_listing)
    self->is_listing = rw_cluster_store_run (self->store, RW_SCRIPT_LIST, args,
                                             on_listed, self);
}

/** rw_cluster_peers_are_listed: whether there has ever been a list. */
gboolean
rw_cluster_peers_are_listed (RwClusterPeers *self)
{
  return self->is_listed;
}

/* --- Messages of sessions --- */

/* @message: (nullable): NULL: only its number matters. */
typedef struct {
  RwClusterPeers *owner;
  char *to;
  RwSignalMessage *message;
  guint64 number;
} Posted;

/* The message to @id with @number is not on its way any more, and neither is
 * one before it. */
static void
note_passed (RwClusterPeers *self, const char *id, guint64 number)
{
  const guint64 *last = g_hash_table_lookup (self->followed, id);

  if (last != NULL && number >= *last)
    g_hash_table_remove (self->followed, id);
}

static void
on_posted (const redisReply *reply, const GError *error, gpointer user_data)
{
  Posted *posted = user_data;

  gboolean is_full = g_strcmp0 (rw_reply_get_text (reply, 0), "full") == 0;

  if (error != NULL || is_full)
    note_passed (posted->owner, posted->to, posted->number);
  if (is_full && posted->message != NULL && posted->message->source != NULL)
    rw_hub_refuse (posted->owner->hub, posted->to, posted->message, 1000);
  g_clear_pointer (&posted->message, rw_signal_message_unref);
  g_free (posted->to);
  g_free (posted);
}

/* @message: (nullable): NULL: none, as in Posted */
static void
post (RwClusterPeers *self, const char *to, const char *home,
      RwSignalMessage *message)
{
  g_autoptr (GVariant) body =
      message != NULL ? g_variant_ref_sink (rw_signal_message_save (message))
                      : NULL;
  RwCommand *args = rw_command_new (to, home != NULL ? home : self->me, NULL);
  Posted *posted = g_new0 (Posted, 1);
  guint64 *last = g_new (guint64, 1);

  if (message == NULL)
    rw_command_add (args, NULL);
  else
    rw_command_add (args, message->source == NULL &&
                                  message->type == RW_SIGNAL_SESSION_STARTED
                              ? message->peer_id
                              : message->source);
  rw_command_add_variant (args, body);
  posted->owner = self;
  posted->to = g_strdup (to);
  posted->message = message != NULL ? rw_signal_message_ref (message) : NULL;
  posted->number = *last = rw_cluster_store_call (self->store, RW_SCRIPT_POST,
                                                  args, on_posted, posted);
  g_hash_table_replace (self->followed, g_strdup (to), last);
}

/** rw_cluster_peers_forward: @message of a session is for @to, which is homed
 * elsewhere, or followed. */
void
rw_cluster_peers_forward (RwClusterPeers *self, const char *to,
                          RwSignalMessage *message)
{
  RwHubRecord record;

  if (!rw_hub_get_record (self->hub, to, &record) ||
      (record.home == NULL && !g_hash_table_contains (self->followed, to)))
    return;

  self->n_sent++;
  post (self, to, record.home, message);
}

/**
 * rw_cluster_peers_is_followed:
 *
 * Whether messages that this server has sent to @id, when it was the client of
 * another server, may still be on their way to it. Those that follow take the
 * same way until the last has come back here.
 */
gboolean
rw_cluster_peers_is_followed (RwClusterPeers *self, const char *id)
{
  return !self->is_receiving && g_hash_table_contains (self->followed, id);
}

/* FALSE if it came before: Redis had lost that it has it. */
static gboolean
note_number (RwClusterPeers *self, const char *to, const char *server,
             guint64 number)
{
  GHashTable *servers = g_hash_table_lookup (self->received, to);
  const guint64 *last;

  if (servers == NULL) {
    servers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_insert (self->received, g_strdup (to), servers);
  }
  last = g_hash_table_lookup (servers, server);
  if (last != NULL && number <= *last)
    return FALSE;
  g_hash_table_replace (servers, g_strdup (server),
                        g_memdup2 (&number, sizeof number));
  return TRUE;
}

static gboolean
is_not_local (gpointer id, gpointer servers, gpointer user_data)
{
  RwHubRecord record;

  return !rw_hub_get_record (((RwClusterPeers *) user_data)->hub, id,
                             &record) ||
         record.home != NULL;
}

static void
receive (RwClusterPeers *self, const char *to, const char *from,
         const char *server, RwSignalMessage *message)
{
  gint64 now_us = g_get_monotonic_time ();

  self->n_received++;
  self->is_receiving = TRUE;
  if (!g_str_equal (server, self->me))
    rw_hub_receive (self->hub, to, from, server, message);
  else if (message->type != PROBE &&
           !rw_hub_receive_own (self->hub, to, from, message))
    rw_clients_deliver (self->clients, to, message, now_us);
  rw_clients_flush (self->clients, now_us);
  self->is_receiving = FALSE;
}

/** rw_cluster_peers_receive: @fields: of the entry that @server has posted */
void
rw_cluster_peers_receive (RwClusterPeers *self, const char *server,
                          const redisReply *fields)
{
  const char *to = rw_fields_get_id (fields, "client");
  g_autoptr (GVariant) body = rw_fields_get_variant (fields, "body", "a{sv}");
  g_autoptr (RwSignalMessage) message =
      body != NULL ? rw_signal_message_load (body, NULL) : NULL;
  guint64 number = rw_fields_get_number (fields, "number");
  RwHubRecord record;

  if (to == NULL ||
      (rw_hub_get_record (self->hub, to, &record) && record.home != NULL) ||
      !note_number (self, to, server, number))
    return;

  if (message != NULL)
    receive (self, to, rw_fields_get_id (fields, "from"), server, message);
  if (g_str_equal (server, self->me))
    note_passed (self, to, number);
}

/** rw_cluster_peers_get_n_messages: of sessions, sent or received. */
guint64
rw_cluster_peers_get_n_messages (RwClusterPeers *self, gboolean received)
{
  return received ? self->n_received : self->n_sent;
}

/* --- Time --- */

/* One that this server has had a session with, and no more. */
static void
forget_unneeded (const RwHubRecord *record, gpointer user_data)
{
  RwClusterPeers *self = user_data;
  g_autofree char *id = g_strdup (record->id);

  if (record->home != NULL && record->roles == RW_ROLE_NONE &&
      record->n_sessions == 0)
    rw_hub_remove_remote (self->hub, id, NULL);
}

/* So that messages to a client that has come here do not depend on Redis for
 * longer than they must. */
static void
check_followed (RwClusterPeers *self)
{
  g_autoptr (GList) ids = g_hash_table_get_keys (self->followed);

  for (GList *l = ids; l != NULL; l = l->next) {
    g_autofree char *id = g_strdup (l->data);
    RwHubRecord record;

    if (!rw_hub_get_record (self->hub, id, &record))
      g_hash_table_remove (self->followed, id);
    else if (record.home == NULL)
      post (self, id, NULL, NULL);
  }
}

/** rw_cluster_peers_tick: about once a second while Redis is there. */
void
rw_cluster_peers_tick (RwClusterPeers *self)
{
  self->last_session = rw_hub_get_last_session (self->hub);
  rw_hub_foreach_client (self->hub, forget_unneeded, self);
  g_hash_table_foreach_remove (self->received, is_not_local, self);
  if (!rw_cluster_store_is_up (self->store))
    return;

  check_followed (self);
  if (self->hold_until_us == 0 || g_get_monotonic_time () < self->hold_until_us)
    return;

  self->hold_until_us = 0;
  rw_cluster_peers_list (self, FALSE);
}

/* --- Life --- */

/** rw_cluster_peers_new: what it is given outlives it. */
RwClusterPeers *
rw_cluster_peers_new (RwClusterStore *store, RwClusterReader *reader,
                      RwClients *clients, const char *me)
{
  RwClusterPeers *self = g_new0 (RwClusterPeers, 1);

  self->store = store;
  self->reader = reader;
  self->clients = clients;
  self->hub = rw_clients_get_hub (clients);
  self->followed =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->me = g_strdup (me);
  self->received = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify) g_hash_table_unref);
  self->key = rw_cluster_store_dup_key (store, "states", "");
  return self;
}

/** rw_cluster_peers_free: after its store. NULL is fine. */
void
rw_cluster_peers_free (RwClusterPeers *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->received);
  g_hash_table_unref (self->followed);
  g_free (self->key);
  g_free (self->me);
  g_free (self);
}
