/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-rooms.h"

G_BEGIN_DECLS

/* Rooms that several servers share. The actions of members are written to a
 * store (RwRoomsStore). Every server with members reads the store's entries in
 * the same order and applies them; nothing happens otherwise. Each server then
 * has a *mirror* of the room: its history, its local members with their
 * cursors, and the ids of the remote ones. Of RwRooms' thread. */

void rw_rooms_mirror_open (RwRooms *self, const char *room_id,
                           const char *instance);
void rw_rooms_mirror_close (RwRooms *self, const char *room_id);
void rw_rooms_mirror_member (RwRooms *self, const char *room_id, const char *id,
                             const char *meta);
void rw_rooms_mirror_advance (RwRooms *self, const char *room_id,
                              guint64 sequence, gint64 now_us);
void rw_rooms_mirror_message (RwRooms *self, const char *room_id,
                              guint64 sequence, const char *id,
                              const char *data, gboolean repeated,
                              gint64 now_us);
void rw_rooms_mirror_joined (RwRooms *self, const char *room_id, const char *id,
                             const char *meta, gint64 now_us);
void rw_rooms_mirror_remote (RwRooms *self, const char *room_id, const char *id,
                             const char *meta);
void rw_rooms_mirror_refuse (RwRooms *self, const char *room_id,
                             const char *id);
void rw_rooms_mirror_left (RwRooms *self, const char *room_id, const char *id,
                           gboolean is_own, gint64 now_us);
void rw_rooms_mirror_floor (RwRooms *self, const char *room_id,
                            const RwFloorEvent *event);
void rw_rooms_mirror_holder (RwRooms *self, const char *room_id,
                             const char *holder);
void rw_rooms_mirror_epoch (RwRooms *self, const char *room_id,
                            const char *instance, guint64 sequence,
                            gint64 now_us);

/** RwRoomsLocalFunc: a local member, or one that is about to be. */
typedef void (*RwRoomsLocalFunc) (const char *id, GRefString *meta,
                                  gpointer user_data);
void rw_rooms_foreach_local (RwRooms *self, const char *room_id,
                             RwRoomsLocalFunc func, gpointer user_data);
guint64 rw_rooms_get_last_sequence (RwRooms *self, const char *room_id);

G_END_DECLS
