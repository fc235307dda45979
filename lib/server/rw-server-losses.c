/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-losses.h"

#include "rw-server-log.h"

/* A connection that is lost before the seats have taken in what it said: it
 * may have a seat by then. */
typedef struct {
  guint64 connection;
  char *address;
  guint64 mark;
} Undecided;

/* A seat that waits, or will when the seats have come to @mark. */
typedef struct {
  RwServerLosses *owner;
  char *peer_id;
  char *address;
  guint64 mark;
} Waiting;

struct _RwServerLosses {
  const RwServerConfig *config;
  RwServerMetrics *metrics;
  RwServerState *state;   /* NULL: not started */
  GQueue undecided;       /* in the order of their marks */
  GHashTable *by_peer_id; /* Waiting */
  GHashTable *addresses;  /* how many of them are of each */
};

static void
undecided_free (gpointer data)
{
  Undecided *undecided = data;

  g_free (undecided->address);
  g_free (undecided);
}

static guint
count_of (RwServerLosses *self, const char *address)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->addresses, address));
}

static void
set_count_of (RwServerLosses *self, const char *address, guint n)
{
  if (n == 0)
    g_hash_table_remove (self->addresses, address);
  else
    g_hash_table_insert (self->addresses, g_strdup (address),
                         GUINT_TO_POINTER (n));
}

static void
waiting_free (gpointer data)
{
  Waiting *waiting = data;
  RwServerLosses *self = waiting->owner;

  set_count_of (self, waiting->address, count_of (self, waiting->address) - 1);
  g_free (waiting->peer_id);
  g_free (waiting->address);
  g_free (waiting);
}

/* Whether its seat may wait. One that is counted already, and was resumed
 * elsewhere, makes room for itself. */
static gboolean
take_place (RwServerLosses *self, const char *peer_id, const char *address)
{
  Waiting *waiting;

  g_hash_table_remove (self->by_peer_id, peer_id);
  if (count_of (self, address) >= self->config->max_clients_per_address)
    return FALSE;

  waiting = g_new0 (Waiting, 1);
  waiting->owner = self;
  waiting->peer_id = g_strdup (peer_id);
  waiting->address = g_strdup (address);
  g_hash_table_insert (self->by_peer_id, waiting->peer_id, waiting);
  set_count_of (self, address, count_of (self, address) + 1);
  return TRUE;
}

static void
decide (RwServerLosses *self, guint64 connection, const char *address)
{
  RwSeats *seats = rw_server_state_get_seats (self->state);
  g_autofree char *peer_id =
      rw_seats_is_seat (seats, connection)
          ? g_strdup (rw_seats_get_peer_id (seats, connection))
          : NULL;
  gboolean waits = peer_id == NULL || take_place (self, peer_id, address);
  Waiting *waiting;

  if (!waits) {
    self->metrics->not_waited_for++;
    rw_server_log (G_LOG_LEVEL_INFO, connection, address,
                   "not waited for: as many seats of this address wait "
                   "already as may");
  }
  rw_server_state_disconnect (self->state, connection, !waits);
  if (peer_id == NULL || !waits)
    return;

  waiting = g_hash_table_lookup (self->by_peer_id, peer_id);
  if (waiting != NULL)
    waiting->mark = rw_server_state_get_mark (self->state);
}

/**
 * rw_server_losses_add:
 * @connection: it is lost, without a goodbye
 * @mark: when it last said something; see rw_server_state_get_mark()
 *
 * Passes it on to the state, sooner or later.
 */
void
rw_server_losses_add (RwServerLosses *self, guint64 connection,
                      const char *address, guint64 mark)
{
  RwSeats *seats = rw_server_state_get_seats (self->state);
  Undecided *undecided;

  /* Who has no grace, or no limit, need not be told apart. */
  if (self->config->max_clients_per_address == 0 ||
      self->config->grace_ms == 0) {
    rw_server_state_disconnect (self->state, connection, FALSE);
    return;
  }
  if (rw_seats_is_seat (seats, connection) ||
      rw_server_state_has_reached (self->state, mark)) {
    decide (self, connection, address);
    return;
  }

  undecided = g_new0 (Undecided, 1);
  undecided->connection = connection;
  undecided->address = g_strdup (address);
  undecided->mark = rw_server_state_get_mark (self->state);
  g_queue_push_tail (&self->undecided, undecided);
}

/** rw_server_losses_note_resumed: its client is back. */
void
rw_server_losses_note_resumed (RwServerLosses *self, const char *peer_id)
{
  g_hash_table_remove (self->by_peer_id, peer_id);
}

/** rw_server_losses_go_on: the seats have taken in more of what was said. */
void
rw_server_losses_go_on (RwServerLosses *self)
{
  while (!g_queue_is_empty (&self->undecided)) {
    const Undecided *first = g_queue_peek_head (&self->undecided);
    Undecided *undecided;

    if (!rw_server_state_has_reached (self->state, first->mark))
      return;
    undecided = g_queue_pop_head (&self->undecided);
    decide (self, undecided->connection, undecided->address);
    undecided_free (undecided);
  }
}

static gboolean
waits_no_more (gpointer key, gpointer value, gpointer user_data)
{
  const Waiting *waiting = value;
  RwServerState *state = user_data;

  return rw_server_state_has_reached (state, waiting->mark) &&
         !rw_seats_is_waiting (rw_server_state_get_seats (state),
                               waiting->peer_id);
}

/**
 * rw_server_losses_tick:
 *
 * About once a second: finds those that have been resumed at another node, or
 * given up.
 */
void
rw_server_losses_tick (RwServerLosses *self)
{
  rw_server_losses_go_on (self);
  g_hash_table_foreach_remove (self->by_peer_id, waits_no_more, self->state);
}

/** rw_server_losses_new: what it is given outlives it. */
RwServerLosses *
rw_server_losses_new (const RwServerConfig *config, RwServerMetrics *metrics)
{
  RwServerLosses *self = g_new0 (RwServerLosses, 1);

  self->config = config;
  self->metrics = metrics;
  self->by_peer_id =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, waiting_free);
  self->addresses =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

/** rw_server_losses_free: NULL is fine. */
void
rw_server_losses_free (RwServerLosses *self)
{
  if (self == NULL)
    return;

  rw_server_losses_stop (self);
  g_hash_table_unref (self->by_peer_id);
  g_hash_table_unref (self->addresses);
  g_free (self);
}

/** rw_server_losses_start: @state lives until rw_server_losses_stop(). */
void
rw_server_losses_start (RwServerLosses *self, RwServerState *state)
{
  self->state = state;
}

/** rw_server_losses_stop: nobody is counted any more. The state's end is that
 * of all connections which were still undecided. */
void
rw_server_losses_stop (RwServerLosses *self)
{
  g_queue_clear_full (&self->undecided, undecided_free);
  g_hash_table_remove_all (self->by_peer_id);
  self->state = NULL;
}
