/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-rooms.h"

/* What rooms are made of, for those files that are their own. */

G_BEGIN_DECLS

typedef struct {
  guint64 sequence;
  gint64 at_us;
  RwBrainMessage *message;
  gsize cost;
} RwRoomsEntry;

typedef struct {
  char *id;
  char *instance;      /* of this life: a room that begins anew is another */
  GHashTable *members; /* id -> RwRoomsMembership */
  GQueue order;        /* of the members, as they came */
  GQueue log;
  gsize log_bytes;
  guint64 last_sequence;
  RwFloor *floor;
  GList as_timed;
  gboolean timed;
} RwRoomsRoom;

typedef struct {
  RwRoomsRoom *room;
  char *id;
  GRefString *meta;
  guint64 next; /* the first sequence number that it has not been sent */
  gboolean away;
  gint64 seen_us;
  RwQuality quality;
  gboolean behind;
  GList as_behind;
  GList as_member;
} RwRoomsMembership;

struct _RwRooms {
  RwRoomsConfig config;
  GHashTable *rooms;   /* id -> RwRoomsRoom */
  GHashTable *clients; /* id -> GPtrArray of them, not owned */
  GQueue behind;       /* members that catch up */
  gint64 behind_due_us;
  gsize log_bytes; /* of all rooms */
  GQueue timed;    /* rooms whose floor has a deadline */
  GQueue output;
  RwRoomsCounts counts;
};

RwFloorConfig rw_rooms_get_floor_config (const RwRooms *self, const char *id);
RwRoomsRoom *rw_rooms_add_room (RwRooms *self, const char *id, RwFloor *floor);
void rw_rooms_add_membership (RwRooms *self, RwRoomsRoom *room,
                              RwRoomsMembership *member);
void rw_rooms_membership_free (gpointer data);
void rw_rooms_send (RwRooms *self, const char *id, RwBrainMessage *message);
RwBrainMessage *rw_rooms_new_message (RwSignalType type,
                                      const RwRoomsRoom *room,
                                      const char *peer_id);

/* rw-rooms-history.c */
void rw_rooms_entry_free (gpointer data);
gsize rw_rooms_get_cost (const RwBrainMessage *message);
void rw_rooms_add_entry (RwRooms *self, RwRoomsRoom *room,
                         RwBrainMessage *message, gint64 now_us);
void rw_rooms_set_behind (RwRooms *self, RwRoomsMembership *member,
                          gboolean behind, gint64 now_us);
gint64 rw_rooms_get_missed_us (const RwRoomsRoom *room, guint64 sequence,
                               gint64 now_us);
void rw_rooms_return (RwRooms *self, RwRoomsMembership *member, gint64 now_us);
void rw_rooms_wake_behind (RwRooms *self, gint64 now_us);

G_END_DECLS
