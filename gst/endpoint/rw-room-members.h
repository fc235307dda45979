/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * RwRoomMembers: who is in a room, and who has its floor.
 *
 * A member's `meta` is any JSON. Of an object the member's `name` and the
 * `stream` that it produces into the room are read, and whether it needs the
 * `floor` ("request") for it, and its `priority`.
 *
 * Thread: any; the table has a lock. Pointers to a member hold until the next
 * change, which only the control thread makes.
 */
typedef struct _RwRoomMembers RwRoomMembers;

/**
 * RwRoomMember:
 * @name: what people call it; its id where it has none
 * @stream: name of the stream that it produces; NULL: none that is known
 * @requests_floor: it sends only while it has the floor
 * @priority: 0 to 255, as it was announced last
 */
typedef struct {
  char *id;
  char *name;
  char *stream;
  gboolean requests_floor;
  guint priority;
  char *meta;
} RwRoomMember;

RwRoomMembers *rw_room_members_new (void);
void rw_room_members_free (RwRoomMembers *self);

void rw_room_members_clear (RwRoomMembers *self);
void rw_room_members_set_own_id (RwRoomMembers *self, const char *id);
void rw_room_members_put (RwRoomMembers *self, const char *id,
                          const char *meta);
void rw_room_members_remove (RwRoomMembers *self, const char *id);

/* NULL: nobody has the floor. */
void rw_room_members_set_holder (RwRoomMembers *self, const char *id);

/* Control thread. */
const char *rw_room_members_get_own_id (RwRoomMembers *self);
const char *rw_room_members_get_holder (RwRoomMembers *self);
const RwRoomMember *rw_room_members_find (RwRoomMembers *self, const char *id);
/* The name, or the id of a member that has left. */
const char *rw_room_members_name (RwRoomMembers *self, const char *id);
/* RwRoomMember, in the order in which they came. */
GPtrArray *rw_room_members_list (RwRoomMembers *self);

guint rw_room_members_get_size (RwRoomMembers *self);

/* For the property: a GST_TYPE_ARRAY of GstStructure. */
void rw_room_members_fill (RwRoomMembers *self, GValue *value);

/* A message of the room may announce its member's priority (see
 * rw_room_members_new_priority()). TRUE: it has, and it is another one. */
gboolean rw_room_members_read (RwRoomMembers *self, const char *id,
                               const char *data);

/* (transfer full): the `meta` of a member of ours, of which @stream may be
 * NULL; and the message that announces a member's priority. JSON. */
char *rw_room_members_new_meta (const RwRoomMember *member);
char *rw_room_members_new_priority (guint priority);

G_END_DECLS
