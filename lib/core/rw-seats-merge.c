/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-seats-merge.h"

#include "rw-brain-merge.h"
#include "rw-fields.h"
#include "rw-seats-private.h"

/* What a node did alone becomes true for all. Its clients have been told what
 * follows from it, by that node; the others have not. */

typedef struct {
  char *id;
  RwBrainMessage *message;
} Told;

static void
told_free (gpointer data)
{
  Told *told = data;

  g_free (told->id);
  rw_brain_message_unref (told->message);
  g_free (told);
}

static gboolean
is_of_node (RwSeats *self, const char *peer_id, guint32 node)
{
  const RwSeat *seat = g_hash_table_lookup (self->by_id, peer_id);

  return seat != NULL && rw_seats_node_of (seat->home) == node;
}

/* Moves what the brain has to say to all but the clients of @node; errors are
 * news to these, too. */
static void
drain_to_others (RwSeats *self, guint32 node)
{
  GQueue others = G_QUEUE_INIT;
  RwBrainMessage *message;
  char *id;

  while ((message = rw_brain_pop (self->brain, &id)) != NULL) {
    Told *told = g_new (Told, 1);

    *told = (Told){id, message};
    if (message->type != RW_SIGNAL_ERROR_REPLY && is_of_node (self, id, node))
      told_free (told);
    else
      g_queue_push_tail (&others, told);
  }

  for (GList *l = others.head; l != NULL; l = l->next)
    rw_seats_deliver (self, ((Told *) l->data)->id,
                      ((Told *) l->data)->message);
  g_queue_clear_full (&others, told_free);
  rw_seats_drain (self);
}

/* Its client has come to another node meanwhile, and was not there before it
 * came to this one. */
static gboolean
has_moved (const RwSeat *seat, guint32 node, guint64 home, guint64 attempt)
{
  return rw_seats_node_of (seat->home) != node && seat->home != home &&
         attempt <= seat->attempt;
}

/** rw_seats_merge_gone: @peer_id, which was at @home, has left @node. */
void
rw_seats_merge_gone (RwSeats *self, guint32 node, guint64 home,
                     const char *peer_id, gint64 now_us)
{
  RwSeat *seat = g_hash_table_lookup (self->by_id, peer_id);

  if (seat == NULL || has_moved (seat, node, home, 0))
    return;

  self->now_us = now_us;
  rw_brain_remove_client (self->brain, peer_id, "the peer has left");
  drain_to_others (self, node);
  seat = g_hash_table_lookup (self->by_id, peer_id);
  if (seat != NULL)
    rw_seats_remove (self, seat, "the peer has left");
  rw_seats_drain (self);
}

/* --- A client --- */

static gboolean
is_told (const RwSeatsMerge *merge, guint64 identity)
{
  for (gsize i = 0; i < merge->n_told; i++) {
    if (merge->told[i] == identity)
      return TRUE;
  }
  return FALSE;
}

typedef struct {
  RwSeats *seats;
  const RwSeatsMerge *merge;
  gboolean (*is_news) (RwSeats *self, const RwSeatsMerge *merge,
                       const RwSeatKept *kept, guint64 seq);
  guint64 seq;
  GPtrArray *news;
} Collect;

static void
collect_news (gpointer data, gpointer user_data)
{
  const RwSeatKept *kept = data;
  Collect *collect = user_data;

  if (collect->seq > collect->merge->base &&
      collect->is_news (collect->seats, collect->merge, kept, collect->seq))
    g_ptr_array_add (collect->news, rw_brain_message_ref (kept->message));
  collect->seq++;
}

/* (transfer full): of what the seat keeps since both were one. */
static GPtrArray *
get_news (const RwSeat *seat, Collect *collect)
{
  RwReplayNumbers numbers;

  collect->news =
      g_ptr_array_new_with_free_func ((GDestroyNotify) rw_brain_message_unref);
  if (seat->replay == NULL)
    return collect->news;

  rw_replay_get_numbers (seat->replay, &numbers);
  collect->seq = numbers.sent - rw_replay_get_kept (seat->replay) + 1;
  rw_replay_foreach (seat->replay, collect_news, collect);
  return collect->news;
}

