/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-room.h"

#include "rw-post.h"
#include "rw-room-floor.h"
#include "rw-room-input.h"
#include "rw-room-message.h"
#include "rw-signal-message.h"

/* See the header. */

GST_DEBUG_CATEGORY_STATIC (rw_room_debug);
#define GST_CAT_DEFAULT rw_room_debug

struct _RwRoom {
  GObject parent_instance;

  GstElement *element;
  RwNotifier *notifier;
  RwRoomMembers *members;
  guint priority; /* of this member */

  /* While open. */
  RwSignaller *signaller;
  RwWsRooms *rooms;
  RwRoomFloor *floor;
  char *id;
  char *meta;
  guint meta_priority; /* that is in it */
};

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (RwRoom, rw_room, G_TYPE_OBJECT)

static void
rw_room_finalize (GObject *object)
{
  RwRoom *self = RW_ROOM (object);

  g_assert (self->rooms == NULL);
  rw_room_members_free (self->members);
  G_OBJECT_CLASS (rw_room_parent_class)->finalize (object);
}

static void
rw_room_class_init (RwRoomClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_room_finalize;
  signals[SIGNAL_CHANGED] =
      g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 0);
  GST_DEBUG_CATEGORY_INIT (rw_room_debug, "resilientwebrtcroom", 0,
                           "resilient WebRTC: rooms");
}

static void
rw_room_init (RwRoom *self)
{
  self->members = rw_room_members_new ();
}

static void
warn (RwRoom *self, const char *text)
{
  rw_notifier_post_warning (self->notifier, GST_RESOURCE_ERROR,
                            GST_RESOURCE_ERROR_FAILED, text, NULL);
}

static void
notify_members (gpointer data)
{
  RwRoom *self = data;

  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  rw_notifier_notify (self->notifier, "members");
}

/* Log, notify, message. */
static void
announce (RwRoom *self, RwRoomReport *report)
{
  report->room = self->id;
  report->members = rw_room_members_get_size (self->members);
  if (report->name == NULL && report->peer_id != NULL)
    report->name = rw_room_members_name (self->members, report->peer_id);
  GST_INFO_OBJECT (self->element, "room \"%s\": %s %s, %u members", self->id,
                   report->event, report->name ? report->name : "",
                   report->members);
  notify_members (self);
  rw_notifier_post_structure (self->notifier,
                              rw_room_message_new_room (report));
}

/* The table of members changes where the message comes back. */
static void
publish_priority (RwRoom *self)
{
  g_autofree char *text = rw_room_members_new_priority (self->priority);
  g_autoptr (GError) error = NULL;

  if (!rw_ws_rooms_publish (self->rooms, self->id, text, &error))
    GST_INFO_OBJECT (self->element, "priority not announced: %s",
                     error->message);
}

/* A member that joins gets the `meta` of the others, and no former messages. */
static void
repeat_priority (RwRoom *self)
{
  if (self->priority != self->meta_priority)
    publish_priority (self);
}

/* ---- The server's messages ---- */

static gboolean
is_ours (RwRoom *self, const char *room_id)
{
  return g_strcmp0 (self->id, room_id) == 0;
}

static void
on_opened (RwSignaller *signaller, const char *peer_id, RwRoom *self)
{
  rw_room_members_set_own_id (self->members, peer_id);
}

static void
on_room_joined (RwWsRooms *rooms, const char *room_id, guint64 sequence,
                GPtrArray *peers, const char *holder, RwRoom *self)
{
  RwRoomReport report = {.event = "joined"};

  if (!is_ours (self, room_id))
    return;
  rw_room_members_clear (self->members);
  for (guint i = 0; i < peers->len; i++) {
    const RwSignalPeer *peer = g_ptr_array_index (peers, i);

    rw_room_members_put (self->members, peer->id, peer->meta);
  }
  rw_room_members_set_holder (self->members, holder);
  report.peer_id = rw_room_members_get_own_id (self->members);
  announce (self, &report);
  repeat_priority (self);
}

static void
on_member_joined (RwWsRooms *rooms, const char *room_id, const char *peer_id,
                  const char *meta, RwRoom *self)
{
  RwRoomReport report = {.event = "member-joined", .peer_id = peer_id};

  if (!is_ours (self, room_id))
    return;
  rw_room_members_put (self->members, peer_id, meta);
  announce (self, &report);
  repeat_priority (self);
}

static void
on_member_left (RwWsRooms *rooms, const char *room_id, const char *peer_id,
                RwRoom *self)
{
  g_autofree char *name = NULL;
  RwRoomReport report = {.event = "member-left", .peer_id = peer_id};

  if (!is_ours (self, room_id))
    return;
  report.name = name = g_strdup (rw_room_members_name (self->members, peer_id));
  rw_room_members_remove (self->members, peer_id);
  announce (self, &report);
}

