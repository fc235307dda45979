/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-room-member.h"

struct _RwHubRoomMember {
  RwHubRoom *room;
  char *id;
  GRefString *meta;
  guint64 next;
  gboolean away;
  gboolean remote;
  gint64 seen_us;
  RwQuality quality;
};

RwHubRoomMember *
rw_hub_room_member_new (RwHubRoom *room, const char *id, GRefString *meta)
{
  RwHubRoomMember *self = g_new0 (RwHubRoomMember, 1);

  self->room = room;
  self->id = g_strdup (id);
  self->meta = meta != NULL ? g_ref_string_acquire (meta) : NULL;
  return self;
}

RwHubRoomMember *
rw_hub_room_member_new_remote (RwHubRoom *room, const char *id,
                               GRefString *meta)
{
  RwHubRoomMember *self = rw_hub_room_member_new (room, id, meta);

  self->remote = TRUE;
  self->away = TRUE;
  self->next = G_MAXUINT64;
  return self;
}

/** rw_hub_room_member_free: NULL is fine. */
void
rw_hub_room_member_free (RwHubRoomMember *self)
{
  if (self == NULL)
    return;

  g_free (self->id);
  g_clear_pointer (&self->meta, g_ref_string_release);
  g_free (self);
}

RwHubRoom *
rw_hub_room_member_get_room (const RwHubRoomMember *self)
{
  return self->room;
}

const char *
rw_hub_room_member_get_id (const RwHubRoomMember *self)
{
  return self->id;
}

/** rw_hub_room_member_get_meta: (transfer none) (nullable) */
GRefString *
rw_hub_room_member_get_meta (const RwHubRoomMember *self)
{
  return self->meta;
}

gboolean
rw_hub_room_member_is_remote (const RwHubRoomMember *self)
{
  return self->remote;
}

guint64
rw_hub_room_member_get_next (const RwHubRoomMember *self)
{
  return self->next;
}

void
rw_hub_room_member_set_next (RwHubRoomMember *self, guint64 next)
{
  self->next = next;
}

gboolean
rw_hub_room_member_is_away (const RwHubRoomMember *self)
{
  return self->away;
}

void
rw_hub_room_member_set_away (RwHubRoomMember *self, gboolean away)
{
  self->away = away;
}

gint64
rw_hub_room_member_get_seen_us (const RwHubRoomMember *self)
{
  return self->seen_us;
}

void
rw_hub_room_member_set_seen_us (RwHubRoomMember *self, gint64 seen_us)
{
  self->seen_us = seen_us;
}

RwQuality
rw_hub_room_member_get_quality (const RwHubRoomMember *self)
{
  return self->quality;
}

void
rw_hub_room_member_set_quality (RwHubRoomMember *self, RwQuality quality)
{
  self->quality = quality;
}
