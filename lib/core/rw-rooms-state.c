/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-brain-message-state.h"
#include "rw-fields.h"
#include "rw-rooms-private.h"

#include <string.h>

/* Rooms, saved and gone on from. As with the brain, rooms that were told the
 * same are saved as the same bytes. */

static const RwField rooms_fields[] = {
    RW_FIELD (RwRooms, behind_due_us, INT64),
};

static const RwField counts_fields[] = {
    RW_FIELD (RwRoomsCounts, published, UINT64),
    RW_FIELD (RwRoomsCounts, caught_up, UINT64),
    RW_FIELD (RwRoomsCounts, lost, UINT64),
    RW_FIELD (RwRoomsCounts, floors_granted, UINT64),
    RW_FIELD (RwRoomsCounts, floor_wait_sum_us, INT64),
};

static const RwField room_fields[] = {
    RW_FIELD (RwRoomsRoom, instance, STRING),
    RW_FIELD (RwRoomsRoom, last_sequence, UINT64),
};

static const RwField member_fields[] = {
    RW_FIELD (RwRoomsMembership, id, STRING),
    RW_FIELD (RwRoomsMembership, meta, REF_STRING),
    RW_FIELD (RwRoomsMembership, next, UINT64),
    RW_FIELD_LIMITED (RwRoomsMembership, away, TRUE),
    RW_FIELD (RwRoomsMembership, seen_us, INT64),
    RW_FIELD_LIMITED (RwRoomsMembership, quality, RW_QUALITY_POOR),
};

/* --- Saving --- */

static GVariant *
save_log (const RwRoomsRoom *room)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(xa{sv})"));
  for (const GList *l = room->log.head; l != NULL; l = l->next) {
    const RwRoomsEntry *entry = l->data;

    g_variant_builder_add (&builder, "(x@a{sv})", entry->at_us,
                           rw_brain_message_save (entry->message));
  }

  return g_variant_builder_end (&builder);
}

static GVariant *
save_rooms (RwRooms *self)
{
  g_autoptr (GList) ids = rw_fields_sorted_keys (self->rooms);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (GList *l = ids; l != NULL; l = l->next) {
    const RwRoomsRoom *room = g_hash_table_lookup (self->rooms, l->data);

    g_variant_builder_open (&builder, G_VARIANT_TYPE_VARDICT);
    rw_fields_add (&builder, "id", g_variant_new_string (room->id));
    rw_fields_save (room_fields, G_N_ELEMENTS (room_fields), room, &builder);
    rw_fields_add (&builder, "floor", rw_floor_save (room->floor));
    rw_fields_add (&builder, "members",
                   rw_fields_save_all (member_fields,
                                       G_N_ELEMENTS (member_fields),
                                       &room->order));
    rw_fields_add (&builder, "log", save_log (room));
    g_variant_builder_close (&builder);
  }

  return g_variant_builder_end (&builder);
}

/* In which rooms each client is, in the order that counts for it. */
static GVariant *
save_clients (RwRooms *self)
{
  g_autoptr (GList) ids = rw_fields_sorted_keys (self->clients);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sas)"));
  for (GList *l = ids; l != NULL; l = l->next) {
    const GPtrArray *memberships = g_hash_table_lookup (self->clients, l->data);

    g_variant_builder_open (&builder, G_VARIANT_TYPE ("(sas)"));
    g_variant_builder_add (&builder, "s", l->data);
    g_variant_builder_open (&builder, G_VARIANT_TYPE_STRING_ARRAY);
    for (guint i = 0; i < memberships->len; i++) {
      const RwRoomsMembership *member = g_ptr_array_index (memberships, i);

      g_variant_builder_add (&builder, "s", member->room->id);
    }
    g_variant_builder_close (&builder);
    g_variant_builder_close (&builder);
  }

  return g_variant_builder_end (&builder);
}

static GVariant *
save_behind (RwRooms *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ss)"));
  for (const GList *l = self->behind.head; l != NULL; l = l->next) {
    const RwRoomsMembership *member = l->data;

    g_variant_builder_add (&builder, "(ss)", member->room->id, member->id);
  }

  return g_variant_builder_end (&builder);
}

static GVariant *
save_timed (RwRooms *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (const GList *l = self->timed.head; l != NULL; l = l->next)
    g_variant_builder_add (&builder, "s", ((RwRoomsRoom *) l->data)->id);
  return g_variant_builder_end (&builder);
}

