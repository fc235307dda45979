/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-room-follower.h"

#include "rw-room-state.h"
#include "rw-session-table.h"

/* See the header. */

struct _RwRoomFollower {
  GObject parent_instance;

  RwEndpoint *endpoint;
  RwLoop *loop; /* its */
  RwSpeakerMerge *merge;
  RwSpeakers *speakers;
  RwSpeakerOutput output; /* the merge */

  /* While started. */
  RwSessionTable *sessions; /* none; it owns the signaller */
  RwSignaller *signaller;
  gboolean has_joined;
  gboolean has_failed;
  RwRoomState state;
};

G_DEFINE_FINAL_TYPE (RwRoomFollower, rw_room_follower, G_TYPE_OBJECT)

static void
rw_room_follower_finalize (GObject *object)
{
  RwRoomFollower *self = RW_ROOM_FOLLOWER (object);

  g_assert (self->sessions == NULL && self->speakers == NULL);
  g_clear_object (&self->merge);
  g_clear_object (&self->loop);
  g_clear_object (&self->endpoint);
  G_OBJECT_CLASS (rw_room_follower_parent_class)->finalize (object);
}

static void
rw_room_follower_class_init (RwRoomFollowerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_room_follower_finalize;
}

static void
rw_room_follower_init (RwRoomFollower *self)
{
}

static void
update_state (gpointer data)
{
  RwRoomFollower *self = data;

  if (self->sessions == NULL || self->has_failed)
    return;
  if (self->has_joined)
    rw_room_state_follow (&self->state, self->speakers);
  else
    rw_room_state_announce (&self->state, RW_STATE_CONNECTING, "room");
}

static void
on_speaker_changed (gpointer data)
{
  RwRoomFollower *self = data;

  rw_loop_invoke (self->loop, update_state, g_object_ref (self),
                  g_object_unref);
}

static GstPad *
add_to_merge (gpointer data, const RwSpeakerWish *wish, GstElement *source)
{
  return rw_speaker_merge_add (RW_ROOM_FOLLOWER (data)->merge,
                               wish->is_background);
}

static void
update_in_merge (gpointer data, GstPad *pad, const RwSpeakerWish *wish)
{
  rw_speaker_merge_set_background (RW_ROOM_FOLLOWER (data)->merge, pad,
                                   wish->is_background);
}

static void
stop_in_merge (gpointer data, GstPad *pad)
{
  rw_speaker_merge_stop (RW_ROOM_FOLLOWER (data)->merge, pad);
}

static void
remove_from_merge (gpointer data, GstPad *pad)
{
  rw_speaker_merge_remove (RW_ROOM_FOLLOWER (data)->merge, pad);
}

static void
on_room_changed (RwRoom *room, RwRoomFollower *self)
{
  RwRoomMembers *table = rw_room_get_members (room);
  const char *holder = rw_room_members_get_holder (table);
  GPtrArray *members = rw_room_members_list (table);
  GPtrArray *wishes = g_ptr_array_new_with_free_func (rw_speaker_wish_free);

  for (guint i = 0; i < members->len; i++) {
    const RwRoomMember *member = g_ptr_array_index (members, i);
    RwSpeakerWish *wish;

    if (member->stream == NULL)
      continue;
    wish = g_new0 (RwSpeakerWish, 1);
    wish->stream = g_strdup (member->stream);
    wish->id = g_strdup (member->id);
    wish->name = g_strdup (member->name);
    wish->is_background =
        !member->requests_floor && g_strcmp0 (member->id, holder) != 0;
    wish->is_newcomer = self->has_joined;
    g_ptr_array_add (wishes, wish);
  }
  self->has_joined = TRUE;
  rw_speakers_want (self->speakers, wishes);
}

static void
on_signaller_failed (RwSignaller *signaller, GError *error,
                     RwRoomFollower *self)
{
  rw_room_state_announce (&self->state, RW_STATE_FAILED, "no signalling");
  self->has_failed = TRUE;
  rw_notifier_post_error (rw_endpoint_get_notifier (self->endpoint),
                          GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED,
                          error->message);
}

static void
start_on_loop (gpointer data)
{
  RwRoomFollower *self = data;

  self->sessions = rw_session_table_new (self->endpoint);
  if (self->sessions == NULL)
    return;
  self->signaller = rw_session_table_get_signaller (self->sessions);
  self->has_joined = self->has_failed = FALSE;
  self->state.state = RW_STATE_IDLE;
  g_signal_connect (self->signaller, "failed", G_CALLBACK (on_signaller_failed),
                    self);
  g_signal_connect (rw_endpoint_get_room (self->endpoint), "changed",
                    G_CALLBACK (on_room_changed), self);
  rw_signaller_set_status (self->signaller, RW_ROLE_LISTENER, NULL, NULL);
  rw_endpoint_join_room (self->endpoint, self->signaller, NULL, FALSE);
  rw_room_state_announce (&self->state, RW_STATE_CONNECTING, "start");
  rw_signaller_start (self->signaller);
}

gboolean
rw_room_follower_start (RwRoomFollower *self)
{
  GstElement *element = rw_endpoint_get_element (self->endpoint);

  self->output = (RwSpeakerOutput){
      .source_type = G_OBJECT_TYPE (element),
      .add = add_to_merge,
      .update = update_in_merge,
      .stop = stop_in_merge,
      .remove = remove_from_merge,
      .changed = on_speaker_changed,
  };
  self->speakers =
      rw_speakers_new (GST_BIN (element), self->endpoint, &self->output, self);
  rw_loop_call (self->loop, start_on_loop, self);
  return self->sessions != NULL;
}

static void
stop_on_loop (gpointer data)
{
  RwRoomFollower *self = data;

  if (self->sessions == NULL)
    return;
  g_signal_handlers_disconnect_by_data (rw_endpoint_get_room (self->endpoint),
                                        self);
  rw_session_table_close (self->sessions);
  g_signal_handlers_disconnect_by_data (self->signaller, self);
  g_clear_pointer (&self->sessions, rw_session_table_free);
  self->signaller = NULL;
  rw_room_state_announce (&self->state, RW_STATE_STOPPED, "stopped");
}

void
rw_room_follower_stop (RwRoomFollower *self)
{
  rw_loop_call (self->loop, stop_on_loop, self);
  g_clear_pointer (&self->speakers, rw_speakers_free);
}

static void
retry_on_loop (gpointer data)
{
  RwRoomFollower *self = data;

  if (self->signaller)
    rw_signaller_retry_now (self->signaller);
}

void
rw_room_follower_retry_now (RwRoomFollower *self)
{
  rw_loop_invoke (self->loop, retry_on_loop, g_object_ref (self),
                  g_object_unref);
}

RwRoomFollower *
rw_room_follower_new (RwEndpoint *endpoint, RwSpeakerMerge *merge)
{
  RwRoomFollower *self = g_object_new (RW_TYPE_ROOM_FOLLOWER, NULL);

  self->endpoint = g_object_ref (endpoint);
  self->loop = g_object_ref (rw_endpoint_get_loop (endpoint));
  self->state.endpoint = endpoint;
  self->merge = g_object_ref (merge);
  return self;
}
