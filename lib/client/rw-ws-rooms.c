/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ws-rooms.h"

#include "rw-failure.h"
#include "rw-room-input.h"
#include "rw-room-table.h"

/* Requests go into the reliable channel, messages come out as signals. */

struct _RwWsRooms {
  GObject parent_instance;
  RwClock *clock;
  RwReliableChannel *channel;     /* NULL: its owner has gone */
  RwServerConnection *connection; /* the one in use, or NULL */
  gint64 disconnected_us;         /* when there was one last */
  RwRoomTable *table;
};

G_DEFINE_FINAL_TYPE (RwWsRooms, rw_ws_rooms, G_TYPE_OBJECT)

enum {
  SIGNAL_CONNECTED,
  SIGNAL_DISCONNECTED,
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
      g_signal_new (name, RW_TYPE_WS_ROOMS, G_SIGNAL_RUN_LAST, 0, NULL, NULL,  \
                    NULL, G_TYPE_NONE, n_args, __VA_ARGS__)

static void
install_signals (void)
{
  INSTALL (SIGNAL_CONNECTED, "connected", 1, G_TYPE_BOOLEAN);
  INSTALL (SIGNAL_DISCONNECTED, "disconnected", 0, G_TYPE_NONE);
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

static void
rw_ws_rooms_finalize (GObject *object)
{
  RwWsRooms *self = RW_WS_ROOMS (object);

  rw_room_table_free (self->table);
  g_clear_object (&self->connection);
  g_object_unref (self->clock);
  G_OBJECT_CLASS (rw_ws_rooms_parent_class)->finalize (object);
}

static void
rw_ws_rooms_class_init (RwWsRoomsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_ws_rooms_finalize;
  install_signals ();
}

static void
rw_ws_rooms_init (RwWsRooms *self)
{
  self->table = rw_room_table_new ();
}

/* ---- requests ---- */

static RwSignalMessage *
new_message (RwSignalType type, const char *room_id)
{
  RwSignalMessage *message = rw_signal_message_new (type);

  message->room_id = g_strdup (room_id);
  return message;
}

/* Takes @message. */
static void
submit (RwWsRooms *self, RwSignalMessage *message)
{
  if (self->channel != NULL)
    rw_reliable_channel_send (self->channel, message);
  else
    rw_signal_message_unref (message);
}

static gboolean
check_server (RwWsRooms *self, GError **error)
{
  if (self->connection == NULL ||
      rw_server_connection_has_resumption (self->connection))
    return TRUE;
  g_set_error (error, RW_FAILURE_ERROR, RW_FAILURE_REFUSED,
               "The signalling server %s has no rooms",
               rw_server_connection_get_uri (self->connection));
  return FALSE;
}

gboolean
rw_ws_rooms_join (RwWsRooms *self, const char *room_id, const char *meta,
                  GError **error)
{
  g_return_val_if_fail (RW_IS_WS_ROOMS (self), FALSE);
  g_return_val_if_fail (room_id != NULL, FALSE);

  if (!rw_room_input_check_id (room_id, error) ||
      !rw_room_input_check_json (meta, error) || !check_server (self, error))
    return FALSE;
  rw_room_table_add (self->table, room_id, meta);
  submit (self, rw_room_table_new_join (self->table, room_id));
  return TRUE;
}

void
rw_ws_rooms_leave (RwWsRooms *self, const char *room_id)
{
  g_return_if_fail (RW_IS_WS_ROOMS (self));
  g_return_if_fail (room_id != NULL);

  if (rw_room_table_remove (self->table, room_id))
    submit (self, new_message (RW_SIGNAL_LEAVE_ROOM, room_id));
}

gboolean
rw_ws_rooms_publish (RwWsRooms *self, const char *room_id, const char *data,
                     GError **error)
{
  RwSignalMessage *message;

  g_return_val_if_fail (RW_IS_WS_ROOMS (self), FALSE);
  g_return_val_if_fail (room_id != NULL && data != NULL, FALSE);

  if (!rw_room_input_check_json (data, error))
    return FALSE;
  if (!rw_room_table_contains (self->table, room_id)) {
    g_set_error (error, RW_FAILURE_ERROR, RW_FAILURE_REFUSED,
                 "Nothing can be published in room \"%s\" before it is joined",
                 room_id);
    return FALSE;
  }
  message = new_message (RW_SIGNAL_PUBLISH, room_id);
  message->meta = g_ref_string_new (data);
  submit (self, message);
  return TRUE;
}

void
rw_ws_rooms_request_floor (RwWsRooms *self, const char *room_id, guint priority,
                           gboolean wait)
{
  RwSignalMessage *message;

  g_return_if_fail (RW_IS_WS_ROOMS (self));
  g_return_if_fail (room_id != NULL);
  g_return_if_fail (priority <= RW_SIGNAL_MAX_PRIORITY);

  message = new_message (RW_SIGNAL_REQUEST_FLOOR, room_id);
  message->priority = priority;
  message->no_wait = !wait;
  submit (self, message);
}

void
rw_ws_rooms_release_floor (RwWsRooms *self, const char *room_id)
{
  g_return_if_fail (RW_IS_WS_ROOMS (self));
  g_return_if_fail (room_id != NULL);

  submit (self, new_message (RW_SIGNAL_RELEASE_FLOOR, room_id));
}

/* ---- a new connection ---- */

/* At a server that does not know the client. A handler may join or leave. */
static void
rejoin (RwWsRooms *self)
{
  GList *ids = rw_room_table_copy_ids (self->table);
  gboolean has_rooms = rw_server_connection_has_resumption (self->connection);

  for (GList *l = ids; l != NULL; l = l->next) {
    if (!has_rooms)
      g_signal_emit (self, signals[SIGNAL_ROOM_ERROR], 0, l->data,
                     "seat-needed", "this signalling server has no rooms");
    else
      rw_reliable_channel_send_first (
          self->channel, rw_room_table_new_rejoin (self->table, l->data,
                                                   self->disconnected_us));
  }
  g_list_free_full (ids, g_free);
}

void
rw_ws_rooms_connect (RwWsRooms *self, RwServerConnection *connection)
{
  g_set_object (&self->connection, connection);
  if (!rw_server_connection_is_resumed (connection))
    rejoin (self);
  g_signal_emit (self, signals[SIGNAL_CONNECTED], 0,
                 rw_server_connection_is_resumed (connection));
}

void
rw_ws_rooms_disconnect (RwWsRooms *self)
{
  if (self->connection == NULL)
    return;
  self->disconnected_us = rw_clock_get_now_us (self->clock);
  g_clear_object (&self->connection);
  g_signal_emit (self, signals[SIGNAL_DISCONNECTED], 0);
}

void
rw_ws_rooms_end (RwWsRooms *self)
{
  rw_room_table_clear (self->table);
}

void
rw_ws_rooms_detach (RwWsRooms *self)
{
  g_clear_object (&self->connection);
  self->channel = NULL;
}

RwWsRooms *
rw_ws_rooms_new (RwClock *clock, RwReliableChannel *channel)
{
  RwWsRooms *self = g_object_new (RW_TYPE_WS_ROOMS, NULL);

  self->clock = g_object_ref (clock);
  self->channel = channel;
  return self;
}

/* ---- messages ---- */

static void
receive_joined (RwWsRooms *self, const RwSignalMessage *message)
{
  g_autoptr (GPtrArray) nobody = g_ptr_array_new ();

  rw_room_table_note_joined (self->table, message);
  g_signal_emit (
      self, signals[SIGNAL_ROOM_JOINED], 0, message->room_id, message->sequence,
      message->peers != NULL ? message->peers : nobody, message->peer_id);
}

static void
receive_json (RwWsRooms *self, const RwSignalMessage *message)
{
  const char *text = message->meta;

  if (message->type == RW_SIGNAL_ROOM_MESSAGE)
    rw_room_table_note_message (self->table, message);
  if (message->type == RW_SIGNAL_MEMBER_JOINED)
    g_signal_emit (self, signals[SIGNAL_MEMBER_JOINED], 0, message->room_id,
                   message->peer_id, text);
  else
    g_signal_emit (self, signals[SIGNAL_ROOM_MESSAGE], 0, message->room_id,
                   message->sequence, message->peer_id, text);
}

static void
receive_reconnection (RwWsRooms *self, const RwSignalMessage *message)
{
  guint64 outage_ms = rw_room_table_note_reconnection (
      self->table, message, rw_clock_get_now_us (self->clock));

  g_signal_emit (self, signals[SIGNAL_RECONNECTION_DETECTED], 0,
                 message->room_id, outage_ms, message->missed, message->lost,
                 message->peer_id);
}

static void
receive_error (RwWsRooms *self, const RwSignalMessage *message)
{
  /* Not to be tried again on the next connection. */
  if (g_strcmp0 (message->code, "too-many-rooms") == 0)
    rw_room_table_remove (self->table, message->room_id);
  g_signal_emit (self, signals[SIGNAL_ROOM_ERROR], 0, message->room_id,
                 message->code != NULL ? message->code : "", message->details);
}

static gboolean
receive_floor (RwWsRooms *self, const RwSignalMessage *message)
{
  const char *room_id = message->room_id;

  switch (message->type) {
  case RW_SIGNAL_FLOOR_GRANTED:
    g_signal_emit (self, signals[SIGNAL_FLOOR_GRANTED], 0, room_id,
                   message->max_hold_ms);
    return TRUE;
  case RW_SIGNAL_FLOOR_QUEUED:
    g_signal_emit (self, signals[SIGNAL_FLOOR_QUEUED], 0, room_id,
                   (guint) MIN (message->position, G_MAXUINT));
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

gboolean
rw_ws_rooms_receive (RwWsRooms *self, const RwSignalMessage *message)
{
  if (message->room_id == NULL)
    return FALSE;

  switch (message->type) {
  case RW_SIGNAL_ROOM_JOINED:
    receive_joined (self, message);
    return TRUE;
  case RW_SIGNAL_MEMBER_JOINED:
  case RW_SIGNAL_ROOM_MESSAGE:
    receive_json (self, message);
    return TRUE;
  case RW_SIGNAL_MEMBER_LEFT:
    g_signal_emit (self, signals[SIGNAL_MEMBER_LEFT], 0, message->room_id,
                   message->peer_id);
    return TRUE;
  case RW_SIGNAL_RECONNECTION_DETECTED:
    receive_reconnection (self, message);
    return TRUE;
  case RW_SIGNAL_ERROR_REPLY:
    receive_error (self, message);
    return TRUE;
  default:
    return receive_floor (self, message);
  }
}