/** rw_rooms_save: as rw_brain_save(). */
GVariant *
rw_rooms_save (RwRooms *self)
{
  GVariantBuilder builder;

  g_return_val_if_fail (g_queue_is_empty (&self->output), NULL);

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  rw_fields_save (rooms_fields, G_N_ELEMENTS (rooms_fields), self, &builder);
  rw_fields_save (counts_fields, G_N_ELEMENTS (counts_fields), &self->counts,
                  &builder);
  rw_fields_add (&builder, "rooms", save_rooms (self));
  rw_fields_add (&builder, "clients", save_clients (self));
  rw_fields_add (&builder, "behind", save_behind (self));
  rw_fields_add (&builder, "timed", save_timed (self));
  return g_variant_builder_end (&builder);
}

/* --- Loading --- */

static gboolean
load_log (RwRooms *self, RwRoomsRoom *room, GVariant *log, GError **error)
{
  gsize n = g_variant_n_children (log);

  if (n > room->last_sequence)
    return rw_fields_fail (error, "log");

  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) state = NULL;
    RwRoomsEntry *entry;
    gint64 at_us;
    RwBrainMessage *message;

    g_variant_get_child (log, i, "(x@a{sv})", &at_us, &state);
    message = rw_brain_message_load (state, error);
    if (message == NULL)
      return FALSE;

    entry = g_new (RwRoomsEntry, 1);
    entry->sequence = room->last_sequence - n + 1 + i;
    entry->at_us = at_us;
    entry->message = message;
    entry->cost = rw_rooms_get_cost (message);
    room->log_bytes += entry->cost;
    self->log_bytes += entry->cost;
    g_queue_push_tail (&room->log, entry);
    if (message->sequence != entry->sequence || message->room_id == NULL)
      return rw_fields_fail (error, "log");
  }

  return TRUE;
}

static gboolean
load_member (RwRooms *self, RwRoomsRoom *room, GVariant *state, GError **error)
{
  RwRoomsMembership *member = g_new0 (RwRoomsMembership, 1);

  if (!rw_fields_load (member_fields, G_N_ELEMENTS (member_fields), member,
                       state, error) ||
      member->id == NULL || member->next == 0 ||
      member->next > room->last_sequence + 1 ||
      g_hash_table_contains (room->members, member->id)) {
    rw_rooms_membership_free (member);
    return error == NULL || *error != NULL ? FALSE
                                           : rw_fields_fail (error, "member");
  }

  rw_rooms_add_membership (self, room, member);
  return TRUE;
}

static gboolean
load_members (RwRooms *self, RwRoomsRoom *room, GVariant *members,
              GError **error)
{
  GVariantIter iter;
  GVariant *state;

  g_variant_iter_init (&iter, members);
  while ((state = g_variant_iter_next_value (&iter)) != NULL) {
    g_autoptr (GVariant) owned = state;

    if (!load_member (self, room, owned, error))
      return FALSE;
  }

  return room->order.length > 0 ? TRUE : rw_fields_fail (error, "members");
}

static gboolean
load_room (RwRooms *self, GVariant *state, GError **error)
{
  g_autoptr (GVariant) id = rw_fields_get (state, "id", "s", error);
  g_autoptr (GVariant) members =
      id != NULL ? rw_fields_get (state, "members", "aa{sv}", error) : NULL;
  g_autoptr (GVariant) log =
      members != NULL ? rw_fields_get (state, "log", "a(xa{sv})", error) : NULL;
  g_autoptr (GVariant) floor_state =
      log != NULL ? rw_fields_get (state, "floor", "a{sv}", error) : NULL;
  RwFloorConfig config;
  RwFloor *floor;
  RwRoomsRoom *room;

  if (floor_state == NULL)
    return FALSE;
  if (g_hash_table_contains (self->rooms, g_variant_get_string (id, NULL)))
    return rw_fields_fail (error, "id");
  config = rw_rooms_get_floor_config (self, g_variant_get_string (id, NULL));
  floor = rw_floor_load (&config, floor_state, error);
  if (floor == NULL)
    return FALSE;

  room = rw_rooms_add_room (self, g_variant_get_string (id, NULL), floor);
  if (!rw_fields_load (room_fields, G_N_ELEMENTS (room_fields), room, state,
                       error))
    return FALSE;

  return (room->instance != NULL || rw_fields_fail (error, "instance")) &&
         load_log (self, room, log, error) &&
         load_members (self, room, members, error);
}

