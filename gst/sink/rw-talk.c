/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-talk.h"

#include "rw-room-message.h"
#include "rw-talk-floor.h"
#include "rw-timer.h"

/* See the header. */

GST_DEBUG_CATEGORY_STATIC (rw_talk_debug);
#define GST_CAT_DEFAULT rw_talk_debug

struct _RwTalk {
  GObject parent_instance;

  RwEndpoint *endpoint; /* owned by the element, like us */
  RwTalkGate *gate;

  GMutex lock;
  RwFloorMode mode;
  gboolean is_pressed;
  guint priority;
  gboolean is_on_air;

  /* Control thread, while open. */
  RwRoom *room;
  RwTalkKey *key;
  RwTalkFloor *floor;
  RwTimer *timer;
  guint press; /* that the key has; 0: not pressed */
};

G_DEFINE_FINAL_TYPE (RwTalk, rw_talk, G_TYPE_OBJECT)

static void
rw_talk_finalize (GObject *object)
{
  RwTalk *self = RW_TALK (object);

  g_assert (self->key == NULL);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (rw_talk_parent_class)->finalize (object);
}

static void
rw_talk_class_init (RwTalkClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_talk_finalize;
  GST_DEBUG_CATEGORY_INIT (rw_talk_debug, "resilientwebrtctalk", 0,
                           "resilient WebRTC: push to talk");
}

static void
rw_talk_init (RwTalk *self)
{
  g_mutex_init (&self->lock);
}

/* ---- What follows from the key's state ---- */

static GstClockTime
get_running_ns (RwTalk *self)
{
  GstElement *element = rw_endpoint_get_element (self->endpoint);
  g_autoptr (GstClock) clock = gst_element_get_clock (element);
  GstClockTime base_ns = gst_element_get_base_time (element);

  if (clock == NULL || !GST_CLOCK_TIME_IS_VALID (base_ns))
    return GST_CLOCK_TIME_NONE;
  return gst_clock_get_time (clock) - base_ns;
}

static RwTalkGateMode
get_gate_mode (RwTalkState state)
{
  switch (state) {
  case RW_TALK_TALKING:
    return RW_TALK_GATE_OPEN;
  case RW_TALK_HELD:
    return RW_TALK_GATE_HOLD;
  case RW_TALK_WAITING:
  case RW_TALK_QUEUED:
    return RW_TALK_GATE_PAUSED;
  default:
    return RW_TALK_GATE_CLOSED;
  }
}

static void
set_on_air (RwTalk *self, gboolean is_on_air)
{
  gboolean changed;

  g_mutex_lock (&self->lock);
  changed = self->is_on_air != is_on_air;
  self->is_on_air = is_on_air;
  g_mutex_unlock (&self->lock);
  if (changed)
    rw_notifier_notify (rw_endpoint_get_notifier (self->endpoint), "on-air");
}

static void
post_news (RwTalk *self, const RwTalkEvent *event)
{
  static const char *const names[] = {
      [RW_TALK_GRANTED] = "granted",
      [RW_TALK_IN_QUEUE] = "queued",
      [RW_TALK_DENIED] = "denied",
      [RW_TALK_RELEASED] = "released",
  };
  RwRoomMembers *members = rw_room_get_members (self->room);
  const char *own_id = rw_room_members_get_own_id (members);
  RwFloorReport report = {
      .room = rw_room_get_id (self->room),
      .event = names[event->type],
      .peer_id = own_id,
      .name = rw_room_members_name (members, own_id),
      .position = event->position,
      .remaining_ns = (guint64) event->remaining_us * 1000,
      .reason = event->reason,
  };

  GST_INFO_OBJECT (rw_endpoint_get_element (self->endpoint), "floor: %s %s",
                   report.event, report.reason ? report.reason : "");
  rw_endpoint_post (self->endpoint, rw_room_message_new_floor (&report));
}

static void
obey (RwTalk *self, const RwTalkEvent *event)
{
  RwWsRooms *rooms = rw_room_get_rooms (self->room);
  const char *id = rw_room_get_id (self->room);

  switch (event->type) {
  case RW_TALK_REQUEST:
    rw_ws_rooms_request_floor (rooms, id, rw_talk_get_priority (self), TRUE);
    break;
  case RW_TALK_GIVE_BACK:
    rw_ws_rooms_release_floor (rooms, id);
    break;
  case RW_TALK_MARK:
    rw_room_join_again (self->room);
    break;
  default:
    post_news (self, event);
  }
}

