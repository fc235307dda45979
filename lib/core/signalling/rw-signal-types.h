/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Types of signalling that every layer shares: plain values, no JSON. */

/**
 * RwRoles:
 * The roles of a peer, as a set of flags. RW_ROLE_NONE is a peer that has left.
 * A listener gets every other peer's status. The server rejects producer and
 * consumer together.
 */
typedef enum {
  RW_ROLE_NONE = 0,
  RW_ROLE_PRODUCER = 1 << 0,
  RW_ROLE_LISTENER = 1 << 1,
  RW_ROLE_CONSUMER = 1 << 2,
} RwRoles;

/**
 * RW_SESSION_LOST:
 * The error of an endSession whose other side has not ended it: its connection
 * to the server was lost. Media may still be alive.
 */
#define RW_SESSION_LOST "the peer's connection to the server was lost"

/** RwSdpType: the two kinds of description that signalling carries. */
typedef enum {
  RW_SDP_TYPE_OFFER,
  RW_SDP_TYPE_ANSWER,
} RwSdpType;

/**
 * RwSignalType:
 *
 * The kinds of message. RW_SIGNAL_LIST and RW_SIGNAL_LIST_CONSUMERS are
 * question (no peers) and answer; RW_SIGNAL_START_SESSION goes to the server
 * without a session id, and to a producer with one.
 */
typedef enum {
  RW_SIGNAL_SET_PROTOCOL_VERSION,
  RW_SIGNAL_SET_PEER_STATUS,
  RW_SIGNAL_START_SESSION,
  RW_SIGNAL_END_SESSION,
  RW_SIGNAL_END_SESSION_V1_1,
  RW_SIGNAL_PEER,
  RW_SIGNAL_LIST,
  RW_SIGNAL_LIST_CONSUMERS,
  RW_SIGNAL_WELCOME,
  RW_SIGNAL_PEER_STATUS_CHANGED,
  RW_SIGNAL_SESSION_STARTED,
  RW_SIGNAL_ERROR_REPLY,
  RW_SIGNAL_RESILIENT_WELCOME,
  RW_SIGNAL_ACK,
  RW_SIGNAL_MOVED,
  RW_SIGNAL_SERVER_STATUS,
  RW_SIGNAL_JOIN_ROOM,
  RW_SIGNAL_LEAVE_ROOM,
  RW_SIGNAL_PUBLISH,
  RW_SIGNAL_ROOM_JOINED,
  RW_SIGNAL_MEMBER_JOINED,
  RW_SIGNAL_MEMBER_LEFT,
  RW_SIGNAL_ROOM_MESSAGE,
  RW_SIGNAL_RECONNECTION_DETECTED,
  RW_SIGNAL_REQUEST_FLOOR,
  RW_SIGNAL_RELEASE_FLOOR,
  RW_SIGNAL_FLOOR_GRANTED,
  RW_SIGNAL_FLOOR_QUEUED,
  RW_SIGNAL_FLOOR_DENIED,
  RW_SIGNAL_FLOOR_TAKEN,
  RW_SIGNAL_FLOOR_RELEASED,
  RW_SIGNAL_GET_ICE_SERVERS,
  RW_SIGNAL_ICE_SERVERS,
  RW_SIGNAL_REPORT_QUALITY,
} RwSignalType;

#define RW_SIGNAL_LAST RW_SIGNAL_REPORT_QUALITY

/** RwSignalVersion: the plain protocol's two versions. */
typedef enum {
  RW_SIGNAL_VERSION_1_0,
  RW_SIGNAL_VERSION_1_1,
} RwSignalVersion;

G_END_DECLS
