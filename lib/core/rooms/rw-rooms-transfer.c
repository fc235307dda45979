/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rooms-transfer.h"

#define STATE_TYPE "a(ssmst)" /* room, instance, meta, last number */

/* --- Saving --- */

static void
add_join (GVariantBuilder *builder, const RwSignalMessage *message)
{
  g_variant_builder_add (builder, "(ssmst)", message->room_id,
                         message->instance != NULL ? message->instance : "",
                         message->meta, message->sequence);
}

static void
save_silent (const RwHubRoomJoin *join, gpointer user_data)
{
  if (join->is_silent)
    add_join (user_data, join->message);
}

static void
save_own (const RwHubRoomJoin *join, gpointer user_data)
{
  if (!join->is_silent)
    add_join (user_data, join->message);
}

static RwHubRoomJoins *
get_joins (RwRooms *self)
{
  return rw_hub_room_joiner_get_joins (rw_rooms_get_joiner (self));
}

GVariant *
rw_rooms_save_memberships (RwRooms *self, const char *id)
{
  const GPtrArray *memberships =
      rw_hub_room_table_get_memberships (rw_rooms_get_table (self), id);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (STATE_TYPE));
  for (guint i = 0; memberships != NULL && i < memberships->len; i++) {
    const RwHubRoomMember *member = g_ptr_array_index (memberships, i);
    const RwHubRoom *room = rw_hub_room_member_get_room (member);

    g_variant_builder_add (&builder, "(ssmst)", rw_hub_room_get_id (room),
                           rw_hub_room_get_instance (room),
                           rw_hub_room_member_get_meta (member),
                           rw_hub_room_member_get_next (member) - 1);
  }
  rw_hub_room_joins_foreach (get_joins (self), id, NULL, save_silent, &builder);
  return g_variant_builder_end (&builder);
}

GVariant *
rw_rooms_save_joins (RwRooms *self, const char *id)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (STATE_TYPE));
  rw_hub_room_joins_foreach (get_joins (self), id, NULL, save_own, &builder);
  return g_variant_builder_end (&builder);
}

/* --- Loading --- */

static void
load (RwRooms *self, const char *id, GVariant *state, gboolean is_silent)
{
  const RwRoomsStore *store = rw_rooms_get_store (self);
  GVariantIter iter;
  const char *room_id;
  const char *instance;
  const char *meta;
  guint64 sequence;

  g_variant_iter_init (&iter, state);
  while (g_variant_iter_next (&iter, "(&s&sm&st)", &room_id, &instance, &meta,
                              &sequence)) {
    g_autoptr (RwSignalMessage) message =
        rw_signal_message_new (RW_SIGNAL_JOIN_ROOM);
    GRefString *text = meta != NULL ? g_ref_string_new (meta) : NULL;

    message->room_id = g_strdup (room_id);
    message->instance = *instance != '\0' ? g_strdup (instance) : NULL;
    message->sequence = sequence;
    rw_signal_message_set_meta (message, text);
    rw_hub_room_joins_add (get_joins (self), id, message,
                           is_silent && message->instance != NULL);
    store->join (room_id, id, text, store->user_data);
    g_clear_pointer (&text, g_ref_string_release);
  }
}

void
rw_rooms_load_memberships (RwRooms *self, const char *id, GVariant *state)
{
  load (self, id, state, TRUE);
}

void
rw_rooms_load_joins (RwRooms *self, const char *id, GVariant *state)
{
  load (self, id, state, FALSE);
}

void
rw_rooms_release (RwRooms *self, const char *id)
{
  RwHubRoomTable *table = rw_rooms_get_table (self);
  const GPtrArray *memberships;
  RwSignalMessage *message;

  while ((message = rw_hub_room_joins_pop (get_joins (self), id)) != NULL)
    rw_signal_message_unref (message);
  while ((memberships = rw_hub_room_table_get_memberships (table, id)) !=
         NULL) {
    RwHubRoomMember *member = g_ptr_array_index (memberships, 0);
    RwHubRoomMember *remote =
        rw_hub_room_member_new_remote (rw_hub_room_member_get_room (member), id,
                                       rw_hub_room_member_get_meta (member));

    rw_hub_room_table_drop_member (table, member);
    rw_hub_room_table_add_member (table, remote);
  }
}
