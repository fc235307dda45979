/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-brain-message-state.h"
#include "rw-fields.h"
#include "rw-seats-private.h"

#include <string.h>

/* Seats, saved and gone on from: by another life of the server, or another
 * server. Seats that were told the same are saved as the same bytes. */

/* Another one is refused: raise it with every change of what is saved. */
#define STATE_VERSION 3

static const RwField seat_fields[] = {
    RW_FIELD (RwSeat, id, STRING),
    RW_FIELD (RwSeat, connection, UINT64),
    RW_FIELD (RwSeat, home, UINT64),
    RW_FIELD (RwSeat, attempt, UINT64),
    RW_FIELD_LIMITED (RwSeat, has_spoken, TRUE),
    RW_FIELD (RwSeat, token, STRING),
    RW_FIELD (RwSeat, progress_us, INT64),
    RW_FIELD (RwSeat, lost_us, INT64),
    RW_FIELD (RwSeat, ack_due_us, INT64),
    RW_FIELD_LIMITED (RwSeat, quality, RW_QUALITY_POOR),
};

static const RwField counts_fields[] = {
    RW_FIELD (RwSeatsCounts, opted_in, UINT64),
    RW_FIELD (RwSeatsCounts, resumed, UINT64),
    RW_FIELD (RwSeatsCounts, refused, UINT64),
    RW_FIELD (RwSeatsCounts, evicted, UINT64),
    RW_FIELD (RwSeatsCounts, expired, UINT64),
    RW_FIELD (RwSeatsCounts, overflowed, UINT64),
    RW_FIELD (RwSeatsCounts, replayed, UINT64),
    RW_FIELD (RwSeatsCounts, duplicates, UINT64),
    RW_FIELD (RwSeatsCounts, dropped, UINT64),
    RW_FIELD (RwSeatsCounts, held_off, UINT64),
    RW_FIELD (RwSeatsCounts, outage_sum_us, INT64),
};

/* --- Saving --- */

static void
save_kept (gpointer data, gpointer user_data)
{
  const RwSeatKept *kept = data;

  g_variant_builder_add (user_data, "(tt@a{sv})", kept->identity, kept->said,
                         rw_brain_message_save (kept->message));
}

static GVariant *
save_replay (RwReplay *replay)
{
  RwReplayNumbers numbers;
  GVariantBuilder builder;

  rw_replay_get_numbers (replay, &numbers);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("(ttta(tta{sv}))"));
  g_variant_builder_add (&builder, "t", numbers.sent);
  g_variant_builder_add (&builder, "t", numbers.received);
  g_variant_builder_add (&builder, "t", numbers.acknowledged);
  g_variant_builder_open (&builder, G_VARIANT_TYPE ("a(tta{sv})"));
  rw_replay_foreach (replay, save_kept, &builder);
  g_variant_builder_close (&builder);
  return g_variant_builder_end (&builder);
}

static GVariant *
save_bounds (const RwSeat *seat)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ut)"));
  for (guint i = 0; i < RW_SEAT_BOUNDS; i++)
    g_variant_builder_add (&builder, "(ut)", seat->bounds[i].node,
                           seat->bounds[i].after);
  return g_variant_builder_end (&builder);
}

GVariant *
rw_seat_save (const RwSeat *seat)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  rw_fields_save (seat_fields, G_N_ELEMENTS (seat_fields), seat, &builder);
  if (seat->grants != NULL)
    rw_fields_add (&builder, "grants", rw_grants_save (seat->grants));
  if (seat->replay != NULL)
    rw_fields_add (&builder, "replay", save_replay (seat->replay));
  if (seat->bounds[RW_SEAT_BOUNDS - 1].node != 0)
    rw_fields_add (&builder, "bounds", save_bounds (seat));
  return g_variant_builder_end (&builder);
}

static GVariant *
save_seats (RwSeats *self)
{
  g_autoptr (GList) ids = rw_fields_sorted_keys (self->by_id);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (GList *l = ids; l != NULL; l = l->next)
    g_variant_builder_add_value (
        &builder, rw_seat_save (g_hash_table_lookup (self->by_id, l->data)));
  return g_variant_builder_end (&builder);
}

