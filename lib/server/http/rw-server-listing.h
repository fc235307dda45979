/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-grants.h"
#include "rw-rooms.h"

G_BEGIN_DECLS

/* Lists of rooms and of their members as JSON, for GET. Server's thread. */

char *rw_server_listing_rooms (RwRooms *rooms, const RwGrants *grants);
char *rw_server_listing_members (RwRooms *rooms, const char *room_id);

G_END_DECLS
