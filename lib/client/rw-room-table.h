/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-message.h"

G_BEGIN_DECLS

/**
 * RwRoomTable:
 * The rooms that a client is to be in, and what it has received of each, so
 * that it can join them again at a server that has forgotten it. Reads no
 * clock.
 */
typedef struct _RwRoomTable RwRoomTable;

RwRoomTable *rw_room_table_new (void);
void rw_room_table_free (RwRoomTable *self);

/** rw_room_table_add: the client is to be in it; @meta: (nullable): JSON. */
void rw_room_table_add (RwRoomTable *self, const char *room_id,
                        const char *meta);
gboolean rw_room_table_remove (RwRoomTable *self, const char *room_id);
void rw_room_table_clear (RwRoomTable *self);
gboolean rw_room_table_contains (RwRoomTable *self, const char *room_id);

/** rw_room_table_copy_ids: (transfer full): of char *. */
GList *rw_room_table_copy_ids (RwRoomTable *self);

/** rw_room_table_new_join: joinRoom for a room in the table. */
RwSignalMessage *rw_room_table_new_join (RwRoomTable *self,
                                         const char *room_id);

/** rw_room_table_new_rejoin: the same with what the client has received
 * already, so that the server can send what it missed since @disconnected_us.
 */
RwSignalMessage *rw_room_table_new_rejoin (RwRoomTable *self,
                                           const char *room_id,
                                           gint64 disconnected_us);

void rw_room_table_note_joined (RwRoomTable *self,
                                const RwSignalMessage *message);
void rw_room_table_note_message (RwRoomTable *self,
                                 const RwSignalMessage *message);

/** rw_room_table_note_reconnection: returns how long the client was away, in
 * ms. A server that has forgotten the client can only guess from what was
 * missed; the client knows. */
guint64 rw_room_table_note_reconnection (RwRoomTable *self,
                                         const RwSignalMessage *message,
                                         gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRoomTable, rw_room_table_free)

G_END_DECLS
