/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-brain-merge.h"
#include "rw-seats-merge.h"
#include "rw-seats-private.h"

#include <string.h>

/* One node of several, while it goes on without the others. */

/**
 * rw_seats_go_alone:
 * @node: whose clients it is for
 *
 * A copy, which tells nobody else anything, knows no rooms, and in which grace
 * does not run. Everything must have been popped. It may read @self's rooms,
 * which have to stay.
 */
RwSeats *
rw_seats_go_alone (RwSeats *self, const RwSeatsConfig *config, guint32 node)
{
  RwRooms *rooms = rw_rooms_new (&self->config.rooms);
  g_autoptr (GVariant) state =
      g_variant_ref_sink (rw_seats_save_with (self, rooms));
  RwSeats *copy = rw_seats_load (config, state, NULL);

  rw_rooms_free (rooms);
  g_return_val_if_fail (copy != NULL, NULL);

  copy->alone = node;
  copy->rooms_before = self->rooms;
  return copy;
}

/* --- What can be done alone --- */

static const RwSeat *
find (RwSeats *self, const char *peer_id)
{
  return peer_id != NULL ? g_hash_table_lookup (self->by_id, peer_id) : NULL;
}

/* Of nobody is ours: to say that there is nobody. */
static gboolean
is_ours (RwSeats *self, const RwSeat *seat)
{
  return seat == NULL || rw_seats_node_of (seat->home) == self->alone;
}

/* Where its client has been on another line since, only the others know how far
 * it has come. */
static RwSeatsVerdict
judge_opt_in (RwSeats *self, const RwBrainMessage *message)
{
  const RwSeat *claimed;
  guint64 line;

  if (message->token == NULL)
    return RW_SEATS_NOW;

  claimed = rw_seats_find_token (self, message->token, &line);
  return claimed != NULL && is_ours (self, claimed) && claimed->home == line
             ? RW_SEATS_NOW
             : RW_SEATS_BLOCK;
}

static RwSeatsVerdict
judge_peer (RwSeats *self, const char *peer_id)
{
  return is_ours (self, find (self, peer_id)) ? RW_SEATS_NOW : RW_SEATS_LATER;
}

/* One that we do not know the others may. */
static RwSeatsVerdict
judge_session (RwSeats *self, const RwSeat *seat, const char *session_id)
{
  const char *other = rw_brain_get_other (self->brain, session_id, seat->id);

  if (other != NULL)
    return judge_peer (self, other);
  return rw_brain_has_ended (self->brain, session_id, seat->id)
             ? RW_SEATS_NOW
             : RW_SEATS_LATER;
}

/**
 * rw_seats_judge:
 *
 * Whether @message, which came on @connection, can be handled without the
 * others: they are not needed for what clients of the same node have with each
 * other, but rooms have one order for all.
 */
RwSeatsVerdict
rw_seats_judge (RwSeats *self, guint64 connection,
                const RwBrainMessage *message)
{
  const RwSeat *seat = g_hash_table_lookup (self->by_connection, &connection);

  if (seat == NULL)
    return RW_SEATS_NOW;
  if (rw_rooms_takes (message->type))
    return RW_SEATS_LATER;

  switch (message->type) {
  case RW_SIGNAL_SET_PROTOCOL_VERSION:
    return judge_opt_in (self, message);
  case RW_SIGNAL_START_SESSION:
    return judge_peer (self, message->peer_id);
  case RW_SIGNAL_PEER:
  case RW_SIGNAL_END_SESSION:
  case RW_SIGNAL_END_SESSION_V1_1:
    return judge_session (self, seat, message->session_id);
  default:
    return RW_SEATS_NOW;
  }
}

/**
 * rw_seats_hold:
 *
 * @message came on @connection, and is for later: it is received, but not
 * acknowledged, as this node may not live to pass it on.
 *
 * Returns: FALSE if it needs not be kept: it has come before, or is wrong
 */
