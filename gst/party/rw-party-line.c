/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-party-line.h"

#include "rw-room-state.h"

/* See the header. */

struct _RwPartyLine {
  GObject parent_instance;

  RwEndpoint *endpoint;
  RwLoop *loop; /* its */
  GstElement *sender;
  RwRoom *room; /* the sender's */
  RwPartyMix *mix;
  RwSpeakerOutput output;

  /* While started. */
  GMutex lock; /* against the end of the speakers */
  RwSpeakers *speakers;
  char *stream;
  gint has_joined; /* atomic */

  RwRoomState state; /* control thread of the element */
};

G_DEFINE_FINAL_TYPE (RwPartyLine, rw_party_line, G_TYPE_OBJECT)

static void
rw_party_line_finalize (GObject *object)
{
  RwPartyLine *self = RW_PARTY_LINE (object);

  g_mutex_clear (&self->lock);
  g_free (self->stream);
  g_clear_object (&self->room);
  g_clear_object (&self->loop);
  g_clear_object (&self->endpoint);
  G_OBJECT_CLASS (rw_party_line_parent_class)->finalize (object);
}

static void
rw_party_line_class_init (RwPartyLineClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_party_line_finalize;
}

static void
rw_party_line_init (RwPartyLine *self)
{
  g_mutex_init (&self->lock);
}

/* ---- State ---- */

static gboolean
has_sender_failed (RwPartyLine *self)
{
  RwState state;

  g_object_get (self->sender, "state", &state, NULL);
  return state == RW_STATE_FAILED;
}

static void
update_state (gpointer data)
{
  RwPartyLine *self = data;

  if (self->state.state == RW_STATE_STOPPED || self->speakers == NULL)
    return;
  if (has_sender_failed (self))
    rw_room_state_announce (&self->state, RW_STATE_FAILED, "room");
  else if (g_atomic_int_get (&self->has_joined))
    rw_room_state_follow (&self->state, self->speakers);
  else
    rw_room_state_announce (&self->state, RW_STATE_CONNECTING, "room");
}

static void
on_speakers_changed (gpointer data)
{
  RwPartyLine *self = data;

  rw_loop_invoke (self->loop, update_state, g_object_ref (self),
                  g_object_unref);
}

/* ---- Members ---- */

static RwSpeakerWish *
wish_new (const RwRoomMember *member)
{
  RwSpeakerWish *wish = g_new0 (RwSpeakerWish, 1);

  wish->stream = g_strdup (member->stream);
  wish->id = g_strdup (member->id);
  wish->name = g_strdup (member->name);
  wish->priority = member->priority;
  return wish;
}

/* Control thread of the sender. A former membership of its own, which the
 * server has not ended yet, has its stream as well. */
static void
on_room_changed (RwRoom *room, RwPartyLine *self)
{
  GPtrArray *members = rw_room_members_list (rw_room_get_members (room));
  GPtrArray *wishes = g_ptr_array_new_with_free_func (rw_speaker_wish_free);

  for (guint i = 0; i < members->len; i++) {
    const RwRoomMember *member = g_ptr_array_index (members, i);

    if (member->stream != NULL && !g_str_equal (member->stream, self->stream))
      g_ptr_array_add (wishes, wish_new (member));
  }
  g_atomic_int_set (&self->has_joined, TRUE);
  rw_speakers_want (self->speakers, wishes);
}

static void
on_sender_state (GstElement *sender, GParamSpec *pspec, RwPartyLine *self)
{
  on_speakers_changed (self);
}

static GstPad *
add_to_mix (gpointer data, const RwSpeakerWish *wish, GstElement *source)
{
  return rw_party_mix_add (RW_PARTY_LINE (data)->mix, wish, source);
}

static void
update_in_mix (gpointer data, GstPad *pad, const RwSpeakerWish *wish)
{
  rw_party_mix_update (RW_PARTY_LINE (data)->mix, pad, wish);
}

static void
stop_in_mix (gpointer data, GstPad *pad)
{
  rw_party_mix_stop (RW_PARTY_LINE (data)->mix, pad);
}

static void
remove_from_mix (gpointer data, GstPad *pad)
{
  rw_party_mix_remove (RW_PARTY_LINE (data)->mix, pad);
}

/* ---- Public ---- */

RwPartyLine *
rw_party_line_new (RwEndpoint *endpoint, GstElement *sender,
                   RwEndpoint *sender_endpoint, RwPartyMix *mix,
                   GType source_type)
{
  RwPartyLine *self = g_object_new (RW_TYPE_PARTY_LINE, NULL);

  self->endpoint = g_object_ref (endpoint);
  self->loop = g_object_ref (rw_endpoint_get_loop (endpoint));
  self->state.endpoint = endpoint;
  self->sender = sender;
  self->room = g_object_ref (rw_endpoint_get_room (sender_endpoint));
  self->mix = mix;
  self->output = (RwSpeakerOutput){
      .source_type = source_type,
      .add = add_to_mix,
      .update = update_in_mix,
      .stop = stop_in_mix,
      .remove = remove_from_mix,
      .changed = on_speakers_changed,
  };
  return self;
}

static void
start_on_loop (gpointer data)
{
  rw_room_state_announce (&RW_PARTY_LINE (data)->state, RW_STATE_CONNECTING,
                          "start");
}

void
rw_party_line_start (RwPartyLine *self, const char *stream)
{
  self->stream = g_strdup (stream);
  self->speakers =
      rw_speakers_new (GST_BIN (rw_endpoint_get_element (self->endpoint)),
                       self->endpoint, &self->output, self);
  rw_loop_call (self->loop, start_on_loop, self);
  g_signal_connect (self->room, "changed", G_CALLBACK (on_room_changed), self);
  g_signal_connect_object (self->sender, "notify::state",
                           G_CALLBACK (on_sender_state), self, 0);
}

static void
stop_on_loop (gpointer data)
{
  rw_room_state_announce (&RW_PARTY_LINE (data)->state, RW_STATE_STOPPED,
                          "stopped");
}

/* The sender has stopped: its room does not change any more. */
void
rw_party_line_stop (RwPartyLine *self)
{
  RwSpeakers *speakers;

  if (self->speakers == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->room, self);
  g_signal_handlers_disconnect_by_data (self->sender, self);
  rw_loop_call (self->loop, stop_on_loop, self);
  g_mutex_lock (&self->lock);
  speakers = g_steal_pointer (&self->speakers);
  g_mutex_unlock (&self->lock);
  rw_speakers_free (speakers);
}

gboolean
rw_party_line_is_origin (RwPartyLine *self, GstObject *origin)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->speakers != NULL &&
         rw_speakers_is_origin (self->speakers, origin);
}

void
rw_party_line_fail (RwPartyLine *self, GstObject *origin)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->speakers != NULL)
    rw_speakers_fail (self->speakers, origin);
}

guint
rw_party_line_get_n_speakers (RwPartyLine *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->speakers != NULL ? rw_speakers_get_size (self->speakers) : 0;
}