/* What others have said to a client whose node was alone. */
static gboolean
is_untold (RwSeats *self, const RwSeatsMerge *merge, const RwSeatKept *kept,
           guint64 seq)
{
  return !is_told (merge, kept->identity);
}

static guint64
get_bound (const RwSeat *seat, guint32 node)
{
  for (guint i = 0; i < RW_SEAT_BOUNDS; i++) {
    if (seat->bounds[i].node == node)
      return seat->bounds[i].after;
  }
  return 0;
}

/* Others may come to the log at the same time. */
static void
set_bound (RwSeat *seat, guint32 node, guint64 after)
{
  guint i = 0;

  while (i < RW_SEAT_BOUNDS - 1 && seat->bounds[i].node != node)
    i++;
  if (seat->bounds[i].node != node)
    i = 0;
  for (; i < RW_SEAT_BOUNDS - 1; i++)
    seat->bounds[i] = seat->bounds[i + 1];
  seat->bounds[i] = (RwSeatBound){node, after};
}

/* What the node that was alone has said to a client that has moved: but not
 * what came by the log, or was said again elsewhere, nor what is of a session
 * that was begun alone, and is over, as it has not heard of it. */
static gboolean
is_unheard (RwSeats *self, const RwSeatsMerge *merge, const RwSeatKept *kept,
            guint64 seq)
{
  const RwSeat *source =
      kept->message->source != NULL
          ? g_hash_table_lookup (self->by_id, kept->message->source)
          : NULL;

  if (kept->message->session_id != NULL &&
      !rw_brain_has_session (self->brain, kept->message->session_id))
    return FALSE;
  if (kept->said == 0)
    return seq > merge->by_log;
  return source == NULL || kept->said > get_bound (source, merge->node);
}

/* As the node has it; the news are for later. */
static gboolean
take_replay (RwSeats *self, RwSeat *seat, GVariant *state, const RwSeat *as,
             GError **error)
{
  g_autoptr (GVariant) stored = NULL;
  RwReplay *replay;

  if (as->replay == NULL)
    return seat->replay == NULL || rw_fields_fail (error, "replay");
  if (seat->token != NULL && !g_str_equal (seat->token, as->token))
    return rw_fields_fail (error, "token");

  stored = g_variant_lookup_value (state, "replay", NULL);
  if (seat->replay == NULL)
    rw_seats_open (self, seat, g_strdup (as->token));
  replay = rw_seat_load_replay (self, seat, stored, error);
  if (replay == NULL)
    return FALSE;

  rw_replay_receive_up_to (replay, rw_replay_get_received (seat->replay));
  rw_replay_free (seat->replay);
  seat->replay = replay;
  return TRUE;
}

/* From where it was to where its node has it, which may be nowhere. */
static void
move (RwSeats *self, RwSeat *seat, const RwSeat *as)
{
  guint64 from = seat->connection;

  if (as->connection == 0 && from != 0)
    rw_seats_start_waiting (self, seat, self->now_us);
  else if (as->connection != from)
    rw_rooms_set_away (self->rooms, seat->id, TRUE, self->now_us);
  seat->home = as->home;
  if (as->connection == from)
    return;

  if (from != 0)
    rw_seats_close (self, from, RW_CLOSE_CLAIMED,
                    "another connection has claimed this seat");
  if (as->connection == 0)
    return;

  self->counts.resumed++;
  g_hash_table_remove (self->by_connection, &seat->connection);
  rw_seats_stop_waiting (self, seat);
  rw_seats_sit (self, seat, as->connection);
}

/* One that has come in, and perhaps gone again. */
static RwSeat *
add_seat (RwSeats *self, const RwSeat *as)
{
  RwSeat *seat = g_new0 (RwSeat, 1);

  seat->id = g_strdup (as->id);
  seat->as_waiting.data = seat;
  seat->as_owing.data = seat;
  g_hash_table_insert (self->by_id, seat->id, seat);
  rw_seats_sit (self, seat, as->home);
  return seat;
}

