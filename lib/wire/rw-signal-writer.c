/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-message.h"

#include "rw-ice-json.h"
#include "rw-json-fields.h"
#include "rw-quality-json.h"

/* RwSignalMessage -> JSON text. Optional members are null, save peerId, which
 * is left out: that is how the plain protocol has it. */

/* For counts that no seat lives to see pass 2^53. */
static void
add_number (JsonBuilder *builder, const char *member, guint64 value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_int_value (builder, (gint64) value);
}

static void
add_any (JsonBuilder *builder, const char *member, JsonNode *meta)
{
  json_builder_set_member_name (builder, member);
  if (meta != NULL)
    json_builder_add_value (builder, json_node_copy (meta));
  else
    json_builder_add_null_value (builder);
}

static void
add_degraded (JsonBuilder *builder, gboolean degraded)
{
  json_builder_set_member_name (builder, "degraded");
  json_builder_add_boolean_value (builder, degraded);
}

static void
add_opt_in (JsonBuilder *builder, const RwSignalOptIn *opt_in)
{
  if (opt_in == NULL)
    return;

  json_builder_set_member_name (builder, "resilient");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "version");
  json_builder_add_int_value (builder, opt_in->version);
  rw_json_add_string (builder, "clientId", opt_in->client_id);
  rw_json_add_string (builder, "token", opt_in->token);
  if (opt_in->token != NULL)
    add_number (builder, "ack", opt_in->ack);
  if (opt_in->attempt > 0)
    add_number (builder, "attempt", opt_in->attempt);
  if (opt_in->degraded)
    add_degraded (builder, TRUE);
  json_builder_end_object (builder);
}

static void
add_version (JsonBuilder *builder, const RwSignalMessage *message)
{
  rw_json_add_string (builder, "version",
                      message->version == RW_SIGNAL_VERSION_1_1 ? "v1_1"
                                                                : "v1_0");
  add_opt_in (builder, message->opt_in);
}

static void
add_status (JsonBuilder *builder, const RwSignalMessage *message)
{
  json_builder_set_member_name (builder, "roles");
  json_builder_begin_array (builder);
  if (message->roles & RW_ROLE_PRODUCER)
    json_builder_add_string_value (builder, "producer");
  if (message->roles & RW_ROLE_LISTENER)
    json_builder_add_string_value (builder, "listener");
  if (message->roles & RW_ROLE_CONSUMER)
    json_builder_add_string_value (builder, "consumer");
  json_builder_end_array (builder);

  add_any (builder, "meta", message->meta);
  if (message->peer_id != NULL)
    rw_json_add_string (builder, "peerId", message->peer_id);
}

static void
add_request (JsonBuilder *builder, const RwSessionRequest *request)
{
  if (request == NULL)
    return;

  json_builder_set_member_name (builder, "resilient");
  json_builder_begin_object (builder);
  rw_json_add_string (builder, "consumerId", request->consumer_id);
  rw_json_add_string (builder, "streamId", request->stream_id);
  rw_json_add_uint (builder, "next", request->next);
  rw_json_add_uint (builder, "generation", request->generation);
  rw_json_add_string (builder, "start",
                      request->start == RW_SESSION_START_OLDEST ? "oldest"
                                                                : "live");
  json_builder_end_object (builder);
}

static void
add_start_session (JsonBuilder *builder, const RwSignalMessage *message)
{
  rw_json_add_string (builder, "peerId", message->peer_id);
  if (message->session_id != NULL)
    rw_json_add_string (builder, "sessionId", message->session_id);
  rw_json_add_string (builder, "offer", message->offer);
  add_request (builder, message->request);
}

static void
add_sdp (JsonBuilder *builder, const RwSignalMessage *message)
{
  json_builder_set_member_name (builder, "sdp");
  json_builder_begin_object (builder);
  rw_json_add_string (builder, "type",
                      message->sdp_type == RW_SDP_TYPE_OFFER ? "offer"
                                                             : "answer");
  rw_json_add_string (builder, "sdp", message->sdp);
  json_builder_end_object (builder);
}

static void
add_ice (JsonBuilder *builder, const RwSignalMessage *message)
{
  json_builder_set_member_name (builder, "ice");
  json_builder_begin_object (builder);
  rw_json_add_string (builder, "candidate", message->candidate);
  json_builder_set_member_name (builder, "sdpMLineIndex");
  json_builder_add_int_value (builder, message->sdp_m_line_index);
  json_builder_end_object (builder);
}

