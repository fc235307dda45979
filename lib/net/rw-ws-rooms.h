/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-ws-signaller.h"

G_BEGIN_DECLS

/*
 * Rooms and their floors, for push to talk, on a server that keeps seats
 * (docs/signalling.md#rooms). Control thread, as all of RwWsSignaller.
 *
 * What is asked for while the line is down waits, and is said in order on the
 * next one; what was said is repeated until the server has it. So each thing
 * is done once, whatever becomes of the line. Where the server has given up
 * our seat it knows nothing of us any more: the rooms we are in are joined
 * again with what we had of them, "room-joined" comes again, and a floor that
 * we held is lost. Where the room lives on, "reconnection-detected" follows and
 * then what we missed; where it does not, the room has begun anew.
 *
 * Signals of RwWsSignaller (arguments after the object; JSON as text, NULL for
 * JSON's null; ids of peers as in "opened"):
 *   room-joined (const char *room_id, guint64 sequence, GPtrArray *members,
 *                const char *floor_holder)
 *     We are in. @sequence: of the last message that does not come any more;
 *     @members: RwSignalPeer; @floor_holder may be NULL.
 *   member-joined (const char *room_id, const char *peer_id, const char *meta)
 *   member-left (const char *room_id, const char *peer_id)
 *   room-message (const char *room_id, guint64 sequence, const char *peer_id,
 *                 const char *data)
 *     Our own come as well.
 *   reconnection-detected (const char *room_id, guint64 outage_ms,
 *                          guint64 missed, guint64 lost,
 *                          const char *floor_holder)
 *     We are back after @outage_ms; @missed messages follow in order, @lost are
 *     gone. On a new seat @outage_ms is by our own clock, or longer where the
 *     server knows better, and those of the messages that were ours bear our
 *     old peer id.
 *   floor-granted (const char *room_id, guint64 max_hold_ms)
 *     It is ours, for so long (0: for as long as we like). Comes again, with
 *     what is left, where it was ours during an outage.
 *   floor-queued (const char *room_id, guint position)
 *     We are to wait; 1 is the next.
 *   floor-denied (const char *room_id, const char *peer_id)
 *     @peer_id has it, and we did not want to wait.
 *   floor-taken (const char *room_id, const char *peer_id)
 *     Another one got it.
 *   floor-released (const char *room_id, const char *peer_id,
 *                   const char *reason)
 *     @reason: "released", "time" (held too long: it was revoked), "lost" (did
 *     not come back in time) or "left". @peer_id may be ourselves.
 *   room-error (const char *room_id, const char *code, const char *details)
 *     The server did not do what we asked for in that room: "unknown-room" (we
 *     are not in it), "too-many-rooms"; or, as we know ourselves,
 *     "seat-needed": this server has no rooms.
 */

/**
 * rw_ws_signaller_join_room:
 * @room_id: 1 to 256 bytes of UTF-8
 * @meta: (nullable): JSON about ourselves, for the other members
 *
 * Answered by "room-joined" or "room-error". We are in until
 * rw_ws_signaller_leave_room() or rw_signaller_stop(). FALSE, with an
 * RW_FAILURE_ERROR, if an argument cannot be used, or if the server that we
 * have a line to keeps no seats.
 */
gboolean rw_ws_signaller_join_room (RwWsSignaller *self, const char *room_id,
                                    const char *meta, GError **error);

/** rw_ws_signaller_leave_room: gives its floor back as well. */
void rw_ws_signaller_leave_room (RwWsSignaller *self, const char *room_id);

/**
 * rw_ws_signaller_publish:
 * @data: JSON
 *
 * To all members, ourselves included. FALSE, with an RW_FAILURE_ERROR, if @data
 * cannot be used, or we are not to be in that room.
 */
gboolean rw_ws_signaller_publish (RwWsSignaller *self, const char *room_id,
                                  const char *data, GError **error);

/**
 * rw_ws_signaller_request_floor:
 * @priority: 0 to 255; a higher one waits less
 * @wait: whether to queue for it rather than to be denied
 *
 * Answered by "floor-granted", "floor-queued" or "floor-denied". A request that
 * could not be said for 2 s is dropped and counted (dropped_stale): whoever
 * pressed the button does not mean it any more.
 */
void rw_ws_signaller_request_floor (RwWsSignaller *self, const char *room_id,
                                    guint priority, gboolean wait);

/** rw_ws_signaller_release_floor: also gives up waiting for it. */
void rw_ws_signaller_release_floor (RwWsSignaller *self, const char *room_id);

G_END_DECLS
