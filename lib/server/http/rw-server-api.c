/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-api.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "rw-quality-json.h"
#include "rw-rooms.h"
#include "rw-server-http.h"
#include "rw-server-listing.h"

#define ROOMS   "/webrtc/rooms"
#define PREFIX  ROOMS "/"
#define QUALITY "/connection-quality"
#define STATE   "/reconnection-state"
#define MEMBERS "/members"

/** rw_server_api_takes: whether @path is for rw_server_api_answer(). */
gboolean
rw_server_api_takes (const char *path)
{
  return g_str_has_prefix (path, PREFIX) || g_str_equal (path, ROOMS);
}

/* The room in @path if it ends in @suffix; else NULL. */
static char *
dup_room_id (const char *path, const char *suffix)
{
  const char *room = path + strlen (PREFIX);
  gsize len = strlen (room);

  if (!g_str_has_suffix (room, suffix) || len <= strlen (suffix))
    return NULL;
  return g_strndup (room, len - strlen (suffix));
}

/* The peer of a request is the one that its token names; without tokens, the
 * one that the request names. */
static const char *
get_user (const RwGrants *grants, GHashTable *query)
{
  if (grants != NULL)
    return grants->user;
  return query != NULL ? g_hash_table_lookup (query, "user_id") : NULL;
}

/* Requests have no rate: what changes nothing is not for the state, which
 * records all that is sent to it. */
static void
note_quality (RwServerState *state, const char *room_id, const char *user,
              RwQuality quality)
{
  RwClients *clients = rw_server_state_get_clients (state);
  const char *id =
      user != NULL ? rw_clients_find_user (clients, user, room_id) : NULL;
  RwRoomsMember member;

  if (id != NULL &&
      rw_rooms_get_member (rw_clients_get_rooms (clients), room_id, id,
                           &member) &&
      member.quality != quality)
    rw_rooms_set_quality (rw_clients_get_rooms (clients), room_id, id, quality);
}

static void
answer_metrics (RwServerState *state, SoupServerMessage *msg,
                const char *room_id, const char *user, GBytes *body)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  RwQualityMetrics metrics;
  gsize len;
  const char *data = g_bytes_get_data (body, &len);

  if (!rw_quality_metrics_parse (&metrics, data != NULL ? data : "", len,
                                 &error)) {
    rw_server_http_answer_error (msg, SOUP_STATUS_BAD_REQUEST, error->message);
    return;
  }

  note_quality (state, room_id, user, rw_quality_judge (&metrics));
  text = rw_quality_report_to_json (&metrics, g_get_real_time ());
  rw_server_http_answer_json (msg, text);
}

static void
answer_quality (RwServerState *state, SoupServerMessage *msg,
                const char *room_id, const char *user)
{
  SoupMessageBody *body = soup_server_message_get_request_body (msg);
  g_autoptr (GBytes) bytes = NULL;

  /* The reader of the headers has not kept a body that is too long, or whose
   * length nobody knew. */
  if (!soup_message_body_get_accumulate (body)) {
    rw_server_http_answer_error (
        msg, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE,
        "the request needs a body of at most 16 KiB with a Content-Length");
    return;
  }

  bytes = soup_message_body_flatten (body);
  answer_metrics (state, msg, room_id, user, bytes);
}

static void
add_string (JsonBuilder *builder, const char *member, const char *value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_string_value (builder, value);
}

/* Rooms live by a clock of their own; people by the other one. */
static char *
dup_last_seen (const RwRoomsMember *member, gint64 now_us)
{
  gint64 ago_us =
      member->is_connected ? 0 : MAX (now_us - member->last_seen_us, 0);
  g_autoptr (GDateTime) then = g_date_time_new_from_unix_utc (
      (g_get_real_time () - ago_us) / G_USEC_PER_SEC);

  return g_date_time_format_iso8601 (then);
}

static char *
state_to_json (const char *room_id, const char *user,
               const RwRoomsMember *member, gint64 now_us)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *last_seen = dup_last_seen (member, now_us);

  json_builder_begin_object (builder);
  add_string (builder, "room_id", room_id);
  add_string (builder, "user_id", user);
  json_builder_set_member_name (builder, "state");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "last_sequence");
  json_builder_add_int_value (builder, (gint64) member->last_sequence);
  add_string (builder, "last_seen", last_seen);
  json_builder_set_member_name (builder, "is_connected");
  json_builder_add_boolean_value (builder, member->is_connected);
  add_string (builder, "connection_quality",
              rw_quality_to_string (member->quality));
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);

  return json_to_string (root, FALSE);
}

