/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-quality.h"
#include "rw-session-request.h"
#include "rw-signal-types.h"

G_BEGIN_DECLS

/** RwBrainPeer: one entry of a list; @meta is JSON text, NULL for null. */
typedef struct {
  char *id;
  GRefString *meta;
} RwBrainPeer;

/**
 * RwBrainMessage:
 * @type: says which of the others count
 * @version: setProtocolVersion
 * @resilient: setProtocolVersion: whether the client opts in to our extras
 * @client_id: (nullable): setProtocolVersion: what only this client knows
 * @peer_id: the other peer; in peerStatusChanged, the peer it is about
 * @session_id: the session; in an error, the session it is about, or NULL
 * @roles: setPeerStatus, peerStatusChanged
 * @meta: the same, and what is published in rooms: JSON text that nobody here
 *   looks into, NULL for null
 * @name: (nullable): setPeerStatus: the name that @meta gives a producer
 * @peers: (nullable) (element-type RwBrainPeer): the answer of a list
 * @offer: (nullable): startSession
 * @request: (nullable): startSession
 * @body: peer: passed on as it is
 * @reason: (nullable): endSessionV1_1
 * @details: error: for people
 * @code: error: for programs, a static string
 * @retry_after_ms: error: how long to wait before asking again, 0 for nothing
 * @token: (nullable): setProtocolVersion: of the seat to be resumed;
 *   resilientWelcome: of the seat that was taken
 * @attempt: setProtocolVersion: which of this client's it is, 0 for not said
 * @degraded: setProtocolVersion: it has heard what perhaps only the node knows
 *   that it was on; resilientWelcome: what follows is such
 * @grace_ms: resilientWelcome
 * @resumed: resilientWelcome
 * @room_id: all messages of rooms and floors; in an error, the room it is about
 * @instance: (nullable): roomJoined: which life of the room it is; joinRoom:
 *   which one the client was in
 * @sequence: roomMessage: its number in the room; roomJoined: the one before
 *   the first that the member gets; joinRoom with an @instance: the last one
 *   that the client had
 * @number: requestFloor: priority; floorQueued: position;
 *   reconnection-detected: messages that were missed and follow
 * @lost: reconnection-detected: messages that were missed and are gone
 * @time_ms: floorGranted: how long it may be held, 0 for no limit;
 *   reconnection-detected: how long the member was away
 * @quality: reportQuality
 * @no_wait: requestFloor: rather denied than queued
 * @brief: list: it is asked for a sign of life, an empty one will do
 * @seq: the number it came with, 0 for none
 * @ack: the acknowledgement it came with, if @has_ack; in setProtocolVersion
 *   and resilientWelcome, the last number received on the seat
 * @source: (nullable): the client at whose word it was made; never on the wire
 *
 * What the server's brain takes in and gives out: a signalling message
 * without its JSON. Reference-counted, since one goes to many listeners, and
 * not to be changed once it was given away. Of one thread.
 */
typedef struct {
  guint ref_count;
  RwSignalType type;
  RwSignalVersion version;
  gboolean resilient;
  char *client_id;
  char *peer_id;
  char *session_id;
  RwRoles roles;
  GRefString *meta;
  char *name;
  GPtrArray *peers;
  char *offer;
  RwSessionRequest *request;
  GRefString *body;
  char *reason;
  char *details;
  const char *code;
  guint64 retry_after_ms;
  char *token;
  guint64 attempt;
  gboolean degraded;
  guint64 grace_ms;
  gboolean resumed;
  char *room_id;
  char *instance;
  guint64 sequence;
  guint64 number;
  guint64 lost;
  guint64 time_ms;
  RwQuality quality;
  gboolean no_wait;
  gboolean brief;
  guint64 seq;
  guint64 ack;
  gboolean has_ack;
  char *source;
} RwBrainMessage;

RwBrainMessage *rw_brain_message_new (RwSignalType type);
RwBrainMessage *rw_brain_message_ref (RwBrainMessage *self);
void rw_brain_message_unref (RwBrainMessage *self);

GPtrArray *rw_brain_message_new_peers (void);
void rw_brain_message_add_peer (RwBrainMessage *self, const char *id,
                                GRefString *meta);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwBrainMessage, rw_brain_message_unref)

G_END_DECLS