static GVariant *
save_order (const GQueue *queue)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (const GList *l = queue->head; l != NULL; l = l->next)
    g_variant_builder_add (&builder, "s", ((RwSeat *) l->data)->id);
  return g_variant_builder_end (&builder);
}

/* All but the rooms, which are @rooms instead. */
GVariant *
rw_seats_save_with (RwSeats *self, RwRooms *rooms)
{
  GVariantBuilder builder;

  g_return_val_if_fail (g_queue_is_empty (&self->output), NULL);

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  rw_fields_add (&builder, "version", g_variant_new_uint32 (STATE_VERSION));
  rw_fields_save (counts_fields, G_N_ELEMENTS (counts_fields), &self->counts,
                  &builder);
  rw_fields_add (&builder, "outages",
                 g_variant_new_fixed_array (
                     G_VARIANT_TYPE_UINT64, self->counts.outage_buckets,
                     G_N_ELEMENTS (self->counts.outage_buckets),
                     sizeof (guint64)));
  rw_fields_add (&builder, "seats", save_seats (self));
  rw_fields_add (&builder, "waiting", save_order (&self->waiting));
  rw_fields_add (&builder, "owing", save_order (&self->owing));
  rw_fields_add (&builder, "brain", rw_brain_save (self->brain));
  rw_fields_add (&builder, "rooms", rw_rooms_save (rooms));
  return g_variant_builder_end (&builder);
}

/**
 * rw_seats_save:
 *
 * All that they are, with their brain and rooms, but for the configuration.
 * Everything must have been popped.
 *
 * Returns: (transfer floating): an a{sv}
 */
GVariant *
rw_seats_save (RwSeats *self)
{
  return rw_seats_save_with (self, self->rooms);
}

/* --- Loading --- */

static gboolean
load_kept (RwSeat *seat, GVariant *kept, GQueue *messages, GError **error)
{
  for (gsize i = 0; i < g_variant_n_children (kept); i++) {
    g_autoptr (GVariant) state = NULL;
    g_autoptr (RwBrainMessage) message = NULL;
    guint64 identity;
    guint64 said;

    g_variant_get_child (kept, i, "(tt@a{sv})", &identity, &said, &state);
    message = rw_brain_message_load (state, error);
    if (message == NULL)
      return FALSE;
    g_queue_push_tail (messages,
                       rw_seat_kept_new (seat, message, identity, said));
  }

  return TRUE;
}

RwReplay *
rw_seat_load_replay (RwSeats *self, RwSeat *seat, GVariant *state,
                     GError **error)
{
  g_autoptr (RwReplay) replay = rw_replay_new (
      self->config.max_kept, RW_SEATS_ACK_EVERY, rw_seat_kept_free);
  g_autoptr (GVariant) kept = NULL;
  GQueue messages = G_QUEUE_INIT;
  RwReplayNumbers numbers;
  gboolean done;

  g_variant_get (state, "(ttt@a(tta{sv}))", &numbers.sent, &numbers.received,
                 &numbers.acknowledged, &kept);
  done = load_kept (seat, kept, &messages, error);
  if (done && !rw_replay_restore (replay, &numbers, &messages))
    done = rw_fields_fail (error, "replay");
  g_queue_clear_full (&messages, rw_seat_kept_free);

  return done ? g_steal_pointer (&replay) : NULL;
}

static void
load_bounds (RwSeat *seat, GVariant *state)
{
  g_autoptr (GVariant) bounds =
      g_variant_lookup_value (state, "bounds", G_VARIANT_TYPE ("a(ut)"));
  gsize n = bounds != NULL ? g_variant_n_children (bounds) : 0;

  for (gsize i = 0; i < MIN (n, RW_SEAT_BOUNDS); i++)
    g_variant_get_child (bounds, i, "(ut)", &seat->bounds[i].node,
                         &seat->bounds[i].after);
}

