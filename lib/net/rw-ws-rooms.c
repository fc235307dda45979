/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ws-rooms.h"

#include <string.h>

#include "rw-json-text.h"
#include "rw-ws-signaller-private.h"

/* Rooms: what is asked for goes into the conversation; what is heard comes out
 * as signals. All that is kept here is which rooms we are to be in, and what we
 * have had of each. */

/* What surrounds the JSON of the application in a message. */
#define ENVELOPE_BYTES 4096

/* A room that we are to be in. */
typedef struct {
  JsonNode *meta; /* NULL for none */
  char *instance; /* which life of it we were in; NULL: we never were */
  guint64 sequence;
  gint64 lost_us; /* when our seat there was lost; 0: it was not */
} Room;

enum {
  SIGNAL_ROOM_JOINED,
  SIGNAL_MEMBER_JOINED,
  SIGNAL_MEMBER_LEFT,
  SIGNAL_ROOM_MESSAGE,
  SIGNAL_RECONNECTION_DETECTED,
  SIGNAL_FLOOR_GRANTED,
  SIGNAL_FLOOR_QUEUED,
  SIGNAL_FLOOR_DENIED,
  SIGNAL_FLOOR_TAKEN,
  SIGNAL_FLOOR_RELEASED,
  SIGNAL_ROOM_ERROR,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

#define STATIC_STRING (G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE)

#define INSTALL(id, name, n_args, ...)                                         \
  signals[id] =                                                                \
      g_signal_new (name, RW_TYPE_WS_SIGNALLER, G_SIGNAL_RUN_LAST, 0, NULL,    \
                    NULL, NULL, G_TYPE_NONE, n_args, __VA_ARGS__)

void
rw_ws_signaller_install_room_signals (void)
{
  INSTALL (SIGNAL_ROOM_JOINED, "room-joined", 4, STATIC_STRING, G_TYPE_UINT64,
           G_TYPE_POINTER, STATIC_STRING);
  INSTALL (SIGNAL_MEMBER_JOINED, "member-joined", 3, STATIC_STRING,
           STATIC_STRING, STATIC_STRING);
  INSTALL (SIGNAL_MEMBER_LEFT, "member-left", 2, STATIC_STRING, STATIC_STRING);
  INSTALL (SIGNAL_ROOM_MESSAGE, "room-message", 4, STATIC_STRING, G_TYPE_UINT64,
           STATIC_STRING, STATIC_STRING);
  INSTALL (SIGNAL_RECONNECTION_DETECTED, "reconnection-detected", 5,
           STATIC_STRING, G_TYPE_UINT64, G_TYPE_UINT64, G_TYPE_UINT64,
           STATIC_STRING);
  INSTALL (SIGNAL_FLOOR_GRANTED, "floor-granted", 2, STATIC_STRING,
           G_TYPE_UINT64);
  INSTALL (SIGNAL_FLOOR_QUEUED, "floor-queued", 2, STATIC_STRING, G_TYPE_UINT);
  INSTALL (SIGNAL_FLOOR_DENIED, "floor-denied", 2, STATIC_STRING,
           STATIC_STRING);
  INSTALL (SIGNAL_FLOOR_TAKEN, "floor-taken", 2, STATIC_STRING, STATIC_STRING);
  INSTALL (SIGNAL_FLOOR_RELEASED, "floor-released", 3, STATIC_STRING,
           STATIC_STRING, STATIC_STRING);
  INSTALL (SIGNAL_ROOM_ERROR, "room-error", 3, STATIC_STRING, STATIC_STRING,
           STATIC_STRING);
}

/* ---- saying ---- */

static RwSignalMessage *
new_message (RwSignalType type, const char *room_id)
{
  RwSignalMessage *message = rw_signal_message_new (type);

  message->room_id = g_strdup (room_id);
  return message;
}

static void
say (RwWsSignaller *self, RwSignalMessage *message)
{
  rw_conversation_say (self->conversation, message);
}

/* The server would have to guess; so the caller is told before. */
static gboolean
check_room_id (const char *room_id, GError **error)
{
  gsize len = strlen (room_id);

  if (len > 0 && len <= RW_SIGNAL_MAX_ID && g_utf8_validate (room_id, -1, NULL))
    return TRUE;
  g_set_error_literal (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
                       "A room's id must be 1 to 256 bytes of UTF-8");
  return FALSE;
}

static gboolean
parse_json (const char *text, JsonNode **node, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gsize len = text != NULL ? strlen (text) : 0;

  *node = NULL;
  if (text == NULL)
    return TRUE;
  if (len > RW_SIGNAL_MAX_FRAME - ENVELOPE_BYTES) {
    g_set_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
                 "%" G_GSIZE_FORMAT " bytes are too many for one message", len);
    return FALSE;
  }
  if (rw_json_text_check (text, len, RW_JSON_TEXT_MAX_DEPTH - 1, &cause))
    *node = json_from_string (text, &cause);
  if (cause == NULL)
    return TRUE;
  g_set_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
               "What is said in a room must be JSON: %s", cause->message);
  return FALSE;
}