static void
on_room_message (RwWsRooms *rooms, const char *room_id, guint64 sequence,
                 const char *peer_id, const char *data, RwRoom *self)
{
  if (!is_ours (self, room_id))
    return;
  if (data != NULL && rw_room_members_read (self->members, peer_id, data))
    notify_members (self);
  rw_notifier_post_structure (
      self->notifier,
      rw_room_message_new_data (self->id, sequence, peer_id,
                                rw_room_members_name (self->members, peer_id),
                                data != NULL ? data : "null"));
}

static void
on_reconnection_detected (RwWsRooms *rooms, const char *room_id,
                          guint64 outage_ms, guint64 missed, guint64 lost,
                          const char *holder, RwRoom *self)
{
  RwRoomReport report = {.event = "returned",
                         .missed = missed,
                         .lost = lost,
                         .outage_ns = outage_ms * GST_MSECOND};

  if (!is_ours (self, room_id))
    return;
  rw_room_members_set_holder (self->members, holder);
  announce (self, &report);
}

static void
on_room_error (RwWsRooms *rooms, const char *room_id, const char *code,
               const char *details, RwRoom *self)
{
  g_autofree char *text = NULL;

  if (!is_ours (self, room_id))
    return;
  text = g_strdup_printf ("Room \"%s\": the request was rejected (%s): %s",
                          room_id, code, details);
  warn (self, text);
}

/* ---- Public ---- */

RwRoom *
rw_room_new (GstElement *element, RwNotifier *notifier)
{
  RwRoom *self = g_object_new (RW_TYPE_ROOM, NULL);

  self->element = element;
  self->notifier = notifier;
  return self;
}

static void
connect_rooms (RwRoom *self)
{
  static const struct {
    const char *signal;
    GCallback handler;
  } handlers[] = {
      {"room-joined", G_CALLBACK (on_room_joined)},
      {"member-joined", G_CALLBACK (on_member_joined)},
      {"member-left", G_CALLBACK (on_member_left)},
      {"room-message", G_CALLBACK (on_room_message)},
      {"reconnection-detected", G_CALLBACK (on_reconnection_detected)},
      {"room-error", G_CALLBACK (on_room_error)},
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (self->rooms, handlers[i].signal, handlers[i].handler,
                      self);
}

void
rw_room_open (RwRoom *self, RwWsSignaller *signaller, const char *room_id,
              const RwRoomMember *member)
{
  RwRoomMember own = *member;

  self->signaller = RW_SIGNALLER (g_object_ref (signaller));
  self->rooms = g_object_ref (rw_ws_signaller_get_rooms (signaller));
  self->id = g_strdup (room_id);
  own.priority = self->meta_priority = self->priority;
  self->meta = rw_room_members_new_meta (&own);
  g_signal_connect (self->signaller, "opened", G_CALLBACK (on_opened), self);
  connect_rooms (self);
  self->floor = rw_room_floor_new (self->rooms, self->id, self->members,
                                   self->notifier, notify_members, self);
  rw_room_join_again (self);
}

void
rw_room_set_priority (RwRoom *self, guint priority)
{
  if (self->priority == priority)
    return;
  self->priority = priority;
  if (self->rooms != NULL)
    publish_priority (self);
}

void
rw_room_join_again (RwRoom *self)
{
  g_autoptr (GError) error = NULL;

  if (self->rooms != NULL &&
      !rw_ws_rooms_join (self->rooms, self->id, self->meta, &error))
    warn (self, error->message);
}

void
rw_room_close (RwRoom *self)
{
  if (self->rooms == NULL)
    return;
  g_clear_pointer (&self->floor, rw_room_floor_free);
  g_signal_handlers_disconnect_by_data (self->rooms, self);
  g_signal_handlers_disconnect_by_data (self->signaller, self);
  g_clear_object (&self->rooms);
  g_clear_object (&self->signaller);
  g_clear_pointer (&self->id, g_free);
  g_clear_pointer (&self->meta, g_free);
  rw_room_members_clear (self->members);
  rw_room_members_set_own_id (self->members, NULL);
  rw_notifier_notify (self->notifier, "members");
}

static void
publish_on_loop (gpointer data, gpointer text)
{
  RwRoom *self = data;
  g_autoptr (GError) error = NULL;

  if (self->rooms != NULL &&
      !rw_ws_rooms_publish (self->rooms, self->id, text, &error))
    warn (self, error->message);
}

gboolean
rw_room_publish (RwRoom *self, RwLoop *loop, const char *data)
{
  g_autoptr (GError) error = NULL;

  if (data == NULL || !rw_room_input_check_json (data, &error)) {
    GST_WARNING_OBJECT (self->element, "not published: %s",
                        error ? error->message : "there is no text");
    return FALSE;
  }
  if (loop == NULL) {
    GST_WARNING_OBJECT (self->element, "not published: the element is in no "
                                       "room, or does not run");
    return FALSE;
  }
  rw_post (loop, self, publish_on_loop, self, g_strdup (data), g_free);
  return TRUE;
}

RwWsRooms *
rw_room_get_rooms (RwRoom *self)
{
  return self->rooms;
}

const char *
rw_room_get_id (RwRoom *self)
{
  return self->id;
}

RwRoomMembers *
rw_room_get_members (RwRoom *self)
{
  return self->members;
}