static void
add_peer (JsonBuilder *builder, const RwSignalMessage *message)
{
  rw_json_add_string (builder, "sessionId", message->session_id);
  if (message->sdp != NULL)
    add_sdp (builder, message);
  else
    add_ice (builder, message);
}

static void
add_list (JsonBuilder *builder, const char *member, const GPtrArray *peers)
{
  if (peers == NULL)
    return;

  json_builder_set_member_name (builder, member);
  json_builder_begin_array (builder);
  for (guint i = 0; i < peers->len; i++) {
    const RwSignalPeer *peer = g_ptr_array_index (peers, i);

    json_builder_begin_object (builder);
    rw_json_add_string (builder, "id", peer->id);
    add_any (builder, "meta", peer->meta);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
add_brief (JsonBuilder *builder, gboolean brief)
{
  if (!brief)
    return;

  json_builder_set_member_name (builder, "brief");
  json_builder_add_boolean_value (builder, TRUE);
}

static void
add_ice_servers (JsonBuilder *builder, const RwSignalMessage *message)
{
  rw_ice_json_add (builder, "iceServers", message->ice_servers);
  if (message->ice_servers != NULL)
    add_number (builder, "iceTtlMs", message->time_ms);
}

static void
add_resilience (JsonBuilder *builder, const RwSignalMessage *message)
{
  const RwSignalResilience *resilience = message->resilience;

  rw_json_add_string (builder, "peerId", message->peer_id);
  json_builder_set_member_name (builder, "version");
  json_builder_add_int_value (builder, resilience->version);
  rw_json_add_string (builder, "token", resilience->token);
  json_builder_set_member_name (builder, "graceMs");
  json_builder_add_int_value (builder, (gint64) resilience->grace_ms);
  json_builder_set_member_name (builder, "resumed");
  json_builder_add_boolean_value (builder, resilience->resumed);
  if (resilience->resumed)
    add_number (builder, "ack", resilience->ack);
  if (resilience->degraded)
    add_degraded (builder, TRUE);
  add_ice_servers (builder, message);
}

static void
add_error (JsonBuilder *builder, const RwSignalMessage *message)
{
  rw_json_add_string (builder, "details", message->details);
  if (message->code != NULL)
    rw_json_add_string (builder, "code", message->code);
  if (message->session_id != NULL)
    rw_json_add_string (builder, "sessionId", message->session_id);
  if (message->room_id != NULL)
    rw_json_add_string (builder, "roomId", message->room_id);
  if (message->retry_after_ms > 0)
    add_number (builder, "retryAfterMs", message->retry_after_ms);
}

static void
add_numbers (JsonBuilder *builder, const RwSignalMessage *message)
{
  if (message->seq > 0)
    add_number (builder, "seq", message->seq);
  if (message->has_ack)
    add_number (builder, "ack", message->ack);
}

static void
add_request_floor (JsonBuilder *builder, const RwSignalMessage *message)
{
  add_number (builder, "priority", message->number);
  json_builder_set_member_name (builder, "wait");
  json_builder_add_boolean_value (builder, !message->no_wait);
}

static void
add_reconnection (JsonBuilder *builder, const RwSignalMessage *message)
{
  add_number (builder, "outageMs", message->time_ms);
  add_number (builder, "missed", message->number);
  add_number (builder, "lost", message->lost);
  rw_json_add_string (builder, "floorHolder", message->peer_id);
}

static void
add_join_room (JsonBuilder *builder, const RwSignalMessage *message)
{
  add_any (builder, "meta", message->meta);
  if (message->instance == NULL)
    return;
  rw_json_add_string (builder, "instance", message->instance);
  add_number (builder, "sequence", message->sequence);
}

static void
add_room_joined (JsonBuilder *builder, const RwSignalMessage *message)
{
  if (message->instance != NULL)
    rw_json_add_string (builder, "instance", message->instance);
  add_number (builder, "sequence", message->sequence);
  add_list (builder, "members", message->peers);
  rw_json_add_string (builder, "floorHolder", message->peer_id);
}

static void
add_room_message (JsonBuilder *builder, const RwSignalMessage *message)
{
  add_number (builder, "sequence", message->sequence);
  rw_json_add_string (builder, "peerId", message->peer_id);
  add_any (builder, "data", message->meta);
}

/* Messages of rooms and floors; each begins with its room. */
static void
add_room_members (JsonBuilder *builder, const RwSignalMessage *message)
{
  rw_json_add_string (builder, "roomId", message->room_id);

  switch (message->type) {
  case RW_SIGNAL_PUBLISH:
    add_any (builder, "data", message->meta);
    break;
  case RW_SIGNAL_JOIN_ROOM:
    add_join_room (builder, message);
    break;
  case RW_SIGNAL_ROOM_JOINED:
    add_room_joined (builder, message);
    break;
  case RW_SIGNAL_MEMBER_JOINED:
    rw_json_add_string (builder, "peerId", message->peer_id);
    add_any (builder, "meta", message->meta);
    break;
  case RW_SIGNAL_ROOM_MESSAGE:
    add_room_message (builder, message);
    break;
  case RW_SIGNAL_RECONNECTION_DETECTED:
    add_reconnection (builder, message);
    break;
  case RW_SIGNAL_REQUEST_FLOOR:
    add_request_floor (builder, message);
    break;
  case RW_SIGNAL_FLOOR_GRANTED:
    add_number (builder, "maxHoldMs", message->time_ms);
    break;
  case RW_SIGNAL_FLOOR_QUEUED:
    add_number (builder, "position", message->number);
    break;
  case RW_SIGNAL_FLOOR_RELEASED:
    rw_json_add_string (builder, "peerId", message->peer_id);
    rw_json_add_string (builder, "reason", message->reason);
    break;
  case RW_SIGNAL_MEMBER_LEFT:
  case RW_SIGNAL_FLOOR_DENIED:
  case RW_SIGNAL_FLOOR_TAKEN:
    rw_json_add_string (builder, "peerId", message->peer_id);
    break;
  default:
    break;
  }
}

static void
add_members (JsonBuilder *builder, const RwSignalMessage *message)
{
  switch (message->type) {
  case RW_SIGNAL_SET_PROTOCOL_VERSION:
    add_version (builder, message);
    break;
  case RW_SIGNAL_SET_PEER_STATUS:
  case RW_SIGNAL_PEER_STATUS_CHANGED:
    add_status (builder, message);
    break;
  case RW_SIGNAL_START_SESSION:
    add_start_session (builder, message);
    break;
  case RW_SIGNAL_END_SESSION_V1_1:
    rw_json_add_string (builder, "sessionId", message->session_id);
    rw_json_add_string (builder, "error", message->reason);
    break;
  case RW_SIGNAL_END_SESSION:
    rw_json_add_string (builder, "sessionId", message->session_id);
    break;
  case RW_SIGNAL_PEER:
    add_peer (builder, message);
    break;
  case RW_SIGNAL_LIST:
    add_list (builder, "producers", message->peers);
    add_brief (builder, message->brief);
    break;
  case RW_SIGNAL_LIST_CONSUMERS:
    add_list (builder, "consumers", message->peers);
    break;
  case RW_SIGNAL_WELCOME:
    rw_json_add_string (builder, "peerId", message->peer_id);
    break;
  case RW_SIGNAL_SESSION_STARTED:
    rw_json_add_string (builder, "peerId", message->peer_id);
    rw_json_add_string (builder, "sessionId", message->session_id);
    break;
  case RW_SIGNAL_ERROR_REPLY:
    add_error (builder, message);
    break;
  case RW_SIGNAL_RESILIENT_WELCOME:
    add_resilience (builder, message);
    break;
  case RW_SIGNAL_MOVED:
    add_number (builder, "delayMs", message->delay_ms);
    break;
  case RW_SIGNAL_REPORT_QUALITY:
    rw_quality_metrics_add (builder, &message->quality);
    break;
  case RW_SIGNAL_SERVER_STATUS:
    add_degraded (builder, message->degraded);
    break;
  case RW_SIGNAL_ICE_SERVERS:
    add_ice_servers (builder, message);
    break;
  case RW_SIGNAL_ACK:
  case RW_SIGNAL_GET_ICE_SERVERS:
    break;
  default:
    add_room_members (builder, message);
    break;
  }
}

/** rw_signal_message_to_json: one frame's text; free with g_free(). */
char *
rw_signal_message_to_json (const RwSignalMessage *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  json_builder_begin_object (builder);
  rw_json_add_string (builder, "type", rw_signal_type_to_string (self->type));
  add_members (builder, self);
  add_numbers (builder, self);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);

  return json_to_string (root, FALSE);
}