static gboolean
load_parts (RwSeats *self, RwSeat *seat, GVariant *state, GError **error)
{
  g_autoptr (GVariant) grants =
      g_variant_lookup_value (state, "grants", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) replay = g_variant_lookup_value (
      state, "replay", G_VARIANT_TYPE ("(ttta(tta{sv}))"));

  load_bounds (seat, state);
  if (grants != NULL) {
    seat->grants = rw_grants_load (grants, error);
    if (seat->grants == NULL)
      return FALSE;
  }
  if (replay != NULL) {
    seat->shares = rw_shares_new ();
    seat->replay = rw_seat_load_replay (self, seat, replay, error);
    if (seat->replay == NULL)
      return FALSE;
  }

  return TRUE;
}

/* Whether such a seat can be, beside those that are there. */
static gboolean
fits (RwSeats *self, const RwSeat *seat)
{
  gboolean is_seat = seat->token != NULL;

  return seat->id != NULL && !g_hash_table_contains (self->by_id, seat->id) &&
         (seat->connection == 0 ||
          rw_brain_has_client (self->brain, seat->id)) &&
         is_seat == (seat->replay != NULL) &&
         (!is_seat || !g_hash_table_contains (self->by_token, seat->token)) &&
         (seat->connection == 0) == (seat->lost_us != 0) &&
         (seat->connection == 0 ? is_seat
                                : !g_hash_table_contains (self->by_connection,
                                                          &seat->connection));
}

/* (nullable): in no book yet. */
RwSeat *
rw_seat_load (RwSeats *self, GVariant *state, GError **error)
{
  RwSeat *seat = g_new0 (RwSeat, 1);

  seat->as_waiting.data = seat;
  seat->as_owing.data = seat;
  if (rw_fields_load (seat_fields, G_N_ELEMENTS (seat_fields), seat, state,
                      error) &&
      load_parts (self, seat, state, error))
    return seat;

  rw_seat_free (seat);
  return NULL;
}

static gboolean
load_seat (RwSeats *self, GVariant *state, GError **error)
{
  RwSeat *seat = rw_seat_load (self, state, error);

  if (seat == NULL)
    return FALSE;
  if (!fits (self, seat)) {
    rw_seat_free (seat);
    return rw_fields_fail (error, "seat");
  }

  g_hash_table_insert (self->by_id, seat->id, seat);
  if (seat->connection != 0)
    g_hash_table_insert (self->by_connection, &seat->connection, seat);
  if (seat->token != NULL) {
    g_hash_table_insert (self->by_token, seat->token, seat);
    self->counts.seats++;
  }
  if (seat->quality != RW_QUALITY_UNKNOWN)
    self->counts.of_quality[seat->quality]++;
  return TRUE;
}

static gboolean
load_seats (RwSeats *self, GVariant *seats, GError **error)
{
  guint n_clients = 0;
  RwBrainCounts counts;
  GVariantIter iter;
  GVariant *state;
  GHashTableIter ids;
  gpointer id;

  g_variant_iter_init (&iter, seats);
  while ((state = g_variant_iter_next_value (&iter)) != NULL) {
    g_autoptr (GVariant) owned = state;

    if (!load_seat (self, owned, error))
      return FALSE;
  }

  /* A seat may wait without a client, but no client can be without a seat. */
  g_hash_table_iter_init (&ids, self->by_id);
  while (g_hash_table_iter_next (&ids, &id, NULL))
    n_clients += rw_brain_has_client (self->brain, id);
  rw_brain_get_counts (self->brain, &counts);
  return counts.clients == n_clients ? TRUE : rw_fields_fail (error, "seats");
}

/* The order of those seats whose member at @time_offset is not 0: theirs is
 * the queue in which they are linked by the member at @link_offset. */
static gboolean
load_order (RwSeats *self, GVariant *state, const char *name, GQueue *queue,
            gsize link_offset, gsize time_offset, GError **error)
{
  g_autoptr (GVariant) ids = rw_fields_get (state, name, "as", error);
  GHashTableIter iter;
  guint n_expected = 0;
  gpointer value;

  if (ids == NULL)
    return FALSE;

  for (gsize i = 0; i < g_variant_n_children (ids); i++) {
    const char *id;
    gpointer seat;
    GList *link;

    g_variant_get_child (ids, i, "&s", &id);
    seat = g_hash_table_lookup (self->by_id, id);
    if (seat == NULL || G_STRUCT_MEMBER (gint64, seat, time_offset) == 0)
      return rw_fields_fail (error, name);
    link = G_STRUCT_MEMBER_P (seat, link_offset);
    if (link->prev != NULL || link == queue->head)
      return rw_fields_fail (error, name);
    g_queue_push_tail_link (queue, link);
  }

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    n_expected += G_STRUCT_MEMBER (gint64, value, time_offset) != 0;
  return queue->length == n_expected ? TRUE : rw_fields_fail (error, name);
}

