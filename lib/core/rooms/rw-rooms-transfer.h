/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-rooms.h"

G_BEGIN_DECLS

/* The rooms of a client that moves from one server to another; the rooms are in
 * a store. Of RwRooms' thread. */

/** rw_rooms_save_memberships, rw_rooms_save_joins: (transfer floating): an
 * a(ssmst); the joins are those that the client has requested, and has no
 * answer to */
GVariant *rw_rooms_save_memberships (RwRooms *self, const char *id);
GVariant *rw_rooms_save_joins (RwRooms *self, const char *id);

/** rw_rooms_load_memberships: @id, which is away, goes on where it was. */
void rw_rooms_load_memberships (RwRooms *self, const char *id, GVariant *state);
void rw_rooms_load_joins (RwRooms *self, const char *id, GVariant *state);

/** rw_rooms_release: @id has moved away: it is a remote member from now on. */
void rw_rooms_release (RwRooms *self, const char *id);

G_END_DECLS
