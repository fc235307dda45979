/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-listing.h"

#include <json-glib/json-glib.h>

typedef struct {
  JsonBuilder *builder;
  const RwGrants *grants;
} Listing;

static void
add_string (JsonBuilder *builder, const char *member, const char *value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_string_value (builder, value);
}

static void
add_room (const char *room_id, guint n_members, gpointer user_data)
{
  Listing *listing = user_data;

  if (!rw_grants_allow_room (listing->grants, room_id))
    return;

  json_builder_begin_object (listing->builder);
  add_string (listing->builder, "room_id", room_id);
  json_builder_set_member_name (listing->builder, "members");
  json_builder_add_int_value (listing->builder, n_members);
  json_builder_end_object (listing->builder);
}

/* Of a member at another server this one knows no more than its id. */
static void
add_member (const char *id, const RwRoomsMember *member, gpointer user_data)
{
  Listing *listing = user_data;

  json_builder_begin_object (listing->builder);
  add_string (listing->builder, "peer_id", id);
  json_builder_set_member_name (listing->builder, "is_connected");
  if (member->is_remote)
    json_builder_add_null_value (listing->builder);
  else
    json_builder_add_boolean_value (listing->builder, member->is_connected);
  add_string (listing->builder, "connection_quality",
              rw_quality_to_string (member->quality));
  json_builder_end_object (listing->builder);
}

static JsonBuilder *
begin_list (const char *name)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  return builder;
}

static char *
end_list (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = NULL;

  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

/**
 * rw_server_listing_rooms:
 * @grants: (nullable): whose rooms; NULL for all
 *
 * {"rooms":[{"room_id","members"}]}
 */
char *
rw_server_listing_rooms (RwRooms *rooms, const RwGrants *grants)
{
  g_autoptr (JsonBuilder) builder = begin_list ("rooms");
  Listing listing = {builder, grants};

  rw_rooms_foreach (rooms, add_room, &listing);
  return end_list (builder);
}

/**
 * rw_server_listing_members:
 *
 * {"members":[{"peer_id","is_connected","connection_quality"}]}; no members if
 * there is no such room.
 */
char *
rw_server_listing_members (RwRooms *rooms, const char *room_id)
{
  g_autoptr (JsonBuilder) builder = begin_list ("members");
  Listing listing = {builder, NULL};

  rw_rooms_foreach_member (rooms, room_id, add_member, &listing);
  return end_list (builder);
}