gboolean
rw_seats_hold (RwSeats *self, guint64 connection, const RwBrainMessage *message,
               gint64 now_us)
{
  RwSeat *seat = g_hash_table_lookup (self->by_connection, &connection);

  if (seat == NULL)
    return FALSE;

  self->now_us = now_us;
  seat->has_spoken = TRUE;
  if (seat->replay == NULL)
    return TRUE;
  if (!rw_seats_check_numbers (self, seat, message, now_us)) {
    rw_seats_drain (self);
    return FALSE;
  }

  if (seat->held_from == 0)
    seat->held_from = message->seq;
  return TRUE;
}

/** rw_seats_end_of_log: what comes from now on is in no log. */
void
rw_seats_end_of_log (RwSeats *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    RwSeat *seat = value;

    seat->by_log = rw_seats_get_sent (self, seat->id);
  }
}

/* --- What came of it --- */

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/** rw_seats_list_of_node: (transfer full): peer ids, in their order. */
GPtrArray *
rw_seats_list_of_node (RwSeats *self, guint32 node)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const RwSeat *seat = value;

    if (rw_seats_node_of (seat->home) == node)
      g_ptr_array_add (ids, g_strdup (seat->id));
  }
  g_ptr_array_sort (ids, compare_ids);
  return ids;
}

/** rw_seats_has_seat: whether @peer_id is there, and has opted in. */
gboolean
rw_seats_has_seat (RwSeats *self, const char *peer_id)
{
  const RwSeat *seat = find (self, peer_id);

  return seat != NULL && seat->replay != NULL;
}

/** rw_seats_get_home: the last connection of @peer_id; 0 for none. */
guint64
rw_seats_get_home (RwSeats *self, const char *peer_id)
{
  const RwSeat *seat = find (self, peer_id);

  return seat != NULL ? seat->home : 0;
}

/** rw_seats_get_connection: 0 for none. */
guint64
rw_seats_get_connection (RwSeats *self, const char *peer_id)
{
  const RwSeat *seat = find (self, peer_id);

  return seat != NULL ? seat->connection : 0;
}

static void
get_numbers (RwSeats *self, const char *peer_id, RwReplayNumbers *numbers)
{
  const RwSeat *seat = find (self, peer_id);

  *numbers = (RwReplayNumbers){0};
  if (seat != NULL && seat->replay != NULL)
    rw_replay_get_numbers (seat->replay, numbers);
}

/** rw_seats_get_sent: the last number that @peer_id was sent; 0 for none. */
guint64
rw_seats_get_sent (RwSeats *self, const char *peer_id)
{
  RwReplayNumbers numbers;

  get_numbers (self, peer_id, &numbers);
  return numbers.sent;
}

/** rw_seats_get_received: the last number that came of it; 0 for none. */
guint64
rw_seats_get_received (RwSeats *self, const char *peer_id)
{
  RwReplayNumbers numbers;

  get_numbers (self, peer_id, &numbers);
  return numbers.received;
}

/** rw_seats_get_by_log: see RwSeatsMerge. */
guint64
rw_seats_get_by_log (RwSeats *self, const char *peer_id)
{
  const RwSeat *seat = find (self, peer_id);

  return seat != NULL ? seat->by_log : 0;
}

/** rw_seats_get_told: (transfer none) (nullable): see RwSeatsMerge. */
GArray *
rw_seats_get_told (RwSeats *self, const char *peer_id)
{
  const RwSeat *seat = find (self, peer_id);

  return seat != NULL ? seat->told : NULL;
}

/**
 * rw_seats_save_client:
 *
 * Returns: (transfer floating) (nullable): an (a{sv}a{sv}): @peer_id's seat,
 *   and what it is to the brain
 */
GVariant *
rw_seats_save_client (RwSeats *self, const char *peer_id)
{
  const RwSeat *seat = find (self, peer_id);

  if (seat == NULL || !rw_brain_has_client (self->brain, peer_id))
    return NULL;
  return g_variant_new ("(@a{sv}@a{sv})", rw_seat_save (seat),
                        rw_brain_save_client (self->brain, peer_id));
}
