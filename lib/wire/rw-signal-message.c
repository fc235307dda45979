/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-message.h"

/* The type and its memory; reading is in rw-signal-reader.c, writing in
 * rw-signal-writer.c. */

static const char *const type_names[] = {
    [RW_SIGNAL_SET_PROTOCOL_VERSION] = "setProtocolVersion",
    [RW_SIGNAL_SET_PEER_STATUS] = "setPeerStatus",
    [RW_SIGNAL_START_SESSION] = "startSession",
    [RW_SIGNAL_END_SESSION] = "endSession",
    [RW_SIGNAL_END_SESSION_V1_1] = "endSessionV1_1",
    [RW_SIGNAL_PEER] = "peer",
    [RW_SIGNAL_LIST] = "list",
    [RW_SIGNAL_LIST_CONSUMERS] = "listConsumers",
    [RW_SIGNAL_WELCOME] = "welcome",
    [RW_SIGNAL_PEER_STATUS_CHANGED] = "peerStatusChanged",
    [RW_SIGNAL_SESSION_STARTED] = "sessionStarted",
    [RW_SIGNAL_ERROR_REPLY] = "error",
    [RW_SIGNAL_RESILIENT_WELCOME] = "resilientWelcome",
    [RW_SIGNAL_ACK] = "ack",
    [RW_SIGNAL_MOVED] = "moved",
    [RW_SIGNAL_SERVER_STATUS] = "serverStatus",
    [RW_SIGNAL_JOIN_ROOM] = "joinRoom",
    [RW_SIGNAL_LEAVE_ROOM] = "leaveRoom",
    [RW_SIGNAL_PUBLISH] = "publish",
    [RW_SIGNAL_ROOM_JOINED] = "roomJoined",
    [RW_SIGNAL_MEMBER_JOINED] = "memberJoined",
    [RW_SIGNAL_MEMBER_LEFT] = "memberLeft",
    [RW_SIGNAL_ROOM_MESSAGE] = "roomMessage",
    [RW_SIGNAL_RECONNECTION_DETECTED] = "reconnection-detected",
    [RW_SIGNAL_REQUEST_FLOOR] = "requestFloor",
    [RW_SIGNAL_RELEASE_FLOOR] = "releaseFloor",
    [RW_SIGNAL_FLOOR_GRANTED] = "floorGranted",
    [RW_SIGNAL_FLOOR_QUEUED] = "floorQueued",
    [RW_SIGNAL_FLOOR_DENIED] = "floorDenied",
    [RW_SIGNAL_FLOOR_TAKEN] = "floorTaken",
    [RW_SIGNAL_FLOOR_RELEASED] = "floorReleased",
    [RW_SIGNAL_GET_ICE_SERVERS] = "getIceServers",
    [RW_SIGNAL_ICE_SERVERS] = "iceServers",
    [RW_SIGNAL_REPORT_QUALITY] = "reportQuality",
};

/** rw_signal_type_to_string: the `type` member's text; static. */
const char *
rw_signal_type_to_string (RwSignalType type)
{
  g_return_val_if_fail (type < G_N_ELEMENTS (type_names), NULL);

  return type_names[type];
}

/** rw_signal_message_new: empty but for @type; fill in the members. */
RwSignalMessage *
rw_signal_message_new (RwSignalType type)
{
  RwSignalMessage *self = g_new0 (RwSignalMessage, 1);

  self->type = type;
  self->expires_us = G_MAXINT64;

  return self;
}

/** rw_signal_message_free: NULL is fine. */
void
rw_signal_message_free (RwSignalMessage *self)
{
  if (self == NULL)
    return;

  rw_signal_opt_in_free (self->opt_in);
  g_free (self->peer_id);
  g_free (self->session_id);
  g_clear_pointer (&self->meta, json_node_unref);
  g_clear_pointer (&self->peers, g_ptr_array_unref);
  g_free (self->offer);
  rw_session_request_free (self->request);
  g_free (self->sdp);
  g_free (self->candidate);
  g_free (self->reason);
  g_free (self->details);
  g_free (self->code);
  g_free (self->room_id);
  g_free (self->instance);
  g_clear_pointer (&self->ice_servers, g_ptr_array_unref);
  rw_signal_resilience_free (self->resilience);
  g_free (self);
}

/**
 * rw_signal_peer_new:
 * @meta: (transfer full) (nullable): any JSON; NULL for JSON's null
 */
RwSignalPeer *
rw_signal_peer_new (const char *id, JsonNode *meta)
{
  RwSignalPeer *self = g_new (RwSignalPeer, 1);

  self->id = g_strdup (id);
  self->meta = meta;

  return self;
}

void
rw_signal_peer_free (RwSignalPeer *self)
{
  if (self == NULL)
    return;

  g_free (self->id);
  g_clear_pointer (&self->meta, json_node_unref);
  g_free (self);
}

void
rw_signal_opt_in_free (RwSignalOptIn *self)
{
  if (self == NULL)
    return;

  g_free (self->client_id);
  g_free (self->token);
  g_free (self);
}

void
rw_signal_resilience_free (RwSignalResilience *self)
{
  if (self == NULL)
    return;

  g_free (self->token);
  g_free (self);
}
