/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "rw-ice-server.h"
#include "rw-quality.h"
#include "rw-session-request.h"
#include "rw-signal-error.h"
#include "rw-signal-types.h"

G_BEGIN_DECLS

/* One message of signalling, either way: docs/signalling.md has the protocol.
 * A message belongs to one thread at a time. */

#define RW_SIGNAL_MAX_FRAME (1024 * 1024)

/** Ids of peers, sessions and clients are at most so many bytes. */
#define RW_SIGNAL_MAX_ID 256

/** Of a request for the floor. */
#define RW_SIGNAL_MAX_PRIORITY 255

/** RwSignalPeer: one entry of a list; @meta is NULL for null. */
typedef struct {
  char *id;
  JsonNode *meta;
} RwSignalPeer;

RwSignalPeer *rw_signal_peer_new (const char *id, JsonNode *meta);
void rw_signal_peer_free (RwSignalPeer *self);

/**
 * RwSignalOptIn: the `resilient` member of setProtocolVersion.
 * @version: of our extension, at least 1
 * @client_id: (nullable): known to this client alone, and stable
 * @token: (nullable): from an earlier RwSignalResilience, to resume by
 * @ack: with a @token: the number of the last message received on that seat
 * @attempt: grows with each that this client makes; 0: it does not say
 * @degraded: it has heard something while serverStatus said so, and not yet
 *   that it is over
 */
typedef struct {
  guint version;
  char *client_id;
  char *token;
  guint64 ack;
  guint64 attempt;
  gboolean degraded;
} RwSignalOptIn;

/**
 * RwSignalResilience: what resilientWelcome tells a client that opted in.
 * @version: of our extension, that both speak from now on
 * @token: (nullable): resumes this client's seat on a later connection
 * @grace_ms: how long the seat is kept after the socket is lost; 0: not kept
 * @resumed: whether the seat is the one the client's token named
 * @ack: where @resumed: the number of the last message the server has received
 * @degraded: the server is on its own: see serverStatus
 */
typedef struct {
  guint version;
  char *token;
  guint64 grace_ms;
  gboolean resumed;
  guint64 ack;
  gboolean degraded;
} RwSignalResilience;

/**
 * RwSignalMessage:
 * @type: says which of the others count; a member no message of that type has
 *   is NULL or 0
 * @version: setProtocolVersion
 * @opt_in: (nullable): setProtocolVersion
 * @peer_id: welcome, resilientWelcome, setPeerStatus (nullable),
 *   peerStatusChanged (nullable), startSession, sessionStarted
 * @session_id: sessionStarted, endSession, endSessionV1_1, peer; startSession
 *   from the server
 * @roles: setPeerStatus, peerStatusChanged
 * @meta: setPeerStatus, peerStatusChanged, joinRoom, memberJoined, and as
 *   `data` publish, roomMessage: any JSON, NULL for JSON's null
 * @peers: (nullable) (element-type RwSignalPeer): the answer of a list
 * @offer: (nullable): startSession
 * @request: (nullable): startSession between peers of ours
 * @sdp: (nullable): peer; exactly one of @sdp and @candidate is set
 * @sdp_type: of @sdp
 * @candidate: (nullable): peer; empty for the end of candidates
 * @sdp_m_line_index: of @candidate
 * @reason: (nullable): endSessionV1_1's `error`; floorReleased's `reason`
 * @details: error: for people; an error may have a @session_id
 * @code: (nullable): error: for programs; our servers set it
 * @retry_after_ms: error: what the sender should wait before it asks again; 0
 *   for nothing said
 * @resilience: resilientWelcome
 * @ice_servers: (nullable) (element-type RwIceServer): resilientWelcome,
 *   iceServers
 * @quality: reportQuality
 * @room_id: all messages of rooms and floors; in an error, the room it is about
 * @instance: (nullable): roomJoined: which life of the room it is; joinRoom:
 *   which one the client was in
 * @sequence: roomMessage: its number in the room; roomJoined: the one before
 *   the first that follows; joinRoom with an @instance: the last one that the
 *   client had
 * @number: requestFloor: `priority`; floorQueued: `position`;
 *   reconnection-detected: `missed`
 * @lost: reconnection-detected
 * @time_ms: floorGranted: `maxHoldMs`; reconnection-detected: `outageMs`;
 *   with @ice_servers `iceTtlMs`, how long they are good for, 0 for ever
 * @no_wait: requestFloor: the opposite of `wait`
 * @brief: list, from a client: an empty answer will do
 * @delay_ms: moved: come again after a random time of up to so long
 * @degraded: serverStatus: what the servers share their state through is away
 * @seq: the number of the message on its seat and in its direction, between
 *   peers that opted in; 0 for none
 * @ack: ack, and with any other message: the number of the last message
 * received the other way; counts where @has_ack
 * @has_ack: whether the message acknowledges anything
 * @expires_us: not said: when its sender does not mean it any more, on the
 *   sender's clock; G_MAXINT64 for never
 */
typedef struct {
  RwSignalType type;
  RwSignalVersion version;
  RwSignalOptIn *opt_in;
  char *peer_id;
  char *session_id;
  RwRoles roles;
  JsonNode *meta;
  GPtrArray *peers;
  char *offer;
  RwSessionRequest *request;
  char *sdp;
  RwSdpType sdp_type;
  char *candidate;
  guint sdp_m_line_index;
  char *reason;
  char *details;
  char *code;
  guint64 retry_after_ms;
  RwSignalResilience *resilience;
  GPtrArray *ice_servers;
  RwQualityMetrics quality;
  char *room_id;
  char *instance;
  guint64 sequence;
  guint64 number;
  guint64 lost;
  guint64 time_ms;
  gboolean no_wait;
  gboolean brief;
  guint64 delay_ms;
  gboolean degraded;
  guint64 seq;
  guint64 ack;
  gboolean has_ack;
  gint64 expires_us;
} RwSignalMessage;

RwSignalMessage *rw_signal_message_new (RwSignalType type);
void rw_signal_message_free (RwSignalMessage *self);

RwSignalMessage *rw_signal_message_parse (const char *text, gsize len,
                                          GError **error);
char *rw_signal_message_to_json (const RwSignalMessage *self);

gboolean rw_signal_message_peek_seq (const char *text, gsize len, guint64 *seq);

const char *rw_signal_type_to_string (RwSignalType type);

void rw_signal_opt_in_free (RwSignalOptIn *self);
void rw_signal_resilience_free (RwSignalResilience *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSignalMessage, rw_signal_message_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSignalPeer, rw_signal_peer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSignalOptIn, rw_signal_opt_in_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSignalResilience, rw_signal_resilience_free)

G_END_DECLS