static gboolean
check_server (RwWsSignaller *self, GError **error)
{
  if (self->seat == NULL || self->seat->resilient)
    return TRUE;
  g_set_error (error, RW_FAILURE_ERROR, RW_FAILURE_REFUSED,
               "The signalling server %s keeps no seats, and so has no rooms",
               rw_ws_line_get_uri (self->seat->line));
  return FALSE;
}

static RwSignalMessage *
new_join (const char *room_id, const Room *room)
{
  RwSignalMessage *message = new_message (RW_SIGNAL_JOIN_ROOM, room_id);

  message->meta = room->meta != NULL ? json_node_ref (room->meta) : NULL;
  return message;
}

static void
room_free (gpointer data)
{
  Room *room = data;

  g_clear_pointer (&room->meta, json_node_unref);
  g_free (room->instance);
  g_free (room);
}

GHashTable *
rw_ws_signaller_new_rooms (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, room_free);
}

static Room *
ensure_room (RwWsSignaller *self, const char *room_id)
{
  Room *room = g_hash_table_lookup (self->rooms, room_id);

  if (room == NULL) {
    room = g_new0 (Room, 1);
    g_hash_table_insert (self->rooms, g_strdup (room_id), room);
  }

  return room;
}

gboolean
rw_ws_signaller_join_room (RwWsSignaller *self, const char *room_id,
                           const char *meta, GError **error)
{
  g_autoptr (JsonNode) node = NULL;
  Room *room;

  g_return_val_if_fail (RW_IS_WS_SIGNALLER (self), FALSE);
  g_return_val_if_fail (room_id != NULL, FALSE);

  if (!check_room_id (room_id, error) || !parse_json (meta, &node, error) ||
      !check_server (self, error))
    return FALSE;
  room = ensure_room (self, room_id);
  g_clear_pointer (&room->meta, json_node_unref);
  room->meta = g_steal_pointer (&node);
  say (self, new_join (room_id, room));
  return TRUE;
}

void
rw_ws_signaller_leave_room (RwWsSignaller *self, const char *room_id)
{
  g_return_if_fail (RW_IS_WS_SIGNALLER (self));
  g_return_if_fail (room_id != NULL);

  if (g_hash_table_remove (self->rooms, room_id))
    say (self, new_message (RW_SIGNAL_LEAVE_ROOM, room_id));
}

gboolean
rw_ws_signaller_publish (RwWsSignaller *self, const char *room_id,
                         const char *data, GError **error)
{
  g_autoptr (JsonNode) node = NULL;
  RwSignalMessage *message;

  g_return_val_if_fail (RW_IS_WS_SIGNALLER (self), FALSE);
  g_return_val_if_fail (room_id != NULL && data != NULL, FALSE);

  if (!parse_json (data, &node, error))
    return FALSE;
  if (!g_hash_table_contains (self->rooms, room_id)) {
    g_set_error (error, RW_FAILURE_ERROR, RW_FAILURE_REFUSED,
                 "Nothing can be published in room \"%s\" before it is joined",
                 room_id);
    return FALSE;
  }
  message = new_message (RW_SIGNAL_PUBLISH, room_id);
  message->meta = g_steal_pointer (&node);
  say (self, message);
  return TRUE;
}

