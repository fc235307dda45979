/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-room-source.h"

#include "rw-room-follower.h"
#include "rw-speaker-merge.h"

/* See the header. */

struct _RwRoomSource {
  GstBin *bin;
  RwSourceOutput *output;
  RwEndpoint *endpoint;
  GstElement *merge; /* owned by the bin; while started */

  GMutex lock; /* for what follows */
  RwRoomFollower *follower;
};

RwRoomSource *
rw_room_source_new (GstBin *bin, RwSourceOutput *output, RwEndpoint *endpoint)
{
  RwRoomSource *self = g_new0 (RwRoomSource, 1);

  self->bin = bin;
  self->output = output;
  self->endpoint = endpoint;
  g_mutex_init (&self->lock);
  return self;
}

void
rw_room_source_free (RwRoomSource *self)
{
  g_assert (self->follower == NULL && self->merge == NULL);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gboolean
rw_room_source_is_wanted (RwRoomSource *self)
{
  g_autofree char *room = NULL;
  g_autofree char *producer_name = NULL;

  g_object_get (self->bin, "room", &room, "producer-name", &producer_name,
                NULL);
  return room != NULL && (producer_name == NULL || *producer_name == '\0');
}

gboolean
rw_room_source_start (RwRoomSource *self)
{
  g_autoptr (GstPad) target = NULL;
  RwRoomFollower *follower;

  self->merge = rw_speaker_merge_new ();
  gst_bin_add (self->bin, self->merge);
  target = gst_element_get_static_pad (self->merge, "src");
  rw_source_output_divert (self->output, target);
  follower =
      rw_room_follower_new (self->endpoint, RW_SPEAKER_MERGE (self->merge));
  g_mutex_lock (&self->lock);
  self->follower = follower;
  g_mutex_unlock (&self->lock);
  return rw_room_follower_start (follower);
}

void
rw_room_source_stop (RwRoomSource *self)
{
  g_autoptr (RwRoomFollower) follower = NULL;

  g_mutex_lock (&self->lock);
  follower = g_steal_pointer (&self->follower);
  g_mutex_unlock (&self->lock);
  if (follower)
    rw_room_follower_stop (follower);
  if (self->merge == NULL)
    return;
  rw_source_output_divert (self->output, NULL);
  gst_element_set_state (self->merge, GST_STATE_NULL);
  gst_bin_remove (self->bin, g_steal_pointer (&self->merge));
}

gboolean
rw_room_source_end (RwRoomSource *self)
{
  if (self->merge == NULL)
    return FALSE;
  rw_speaker_merge_end (RW_SPEAKER_MERGE (self->merge));
  return TRUE;
}

void
rw_room_source_retry_now (RwRoomSource *self)
{
  g_autoptr (RwRoomFollower) follower = NULL;

  g_mutex_lock (&self->lock);
  if (self->follower)
    follower = g_object_ref (self->follower);
  g_mutex_unlock (&self->lock);
  if (follower)
    rw_room_follower_retry_now (follower);
}