/* The gate first: it may not be open for a moment longer than the key says. */
static void
follow (gpointer data)
{
  RwTalk *self = data;
  RwTalkState state = rw_talk_key_get_state (self->key);
  gint64 wake_us = rw_talk_key_get_wake_us (self->key);
  RwTalkEvent event;

  rw_talk_gate_set_mode (self->gate, self->press, get_gate_mode (state),
                         get_running_ns (self));
  if (wake_us == G_MAXINT64)
    rw_timer_stop (self->timer);
  else
    rw_timer_set_at (self->timer, wake_us);
  set_on_air (self, state == RW_TALK_TALKING);
  while (rw_talk_key_pop (self->key, &event))
    obey (self, &event);
}

static void
on_wake (gpointer data)
{
  RwTalk *self = data;

  rw_talk_key_wake (self->key, rw_endpoint_now_us (self->endpoint));
  follow (self);
}

/* ---- The application ---- */

/* Each press is one of its own, however short the pause before it was. */
static void
follow_key (gpointer data)
{
  RwTalk *self = data;
  guint press = rw_talk_gate_get_press (self->gate);

  if (self->key == NULL || press == self->press)
    return;
  if (self->press != 0)
    rw_talk_key_release (self->key);
  self->press = press;
  if (press != 0)
    rw_talk_key_press (self->key, rw_endpoint_now_us (self->endpoint));
  follow (self);
}

/* Releases the key; follow_key() presses it again when there is input. */
static void
let_go (gpointer data)
{
  RwTalk *self = data;

  if (self->key == NULL || self->press == 0)
    return;
  rw_talk_gate_set_mode (self->gate, self->press, RW_TALK_GATE_CLOSED, 0);
  rw_talk_key_release (self->key);
  self->press = 0;
  follow (self);
}

static void
ask_again (gpointer data)
{
  RwTalk *self = data;

  rw_room_set_priority (rw_endpoint_get_room (self->endpoint),
                        rw_talk_get_priority (self));
  if (self->key == NULL)
    return;
  rw_talk_key_ask_again (self->key);
  follow (self);
}

static void
invoke (RwTalk *self, RwLoopFunc func)
{
  g_autoptr (RwLoop) loop = rw_endpoint_dup_loop (self->endpoint);

  if (loop != NULL)
    rw_loop_invoke (loop, func, g_object_ref (self), g_object_unref);
}

RwTalk *
rw_talk_new (RwEndpoint *endpoint, RwTalkGate *gate)
{
  RwTalk *self = g_object_new (RW_TYPE_TALK, NULL);

  self->endpoint = endpoint;
  self->gate = gate;
  return self;
}

void
rw_talk_set_mode (RwTalk *self, RwFloorMode mode)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->mode = mode;
}

RwFloorMode
rw_talk_get_mode (RwTalk *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->mode;
}

void
rw_talk_set_pressed (RwTalk *self, gboolean pressed)
{
  gboolean changed;

  rw_talk_gate_press (self->gate, pressed);
  g_mutex_lock (&self->lock);
  changed = self->is_pressed != pressed;
  self->is_pressed = pressed;
  g_mutex_unlock (&self->lock);
  if (changed)
    invoke (self, follow_key);
}

gboolean
rw_talk_get_pressed (RwTalk *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->is_pressed;
}

void
rw_talk_set_priority (RwTalk *self, guint priority)
{
  gboolean changed;

  g_mutex_lock (&self->lock);
  changed = self->priority != priority;
  self->priority = priority;
  g_mutex_unlock (&self->lock);
  if (changed)
    invoke (self, ask_again);
}

guint
rw_talk_get_priority (RwTalk *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->priority;
}

gboolean
rw_talk_is_on_air (RwTalk *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->is_on_air;
}

void
rw_talk_note_input (RwTalk *self, gboolean has_input)
{
  invoke (self, has_input ? follow_key : let_go);
}

void
rw_talk_open (RwTalk *self)
{
  RwLoop *loop = rw_endpoint_get_loop (self->endpoint);

  if (rw_talk_get_mode (self) != RW_FLOOR_MODE_REQUEST)
    return;
  self->room = g_object_ref (rw_endpoint_get_room (self->endpoint));
  self->key = rw_talk_key_new (&RW_TALK_KEY_CONFIG_DEFAULT);
  self->timer =
      rw_timer_new (rw_endpoint_get_clock (self->endpoint),
                    rw_loop_get_context (loop), "talk key", on_wake, self);
  self->press = 0;
  self->floor =
      rw_talk_floor_new (self->room, self->key,
                         rw_endpoint_get_clock (self->endpoint), follow, self);
  follow_key (self);
}

void
rw_talk_close (RwTalk *self)
{
  if (self->key == NULL)
    return;
  g_clear_pointer (&self->floor, rw_talk_floor_free);
  rw_talk_gate_set_mode (self->gate, self->press, RW_TALK_GATE_CLOSED, 0);
  g_clear_pointer (&self->timer, rw_timer_free);
  g_clear_pointer (&self->key, rw_talk_key_free);
  g_clear_object (&self->room);
  set_on_air (self, FALSE);
}
