/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-quality.h"

#include <glib.h>

G_BEGIN_DECLS

typedef struct _RwHubRoom RwHubRoom;

/**
 * RwHubRoomMember:
 *
 * A client in a room: how far it has been sent the room's messages, and whether
 * it is away. A *remote* member is a client of another server, which sends it
 * the messages. Of one thread, and of one RwHubRoom.
 */
typedef struct _RwHubRoomMember RwHubRoomMember;

/** rw_hub_room_member_new: @meta: (nullable) */
RwHubRoomMember *rw_hub_room_member_new (RwHubRoom *room, const char *id,
                                         GRefString *meta);

/** rw_hub_room_member_new_remote: always away, as nothing goes to it from here.
 */
RwHubRoomMember *rw_hub_room_member_new_remote (RwHubRoom *room, const char *id,
                                                GRefString *meta);
void rw_hub_room_member_free (RwHubRoomMember *self);

RwHubRoom *rw_hub_room_member_get_room (const RwHubRoomMember *self);
const char *rw_hub_room_member_get_id (const RwHubRoomMember *self);
GRefString *rw_hub_room_member_get_meta (const RwHubRoomMember *self);
gboolean rw_hub_room_member_is_remote (const RwHubRoomMember *self);

/** rw_hub_room_member_get_next: the first sequence number that it has not been
 * sent. */
guint64 rw_hub_room_member_get_next (const RwHubRoomMember *self);
void rw_hub_room_member_set_next (RwHubRoomMember *self, guint64 next);

/** rw_hub_room_member_is_away: it has no connection, or has not been sent the
 * state of the room since it is back. */
gboolean rw_hub_room_member_is_away (const RwHubRoomMember *self);
void rw_hub_room_member_set_away (RwHubRoomMember *self, gboolean away);

/** rw_hub_room_member_get_seen_us: when its last message came, or it was lost.
 */
gint64 rw_hub_room_member_get_seen_us (const RwHubRoomMember *self);
void rw_hub_room_member_set_seen_us (RwHubRoomMember *self, gint64 seen_us);

/** rw_hub_room_member_get_quality: of its connection, as it reports it. */
RwQuality rw_hub_room_member_get_quality (const RwHubRoomMember *self);
void rw_hub_room_member_set_quality (RwHubRoomMember *self, RwQuality quality);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubRoomMember, rw_hub_room_member_free)

G_END_DECLS