/* By the log it may be that its claim of the seat was refused, and that it got
 * another one. */
static void
vacate (RwSeats *self, const RwSeat *as)
{
  RwSeat *other = g_hash_table_lookup (self->by_connection, &as->home);

  if (other != NULL && !g_str_equal (other->id, as->id))
    rw_seats_remove (self, other, "the peer has another seat");
}

static gboolean
is_sound (RwSeats *self, const RwSeat *as, const RwSeatsMerge *merge)
{
  const RwSeat *by_token = as->token != NULL
                               ? g_hash_table_lookup (self->by_token, as->token)
                               : NULL;

  return as->id != NULL && as->connection == merge->connection &&
         rw_seats_node_of (as->home) == merge->node &&
         (as->connection == 0 || as->connection == as->home) &&
         (as->token == NULL) == (as->replay == NULL) &&
         (as->connection != 0 || as->replay != NULL) &&
         (by_token == NULL || g_str_equal (by_token->id, as->id));
}

/* What was said to it since is sent now, behind what it has heard. */
static void
send_news (RwSeats *self, const char *peer_id, GPtrArray *news)
{
  for (guint i = 0; i < news->len; i++)
    rw_seats_give (self, peer_id, g_ptr_array_index (news, i));
}

/* One that has moved to another node has heard nothing of this one since it was
 * alone, or its claim would have been refused: it hears that there. One that
 * has been given up begins anew. */
static gboolean
leave_out (RwSeats *self, const RwSeat *seat, const RwSeat *as,
           const RwSeatsMerge *merge, GVariant *client, GError **error)
{
  Collect collect = {self, merge, is_unheard};
  g_autoptr (GPtrArray) news = get_news (as, &collect);

  if (as->connection != 0)
    rw_seats_close (self, as->connection, RW_CLOSE_POLICY,
                    "the servers were apart for too long");
  if (seat == NULL || !rw_brain_has_client (self->brain, as->id))
    return TRUE;
  if (merge->has_status &&
      !rw_brain_merge_status (self->brain, as->id, client, error))
    return FALSE;

  drain_to_others (self, merge->node);
  send_news (self, as->id, news);
  return TRUE;
}

static gboolean
is_left_out (RwSeats *self, const RwSeat *seat, const RwSeat *as,
             const RwSeatsMerge *merge)
{
  if (seat == NULL)
    return !merge->is_new;
  return has_moved (seat, merge->node, merge->home, as->attempt) ||
         !rw_brain_has_client (self->brain, seat->id);
}

static gboolean
merge_into (RwSeats *self, RwSeat *seat, RwSeat *as, const RwSeatsMerge *merge,
            GVariant *state, GVariant *client, GError **error)
{
  Collect collect = {self, merge, is_untold};
  g_autoptr (GPtrArray) news = get_news (seat, &collect);
  g_autofree char *peer_id = g_strdup (as->id);

  if (!take_replay (self, seat, state, as, error) ||
      !rw_brain_merge_client (self->brain, peer_id, client, error) ||
      (merge->has_status &&
       !rw_brain_merge_status (self->brain, peer_id, client, error)))
    return FALSE;

  rw_grants_free (seat->grants);
  seat->grants = g_steal_pointer (&as->grants);
  seat->has_spoken = as->has_spoken;
  seat->attempt = as->attempt;
  seat->progress_us = self->now_us;
  move (self, seat, as);
  rw_seats_set_quality (self, seat,
                        as->connection != 0 ? as->quality : RW_QUALITY_UNKNOWN);
  drain_to_others (self, merge->node);

  send_news (self, peer_id, news);
  if (as->connection != 0)
    rw_rooms_set_away (self->rooms, peer_id, FALSE, self->now_us);
  rw_rooms_note_quality (self->rooms, peer_id, as->quality);
  rw_seats_drain (self);
  return TRUE;
}