static void
answer_state (RwServerState *state, SoupServerMessage *msg, const char *room_id,
              const char *user)
{
  RwClients *clients = rw_server_state_get_clients (state);
  g_autofree char *text = NULL;
  const char *id;
  RwRoomsMember member;

  if (user == NULL) {
    rw_server_http_answer_error (
        msg, SOUP_STATUS_BAD_REQUEST,
        "a server without tokens needs ?user_id=<peer id>");
    return;
  }

  id = rw_clients_find_user (clients, user, room_id);
  if (id == NULL || !rw_rooms_get_member (rw_clients_get_rooms (clients),
                                          room_id, id, &member)) {
    rw_server_http_answer_error (msg, SOUP_STATUS_NOT_FOUND,
                                 "the user is not in the room");
    return;
  }

  text = state_to_json (room_id, user, &member, g_get_monotonic_time ());
  rw_server_http_answer_json (msg, text);
}

static void
answer_method (SoupServerMessage *msg, const char *allowed)
{
  soup_message_headers_replace (soup_server_message_get_response_headers (msg),
                                "Allow", allowed);
  rw_server_http_answer_error (msg, SOUP_STATUS_METHOD_NOT_ALLOWED,
                               "the method is not allowed on this path");
}

/* GET only; answers itself if it is another method. */
static gboolean
check_get (SoupServerMessage *msg)
{
  if (rw_server_http_is_get (msg))
    return TRUE;
  answer_method (msg, "GET, HEAD");
  return FALSE;
}

static void
answer_rooms (RwServerState *state, SoupServerMessage *msg,
              const RwGrants *grants)
{
  RwRooms *rooms = rw_clients_get_rooms (rw_server_state_get_clients (state));
  g_autofree char *text = NULL;

  if (!check_get (msg))
    return;
  text = rw_server_listing_rooms (rooms, grants);
  rw_server_http_answer_json (msg, text);
}

static void
answer_members (RwServerState *state, SoupServerMessage *msg,
                const char *room_id)
{
  RwRooms *rooms = rw_clients_get_rooms (rw_server_state_get_clients (state));
  g_autofree char *text = NULL;

  if (!check_get (msg))
    return;
  text = rw_server_listing_members (rooms, room_id);
  rw_server_http_answer_json (msg, text);
}

/**
 * rw_server_api_answer:
 * @path: of a request that it takes, decoded
 * @query: (nullable)
 * @grants: (nullable): of its bearer; NULL for an open server
 */
void
rw_server_api_answer (RwServerState *state, SoupServerMessage *msg,
                      const char *path, GHashTable *query,
                      const RwGrants *grants)
{
  g_autofree char *quality_room = NULL;
  g_autofree char *state_room = NULL;
  g_autofree char *members_room = NULL;
  const char *room;
  const char *user = get_user (grants, query);

  if (g_str_equal (path, ROOMS)) {
    answer_rooms (state, msg, grants);
    return;
  }

  quality_room = dup_room_id (path, QUALITY);
  state_room = dup_room_id (path, STATE);
  members_room = dup_room_id (path, MEMBERS);
  room = quality_room != NULL ? quality_room
         : state_room != NULL ? state_room
                              : members_room;
  if (room == NULL) {
    rw_server_http_answer_error (msg, SOUP_STATUS_NOT_FOUND, "unknown path");
  } else if (!rw_grants_allow_room (grants, room)) {
    rw_server_http_answer_error (msg, SOUP_STATUS_FORBIDDEN,
                                 "the token does not allow the room");
  } else if (quality_room != NULL) {
    if (rw_server_http_is_post (msg))
      answer_quality (state, msg, room, user);
    else
      answer_method (msg, "POST");
  } else if (members_room != NULL) {
    answer_members (state, msg, room);
  } else if (check_get (msg)) {
    answer_state (state, msg, room, user);
  }
}