void
rw_ws_signaller_request_floor (RwWsSignaller *self, const char *room_id,
                               guint priority, gboolean wait)
{
  RwSignalMessage *message;

  g_return_if_fail (RW_IS_WS_SIGNALLER (self));
  g_return_if_fail (room_id != NULL);
  g_return_if_fail (priority <= RW_SIGNAL_MAX_PRIORITY);

  message = new_message (RW_SIGNAL_REQUEST_FLOOR, room_id);
  message->number = priority;
  message->no_wait = !wait;
  say (self, message);
}

void
rw_ws_signaller_release_floor (RwWsSignaller *self, const char *room_id)
{
  g_return_if_fail (RW_IS_WS_SIGNALLER (self));
  g_return_if_fail (room_id != NULL);

  say (self, new_message (RW_SIGNAL_RELEASE_FLOOR, room_id));
}

/* ---- a new line ---- */

/* A handler may join or leave. */
static GList *
copy_room_ids (RwWsSignaller *self)
{
  GList *ids = g_hash_table_get_keys (self->rooms);

  for (GList *l = ids; l != NULL; l = l->next)
    l->data = g_strdup (l->data);
  return ids;
}

static void
lament (RwWsSignaller *self)
{
  GList *ids = copy_room_ids (self);

  for (GList *l = ids; l != NULL; l = l->next)
    g_signal_emit (self, signals[SIGNAL_ROOM_ERROR], 0, l->data, "seat-needed",
                   "this signalling server has no rooms");
  g_list_free_full (ids, g_free);
}

/* On a new seat, to be told what we have missed since the old one. */
static RwSignalMessage *
new_rejoin (RwWsSignaller *self, const char *room_id, Room *room)
{
  RwSignalMessage *message = new_join (room_id, room);

  if (room->instance == NULL || room->sequence > G_MAXINT64)
    return message;

  message->instance = g_strdup (room->instance);
  message->sequence = room->sequence;
  if (room->lost_us == 0)
    room->lost_us = self->lost_us;
  return message;
}

/* Before anything else is said on a seat that knows nothing of us. */
void
rw_ws_signaller_rejoin_rooms (RwWsSignaller *self)
{
  GHashTableIter iter;
  gpointer room_id, room;

  if (!self->seat->resilient) {
    lament (self);
    return;
  }
  g_hash_table_iter_init (&iter, self->rooms);
  while (g_hash_table_iter_next (&iter, &room_id, &room))
    rw_conversation_say_first (self->conversation,
                               new_rejoin (self, room_id, room));
}

/* ---- hearing ---- */

static char *
dup_json (JsonNode *node)
{
  return node != NULL ? json_to_string (node, FALSE) : NULL;
}

static void
note_joined (RwWsSignaller *self, const RwSignalMessage *message)
{
  Room *room = g_hash_table_lookup (self->rooms, message->room_id);

  if (room == NULL)
    return;
  if (g_strcmp0 (room->instance, message->instance) != 0)
    room->lost_us = 0;
  g_free (room->instance);
  room->instance = g_strdup (message->instance);
  room->sequence = message->sequence;
}

static void
hear_joined (RwWsSignaller *self, const RwSignalMessage *message)
{
  g_autoptr (GPtrArray) nobody = g_ptr_array_new ();

  note_joined (self, message);
  g_signal_emit (
      self, signals[SIGNAL_ROOM_JOINED], 0, message->room_id, message->sequence,
      message->peers != NULL ? message->peers : nobody, message->peer_id);
}

static void
note_message (RwWsSignaller *self, const RwSignalMessage *message)
{
  Room *room = g_hash_table_lookup (self->rooms, message->room_id);

  if (room != NULL && message->type == RW_SIGNAL_ROOM_MESSAGE)
    room->sequence = message->sequence;
}