static gboolean
load_counts (RwSeats *self, GVariant *state, GError **error)
{
  g_autoptr (GVariant) outages = rw_fields_get (state, "outages", "at", error);
  const guint64 *buckets;
  gsize n;

  if (outages == NULL)
    return FALSE;

  buckets = g_variant_get_fixed_array (outages, &n, sizeof (guint64));
  if (n != G_N_ELEMENTS (self->counts.outage_buckets))
    return rw_fields_fail (error, "outages");
  memcpy (self->counts.outage_buckets, buckets, n * sizeof (guint64));
  return rw_fields_load (counts_fields, G_N_ELEMENTS (counts_fields),
                         &self->counts, state, error);
}

static gboolean
check_version (GVariant *state, GError **error)
{
  g_autoptr (GVariant) version = rw_fields_get (state, "version", "u", error);

  if (version == NULL)
    return FALSE;
  if (g_variant_get_uint32 (version) == STATE_VERSION)
    return TRUE;

  g_set_error (error, RW_STATE_ERROR, RW_STATE_ERROR_VERSION,
               "the saved state has version %u, this program reads %u: run the "
               "same version on all nodes",
               g_variant_get_uint32 (version), STATE_VERSION);
  return FALSE;
}

/* What seats stand on. */
static gboolean
load_base (RwSeats *self, GVariant *brain, GVariant *rooms, GError **error)
{
  g_clear_pointer (&self->brain, rw_brain_free);
  self->brain =
      rw_brain_load (self->config.new_id, self->config.user_data, brain, error);
  if (self->brain == NULL)
    return FALSE;

  g_clear_pointer (&self->rooms, rw_rooms_free);
  self->rooms = rw_rooms_load (&self->config.rooms, rooms, error);
  return self->rooms != NULL;
}

/**
 * rw_seats_load:
 * @state: from rw_seats_save(), or from anywhere: it is checked, and may be
 *   any bytes under the type a{sv}
 *
 * As rw_seats_new(), going on from @state.
 *
 * Returns: (transfer full) (nullable): NULL with an RwStateError
 */
RwSeats *
rw_seats_load (const RwSeatsConfig *config, GVariant *state, GError **error)
{
  g_autoptr (RwSeats) self = NULL;
  g_autoptr (GVariant) seats = NULL;
  g_autoptr (GVariant) brain = NULL;
  g_autoptr (GVariant) rooms = NULL;

  g_return_val_if_fail (g_variant_is_of_type (state, G_VARIANT_TYPE_VARDICT),
                        NULL);

  if (!g_variant_is_normal_form (state)) {
    rw_fields_fail (error, "form");
    return NULL;
  }
  if (!check_version (state, error))
    return NULL;
  seats = rw_fields_get (state, "seats", "aa{sv}", error);
  brain = seats != NULL ? rw_fields_get (state, "brain", "a{sv}", error) : NULL;
  rooms = brain != NULL ? rw_fields_get (state, "rooms", "a{sv}", error) : NULL;
  if (rooms == NULL)
    return NULL;

  self = rw_seats_new (config);
  if (!load_base (self, brain, rooms, error) ||
      !load_seats (self, seats, error) || !load_counts (self, state, error) ||
      !load_order (self, state, "waiting", &self->waiting,
                   G_STRUCT_OFFSET (RwSeat, as_waiting),
                   G_STRUCT_OFFSET (RwSeat, lost_us), error) ||
      !load_order (self, state, "owing", &self->owing,
                   G_STRUCT_OFFSET (RwSeat, as_owing),
                   G_STRUCT_OFFSET (RwSeat, ack_due_us), error))
    return NULL;

  return g_steal_pointer (&self);
}
