/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-reliable-channel.h"

G_BEGIN_DECLS

/**
 * RwWsRooms:
 * Rooms and their floors, for push to talk, on a signalling server with
 * resumption (docs/signalling.md#rooms). Control thread. An RwWsSignaller owns
 * it: rw_ws_signaller_get_rooms().
 *
 * A request without a connection waits, and is sent in order on the
 * next one; what was sent is repeated until the server has acknowledged it. So
 * each request is carried out once, whatever becomes of the connection. Where
 * the server has forgotten the client, the client's rooms are joined again with
 * what it has received of each, "room-joined" comes again, and a floor that it
 * held is lost. Where the room lives on, "reconnection-detected" follows and
 * then the messages that were missed; where it does not, the room has begun
 * anew.
 *
 * Signals (arguments after the object; JSON as text, NULL for JSON's null; ids
 * of peers as in RwSignaller's "opened"):
 *
 *   connected (gboolean is_resumed)
 *     To a server that knows the client, and what the client has requested;
 *     otherwise its rooms are joined again, and what was requested without an
 *     answer gets none.
 *   disconnected ()
 *   room-joined (const char *room_id, guint64 sequence, GPtrArray *members,
 *                const char *floor_holder)
 *     The client is a member. @sequence: of the last message that is not sent
 *     any more; @members: RwSignalPeer; @floor_holder may be NULL.
 *   member-joined (const char *room_id, const char *peer_id, const char *meta)
 *   member-left (const char *room_id, const char *peer_id)
 *   room-message (const char *room_id, guint64 sequence, const char *peer_id,
 *                 const char *data)
 *     The client's own messages come as well.
 *   reconnection-detected (const char *room_id, guint64 outage_ms,
 *                          guint64 missed, guint64 lost,
 *                          const char *floor_holder)
 *     The client is back after @outage_ms; @missed messages follow in order,
 *     @lost do not exist any more. Where the server had forgotten the client,
 *     @outage_ms is by the client's clock, or longer where the server knows
 *     better, and its own messages have its old peer id.
 *   floor-granted (const char *room_id, guint64 max_hold_ms)
 *     The client has the floor, for so long (0: without a limit). Comes again,
 *     with the time that is left, where the client had it during an outage.
 *   floor-queued (const char *room_id, guint position)
 *     The client waits; 1 is the next.
 *   floor-denied (const char *room_id, const char *peer_id)
 *     @peer_id has it, and the request was not to wait.
 *   floor-taken (const char *room_id, const char *peer_id)
 *     Another member has it.
 *   floor-released (const char *room_id, const char *peer_id,
 *                   const char *reason)
 *     @reason: "released", "time" (held too long: it was revoked), "lost" (did
 *     not come back in time) or "left". @peer_id may be the client itself.
 *   room-error (const char *room_id, const char *code, const char *details)
 *     A request was rejected: "unknown-room" (the client is not in it) or
 *     "too-many-rooms" by the server; "seat-needed" by the client itself: this
 *     server has no rooms.
 */
#define RW_TYPE_WS_ROOMS (rw_ws_rooms_get_type ())
G_DECLARE_FINAL_TYPE (RwWsRooms, rw_ws_rooms, RW, WS_ROOMS, GObject)

/**
 * rw_ws_rooms_join:
 * @room_id: 1 to 256 bytes of UTF-8
 * @meta: (nullable): JSON about the client, for the other members
 *
 * Answered by "room-joined" or "room-error". The client is in it until
 * rw_ws_rooms_leave() or rw_signaller_stop(). FALSE, with an RW_FAILURE_ERROR,
 * if an argument cannot be used, or if the connected server has no rooms.
 */
gboolean rw_ws_rooms_join (RwWsRooms *self, const char *room_id,
                           const char *meta, GError **error);

/** rw_ws_rooms_leave: gives its floor back as well. */
void rw_ws_rooms_leave (RwWsRooms *self, const char *room_id);

/**
 * rw_ws_rooms_publish:
 * @data: JSON
 *
 * To all members, the client included. FALSE, with an RW_FAILURE_ERROR, if
 * @data cannot be used, or the room was not joined.
 */
gboolean rw_ws_rooms_publish (RwWsRooms *self, const char *room_id,
                              const char *data, GError **error);

/**
 * rw_ws_rooms_request_floor:
 * @priority: 0 to 255; a higher one waits less
 * @wait: whether to queue for it rather than to be denied
 *
 * Answered by "floor-granted", "floor-queued" or "floor-denied". A request that
 * could not be sent for 2 s is dropped and counted (dropped_stale): the
 * talker has let go of the button.
 */
void rw_ws_rooms_request_floor (RwWsRooms *self, const char *room_id,
                                guint priority, gboolean wait);

/** rw_ws_rooms_release_floor: also gives up waiting for it. */
void rw_ws_rooms_release_floor (RwWsRooms *self, const char *room_id);

/* For the signaller. */

/** rw_ws_rooms_new: @channel is not owned: rw_ws_rooms_detach() comes before
 * its end. */
RwWsRooms *rw_ws_rooms_new (RwClock *clock, RwReliableChannel *channel);
void rw_ws_rooms_detach (RwWsRooms *self);

/** rw_ws_rooms_connect: @connection is the one in use. */
void rw_ws_rooms_connect (RwWsRooms *self, RwServerConnection *connection);
void rw_ws_rooms_disconnect (RwWsRooms *self);

/** rw_ws_rooms_end: the client is to be in none any more. */
void rw_ws_rooms_end (RwWsRooms *self);

/** rw_ws_rooms_receive: FALSE for what is not about a room. */
gboolean rw_ws_rooms_receive (RwWsRooms *self, const RwSignalMessage *message);

G_END_DECLS