static gboolean
load_rooms (RwRooms *self, GVariant *rooms, GError **error)
{
  GVariantIter iter;
  GVariant *state;

  g_variant_iter_init (&iter, rooms);
  while ((state = g_variant_iter_next_value (&iter)) != NULL) {
    g_autoptr (GVariant) owned = state;

    if (!load_room (self, owned, error))
      return FALSE;
  }

  return TRUE;
}

static RwRoomsMembership *
find_member (RwRooms *self, const char *room_id, const char *id)
{
  RwRoomsRoom *room = g_hash_table_lookup (self->rooms, room_id);

  return room != NULL ? g_hash_table_lookup (room->members, id) : NULL;
}

/* The memberships are there; this is their order. */
static gboolean
sort_memberships (RwRooms *self, const char *id, const char *const *room_ids)
{
  GPtrArray *memberships = g_hash_table_lookup (self->clients, id);

  if (memberships == NULL ||
      memberships->len != g_strv_length ((char **) room_ids))
    return FALSE;

  g_ptr_array_set_size (memberships, 0);
  for (guint i = 0; room_ids[i] != NULL; i++) {
    RwRoomsMembership *member = find_member (self, room_ids[i], id);

    if (member == NULL || g_ptr_array_find (memberships, member, NULL))
      return FALSE;
    g_ptr_array_add (memberships, member);
  }

  return TRUE;
}

static gboolean
load_clients (RwRooms *self, GVariant *clients, GError **error)
{
  for (gsize i = 0; i < g_variant_n_children (clients); i++) {
    g_autofree const char **room_ids = NULL;
    const char *id;

    g_variant_get_child (clients, i, "(&s^a&s)", &id, &room_ids);
    if (!sort_memberships (self, id, room_ids))
      return rw_fields_fail (error, "clients");
  }

  return g_variant_n_children (clients) == g_hash_table_size (self->clients)
             ? TRUE
             : rw_fields_fail (error, "clients");
}

static gboolean
load_behind (RwRooms *self, GVariant *behind, GError **error)
{
  for (gsize i = 0; i < g_variant_n_children (behind); i++) {
    const char *room_id;
    const char *id;
    RwRoomsMembership *member;

    g_variant_get_child (behind, i, "(&s&s)", &room_id, &id);
    member = find_member (self, room_id, id);
    if (member == NULL || member->behind)
      return rw_fields_fail (error, "behind");
    member->behind = TRUE;
    g_queue_push_tail_link (&self->behind, &member->as_behind);
  }

  return TRUE;
}

static gboolean
load_timed (RwRooms *self, GVariant *timed, GError **error)
{
  GHashTableIter iter;
  gpointer value;

  for (gsize i = 0; i < g_variant_n_children (timed); i++) {
    const char *id;
    RwRoomsRoom *room;

    g_variant_get_child (timed, i, "&s", &id);
    room = g_hash_table_lookup (self->rooms, id);
    if (room == NULL || room->timed)
      return rw_fields_fail (error, "timed");
    room->timed = TRUE;
    g_queue_push_tail_link (&self->timed, &room->as_timed);
  }

  g_hash_table_iter_init (&iter, self->rooms);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const RwRoomsRoom *room = value;

    if (room->timed != (rw_floor_get_wake_us (room->floor) != G_MAXINT64))
      return rw_fields_fail (error, "timed");
  }

  return TRUE;
}

/** rw_rooms_load: as rw_rooms_new(); NULL if @state is damaged. */
RwRooms *
rw_rooms_load (const RwRoomsConfig *config, GVariant *state, GError **error)
{
  g_autoptr (GVariant) rooms = rw_fields_get (state, "rooms", "aa{sv}", error);
  g_autoptr (GVariant) clients =
      rooms != NULL ? rw_fields_get (state, "clients", "a(sas)", error) : NULL;
  g_autoptr (GVariant) behind =
      clients != NULL ? rw_fields_get (state, "behind", "a(ss)", error) : NULL;
  g_autoptr (GVariant) timed =
      behind != NULL ? rw_fields_get (state, "timed", "as", error) : NULL;
  g_autoptr (RwRooms) self = rw_rooms_new (config);

  if (timed == NULL ||
      !rw_fields_load (rooms_fields, G_N_ELEMENTS (rooms_fields), self, state,
                       error) ||
      !rw_fields_load (counts_fields, G_N_ELEMENTS (counts_fields),
                       &self->counts, state, error) ||
      !load_rooms (self, rooms, error) ||
      !load_clients (self, clients, error) ||
      !load_behind (self, behind, error) || !load_timed (self, timed, error))
    return NULL;

  return g_steal_pointer (&self);
}