/**
 * rw_seats_merge_client:
 *
 * The client is as its node has it. What others have said to it since it was
 * alone is sent to it, behind what it has heard; what it has said to them comes
 * by rw_seats_merge_message(). One that has moved to another node meanwhile, or
 * has been given up, is not taken over: its connection is closed.
 *
 * Returns: FALSE, with an RwStateError, if the state is damaged
 */
gboolean
rw_seats_merge_client (RwSeats *self, const RwSeatsMerge *merge, gint64 now_us,
                       GError **error)
{
  g_autoptr (GVariant) state = g_variant_get_child_value (merge->state, 0);
  g_autoptr (GVariant) client = g_variant_get_child_value (merge->state, 1);
  RwSeat *as = rw_seat_load (self, state, error);
  RwSeat *seat;
  gboolean done;

  if (as == NULL)
    return FALSE;

  self->now_us = now_us;
  if (!is_sound (self, as, merge) || !rw_brain_is_client (client, as->id)) {
    rw_seat_free (as);
    return rw_fields_fail (error, "client");
  }

  seat = g_hash_table_lookup (self->by_id, as->id);
  if (is_left_out (self, seat, as, merge)) {
    done = leave_out (self, seat, as, merge, client, error);
  } else {
    vacate (self, as);
    if (seat == NULL)
      seat = add_seat (self, as);
    done = merge_into (self, seat, as, merge, state, client, error);
  }
  rw_seat_free (as);
  return done;
}

/**
 * rw_seats_merge_received:
 *
 * @peer_id has said that much while @node was alone; what of it came by the log
 * before is not for @node to pass on.
 */
void
rw_seats_merge_received (RwSeats *self, guint32 node, const char *peer_id,
                         guint64 received)
{
  RwSeat *seat = g_hash_table_lookup (self->by_id, peer_id);

  if (seat == NULL || seat->replay == NULL)
    return;

  set_bound (seat, node, rw_replay_get_received (seat->replay));
  rw_replay_receive_up_to (seat->replay, received);
}

/** rw_seats_merge_message: @peer_id has said it while its node was alone. */
void
rw_seats_merge_message (RwSeats *self, const char *peer_id,
                        const RwBrainMessage *message, gint64 now_us)
{
  RwSeat *seat = g_hash_table_lookup (self->by_id, peer_id);

  if (seat == NULL || !rw_brain_has_client (self->brain, peer_id))
    return;

  self->now_us = now_us;
  rw_seats_set_said (self, seat, message->seq);
  rw_seats_dispatch (self, seat, message, now_us);
  rw_seats_drain (self);
}

/** rw_seats_merge_done: that was all of @peer_id. */
void
rw_seats_merge_done (RwSeats *self, const char *peer_id)
{
  RwSeat *seat = g_hash_table_lookup (self->by_id, peer_id);

  if (seat == NULL || seat->replay == NULL)
    return;

  rw_seats_send_ack (self, seat);
  if (rw_seats_may_go_on (self, seat))
    rw_rooms_go_on (self->rooms, peer_id, self->now_us);
  rw_seats_drain (self);
}

/* --- Sessions --- */

/** rw_seats_merge_session: @node has begun it, with two of its clients. It is
 * over when one of them is its client no more. */
void
rw_seats_merge_session (RwSeats *self, guint32 node, const char *id,
                        const char *producer_id, const char *consumer_id,
                        gint64 now_us)
{
  self->now_us = now_us;
  rw_brain_merge_session (self->brain, id, producer_id, consumer_id,
                          is_of_node (self, producer_id, node) &&
                              is_of_node (self, consumer_id, node));
  rw_seats_drain (self);
}

/** rw_seats_merge_session_end: @node has ended it. */
void
rw_seats_merge_session_end (RwSeats *self, guint32 node, const char *id,
                            gint64 now_us)
{
  self->now_us = now_us;
  rw_brain_merge_session_end (self->brain, id);
  drain_to_others (self, node);
}