static void
hear_json (RwWsSignaller *self, const RwSignalMessage *message)
{
  g_autofree char *text = dup_json (message->meta);

  note_message (self, message);
  if (message->type == RW_SIGNAL_MEMBER_JOINED)
    g_signal_emit (self, signals[SIGNAL_MEMBER_JOINED], 0, message->room_id,
                   message->peer_id, text);
  else
    g_signal_emit (self, signals[SIGNAL_ROOM_MESSAGE], 0, message->room_id,
                   message->sequence, message->peer_id, text);
}

/* What is gone is not to be missed again. How long a new seat's owner was away
 * the server can only tell from what was missed; we know better. */
static void
hear_reconnection (RwWsSignaller *self, const RwSignalMessage *message)
{
  Room *room = g_hash_table_lookup (self->rooms, message->room_id);
  guint64 outage_ms = message->time_ms;

  if (room != NULL && room->lost_us != 0) {
    gint64 away_us = rw_clock_get_now_us (self->clock) - room->lost_us;

    outage_ms = MAX (outage_ms, (guint64) away_us / 1000);
    room->lost_us = 0;
  }
  if (room != NULL)
    room->sequence += message->lost;
  g_signal_emit (self, signals[SIGNAL_RECONNECTION_DETECTED], 0,
                 message->room_id, outage_ms, message->number, message->lost,
                 message->peer_id);
}

static void
hear_error (RwWsSignaller *self, const RwSignalMessage *message)
{
  /* Not to be tried again on the next line. */
  if (g_strcmp0 (message->code, "too-many-rooms") == 0)
    g_hash_table_remove (self->rooms, message->room_id);
  g_signal_emit (self, signals[SIGNAL_ROOM_ERROR], 0, message->room_id,
                 message->code != NULL ? message->code : "", message->details);
}

static gboolean
hear_floor (RwWsSignaller *self, const RwSignalMessage *message)
{
  const char *room_id = message->room_id;

  switch (message->type) {
  case RW_SIGNAL_FLOOR_GRANTED:
    g_signal_emit (self, signals[SIGNAL_FLOOR_GRANTED], 0, room_id,
                   message->time_ms);
    return TRUE;
  case RW_SIGNAL_FLOOR_QUEUED:
    g_signal_emit (self, signals[SIGNAL_FLOOR_QUEUED], 0, room_id,
                   (guint) MIN (message->number, G_MAXUINT));
    return TRUE;
  case RW_SIGNAL_FLOOR_DENIED:
    g_signal_emit (self, signals[SIGNAL_FLOOR_DENIED], 0, room_id,
                   message->peer_id);
    return TRUE;
  case RW_SIGNAL_FLOOR_TAKEN:
    g_signal_emit (self, signals[SIGNAL_FLOOR_TAKEN], 0, room_id,
                   message->peer_id);
    return TRUE;
  case RW_SIGNAL_FLOOR_RELEASED:
    g_signal_emit (self, signals[SIGNAL_FLOOR_RELEASED], 0, room_id,
                   message->peer_id, message->reason);
    return TRUE;
  default:
    return FALSE;
  }
}

/* FALSE for what is not about a room. */
gboolean
rw_ws_signaller_hear_room (RwWsSignaller *self, const RwSignalMessage *message)
{
  if (message->room_id == NULL)
    return FALSE;

  switch (message->type) {
  case RW_SIGNAL_ROOM_JOINED:
    hear_joined (self, message);
    return TRUE;
  case RW_SIGNAL_MEMBER_JOINED:
  case RW_SIGNAL_ROOM_MESSAGE:
    hear_json (self, message);
    return TRUE;
  case RW_SIGNAL_MEMBER_LEFT:
    g_signal_emit (self, signals[SIGNAL_MEMBER_LEFT], 0, message->room_id,
                   message->peer_id);
    return TRUE;
  case RW_SIGNAL_RECONNECTION_DETECTED:
    hear_reconnection (self, message);
    return TRUE;
  case RW_SIGNAL_ERROR_REPLY:
    hear_error (self, message);
    return TRUE;
  default:
    return hear_floor (self, message);
  }
}
