/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-message.h"

#include "rw-ice-json.h"
#include "rw-json-fields.h"
#include "rw-json-text.h"
#include "rw-quality-json.h"

/* JSON text -> RwSignalMessage. Unknown members are passed over; a known one
 * must be what the protocol says. */

typedef gboolean (*ReadFunc) (JsonObject *object, RwSignalMessage *message,
                              GError **error);

static gboolean
invalid (GError **error, const char *what)
{
  g_set_error_literal (error, RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_INVALID, what);
  return FALSE;
}

static gboolean
read_opt_in (JsonObject *object, RwSignalMessage *message, GError **error)
{
  g_autoptr (RwSignalOptIn) opt_in = g_new0 (RwSignalOptIn, 1);
  JsonObject *member = NULL;
  guint64 version = 0;

  if (!rw_json_read_object (object, "resilient", RW_JSON_OPTIONAL, &member,
                            error))
    return FALSE;
  if (member == NULL)
    return TRUE;

  if (!rw_json_read_uint (member, "version", RW_JSON_REQUIRED, &version,
                          error) ||
      !rw_json_read_id (member, "clientId", RW_JSON_OPTIONAL,
                        &opt_in->client_id, error) ||
      !rw_json_read_id (member, "token", RW_JSON_OPTIONAL, &opt_in->token,
                        error) ||
      !rw_json_read_uint (member, "ack", RW_JSON_OPTIONAL, &opt_in->ack,
                          error) ||
      !rw_json_read_uint (member, "attempt", RW_JSON_OPTIONAL, &opt_in->attempt,
                          error) ||
      !rw_json_read_bool (member, "degraded", RW_JSON_OPTIONAL,
                          &opt_in->degraded, error))
    return FALSE;
  if (version == 0)
    return invalid (error, "\"resilient\" needs a \"version\" from 1");

  opt_in->version = (guint) MIN (version, G_MAXUINT);
  message->opt_in = g_steal_pointer (&opt_in);
  return TRUE;
}

static gboolean
read_set_protocol_version (JsonObject *object, RwSignalMessage *message,
                           GError **error)
{
  g_autofree char *version = NULL;

  if (!rw_json_read_string (object, "version", RW_JSON_REQUIRED, &version,
                            error))
    return FALSE;

  if (g_str_equal (version, "v1_0"))
    message->version = RW_SIGNAL_VERSION_1_0;
  else if (g_str_equal (version, "v1_1"))
    message->version = RW_SIGNAL_VERSION_1_1;
  else
    return invalid (error, "\"version\" must be \"v1_0\" or \"v1_1\"");

  return read_opt_in (object, message, error);
}

static gboolean
read_role (JsonNode *node, RwRoles *roles, GError **error)
{
  static const struct {
    const char *name;
    RwRoles role;
  } names[] = {
      {"producer", RW_ROLE_PRODUCER},
      {"listener", RW_ROLE_LISTENER},
      {"consumer", RW_ROLE_CONSUMER},
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (json_node_get_value_type (node) == G_TYPE_STRING &&
        g_str_equal (json_node_get_string (node), names[i].name)) {
      *roles |= names[i].role;
      return TRUE;
    }
  }

  return invalid (error, "a role must be \"producer\", \"listener\" or "
                         "\"consumer\"");
}

/* setPeerStatus and peerStatusChanged have the same members. */
static gboolean
read_status (JsonObject *object, RwSignalMessage *message, GError **error)
{
  JsonArray *roles = NULL;
  JsonNode *meta = json_object_get_member (object, "meta");

  if (!rw_json_read_id (object, "peerId", RW_JSON_OPTIONAL, &message->peer_id,
                        error) ||
      !rw_json_read_array (object, "roles", RW_JSON_REQUIRED, &roles, error))
    return FALSE;

  for (guint i = 0; i < json_array_get_length (roles); i++) {
    if (!read_role (json_array_get_element (roles, i), &message->roles, error))
      return FALSE;
  }

  if (meta != NULL && !JSON_NODE_HOLDS_NULL (meta))
    message->meta = json_node_ref (meta);
  return TRUE;
}

static gboolean
read_start_at (JsonObject *member, RwSessionRequest *request, GError **error)
{
  g_autofree char *start = NULL;

  if (!rw_json_read_string (member, "start", RW_JSON_OPTIONAL, &start, error))
    return FALSE;

  if (start == NULL || g_str_equal (start, "live"))
    request->start = RW_SESSION_START_LIVE;
  else if (g_str_equal (start, "oldest"))
    request->start = RW_SESSION_START_OLDEST;
  else
    return invalid (error, "\"start\" must be \"live\" or \"oldest\"");

  return TRUE;
}

static gboolean
read_request (JsonObject *object, RwSignalMessage *message, GError **error)
{
  g_autoptr (RwSessionRequest) request = g_new0 (RwSessionRequest, 1);
  JsonObject *member = NULL;

  if (!rw_json_read_object (object, "resilient", RW_JSON_OPTIONAL, &member,
                            error))
    return FALSE;
  if (member == NULL)
    return TRUE;

  if (!rw_json_read_id (member, "consumerId", RW_JSON_REQUIRED,
                        &request->consumer_id, error) ||
      !rw_json_read_id (member, "streamId", RW_JSON_OPTIONAL,
                        &request->stream_id, error) ||
      !rw_json_read_uint (member, "next", RW_JSON_OPTIONAL, &request->next,
                          error) ||
      !rw_json_read_uint (member, "generation", RW_JSON_OPTIONAL,
                          &request->generation, error) ||
      !read_start_at (member, request, error))
    return FALSE;

  message->request = g_steal_pointer (&request);
  return TRUE;
}

static gboolean
read_start_session (JsonObject *object, RwSignalMessage *message,
                    GError **error)
{
  return rw_json_read_id (object, "peerId", RW_JSON_REQUIRED, &message->peer_id,
                          error) &&
         rw_json_read_id (object, "sessionId", RW_JSON_OPTIONAL,
                          &message->session_id, error) &&
         rw_json_read_string (object, "offer", RW_JSON_OPTIONAL,
                              &message->offer, error) &&
         read_request (object, message, error);
}

static gboolean
read_session_id (JsonObject *object, RwSignalMessage *message, GError **error)
{
  return rw_json_read_id (object, "sessionId", RW_JSON_REQUIRED,
                          &message->session_id, error);
}

static gboolean
read_end_session_v1_1 (JsonObject *object, RwSignalMessage *message,
                       GError **error)
{
  return read_session_id (object, message, error) &&
         rw_json_read_string (object, "error", RW_JSON_OPTIONAL,
                              &message->reason, error);
}

static gboolean
read_sdp (JsonObject *sdp, RwSignalMessage *message, GError **error)
{
  g_autofree char *type = NULL;

  if (!rw_json_read_string (sdp, "type", RW_JSON_REQUIRED, &type, error) ||
      !rw_json_read_string (sdp, "sdp", RW_JSON_REQUIRED, &message->sdp, error))
    return FALSE;

  if (g_str_equal (type, "offer"))
    message->sdp_type = RW_SDP_TYPE_OFFER;
  else if (g_str_equal (type, "answer"))
    message->sdp_type = RW_SDP_TYPE_ANSWER;
  else
    return invalid (error, "\"sdp\" has a \"type\" other than \"offer\" and "
                           "\"answer\"");

  return TRUE;
}

static gboolean
read_ice (JsonObject *ice, RwSignalMessage *message, GError **error)
{
  guint64 index = 0;

  if (!rw_json_read_string (ice, "candidate", RW_JSON_REQUIRED,
                            &message->candidate, error) ||
      !rw_json_read_uint (ice, "sdpMLineIndex", RW_JSON_REQUIRED, &index,
                          error))
    return FALSE;
  if (index > G_MAXUINT16)
    return invalid (error, "\"sdpMLineIndex\" is too large");

  message->sdp_m_line_index = (guint) index;
  return TRUE;
}

static gboolean
read_peer (JsonObject *object, RwSignalMessage *message, GError **error)
{
  JsonObject *sdp = NULL;
  JsonObject *ice = NULL;

  if (!read_session_id (object, message, error) ||
      !rw_json_read_object (object, "sdp", RW_JSON_OPTIONAL, &sdp, error) ||
      !rw_json_read_object (object, "ice", RW_JSON_OPTIONAL, &ice, error))
    return FALSE;
  if ((sdp == NULL) == (ice == NULL))
    return invalid (error, "a \"peer\" message needs either \"sdp\" or "
                           "\"ice\"");

  return sdp != NULL ? read_sdp (sdp, message, error)
                     : read_ice (ice, message, error);
}

static gboolean
read_list_entry (JsonNode *node, RwSignalMessage *message, GError **error)
{
  g_autoptr (RwSignalPeer) peer = rw_signal_peer_new (NULL, NULL);
  JsonNode *meta;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return invalid (error, "a list holds something other than objects");
  if (!rw_json_read_id (json_node_get_object (node), "id", RW_JSON_REQUIRED,
                        &peer->id, error))
    return FALSE;

  meta = json_object_get_member (json_node_get_object (node), "meta");
  if (meta != NULL && !JSON_NODE_HOLDS_NULL (meta))
    peer->meta = json_node_ref (meta);
  g_ptr_array_add (message->peers, g_steal_pointer (&peer));
  return TRUE;
}

static gboolean
read_list_of (JsonObject *object, const char *member, RwSignalMessage *message,
              GError **error)
{
  JsonArray *array = NULL;

  if (!rw_json_read_array (object, member, RW_JSON_OPTIONAL, &array, error))
    return FALSE;
  if (array == NULL)
    return TRUE;

  message->peers =
      g_ptr_array_new_with_free_func ((GDestroyNotify) rw_signal_peer_free);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    if (!read_list_entry (json_array_get_element (array, i), message, error))
      return FALSE;
  }

  return TRUE;
}

static gboolean
read_list (JsonObject *object, RwSignalMessage *message, GError **error)
{
  if (!rw_json_read_bool (object, "brief", RW_JSON_OPTIONAL, &message->brief,
                          error))
    return FALSE;
  return read_list_of (object, "producers", message, error);
}

static gboolean
read_list_consumers (JsonObject *object, RwSignalMessage *message,
                     GError **error)
{
  return read_list_of (object, "consumers", message, error);
}

/* Servers of 0.9 and 0.10 say peer_id. */
static gboolean
read_welcome (JsonObject *object, RwSignalMessage *message, GError **error)
{
  const char *member = json_object_has_member (object, "peerId") ||
                               !json_object_has_member (object, "peer_id")
                           ? "peerId"
                           : "peer_id";

  return rw_json_read_id (object, member, RW_JSON_REQUIRED, &message->peer_id,
                          error);
}

static gboolean
read_session_started (JsonObject *object, RwSignalMessage *message,
                      GError **error)
{
  return rw_json_read_id (object, "peerId", RW_JSON_REQUIRED, &message->peer_id,
                          error) &&
         read_session_id (object, message, error);
}

static gboolean
read_error (JsonObject *object, RwSignalMessage *message, GError **error)
{
  return rw_json_read_string (object, "details", RW_JSON_REQUIRED,
                              &message->details, error) &&
         rw_json_read_string (object, "code", RW_JSON_OPTIONAL, &message->code,
                              error) &&
         rw_json_read_id (object, "sessionId", RW_JSON_OPTIONAL,
                          &message->session_id, error) &&
         rw_json_read_id (object, "roomId", RW_JSON_OPTIONAL, &message->room_id,
                          error) &&
         rw_json_read_uint (object, "retryAfterMs", RW_JSON_OPTIONAL,
                            &message->retry_after_ms, error);
}

static gboolean
read_ice_servers (JsonObject *object, RwSignalMessage *message, GError **error)
{
  return rw_ice_json_read (object, "iceServers", &message->ice_servers,
                           error) &&
         rw_json_read_uint (object, "iceTtlMs", RW_JSON_OPTIONAL,
                            &message->time_ms, error);
}

static gboolean
read_resilient_welcome (JsonObject *object, RwSignalMessage *message,
                        GError **error)
{
  g_autoptr (RwSignalResilience) resilience = g_new0 (RwSignalResilience, 1);
  guint64 version = 0;

  if (!rw_json_read_id (object, "peerId", RW_JSON_REQUIRED, &message->peer_id,
                        error) ||
      !rw_json_read_uint (object, "version", RW_JSON_REQUIRED, &version,
                          error) ||
      !rw_json_read_id (object, "token", RW_JSON_OPTIONAL, &resilience->token,
                        error) ||
      !rw_json_read_uint (object, "graceMs", RW_JSON_OPTIONAL,
                          &resilience->grace_ms, error) ||
      !rw_json_read_bool (object, "resumed", RW_JSON_OPTIONAL,
                          &resilience->resumed, error) ||
      !rw_json_read_uint (object, "ack", RW_JSON_OPTIONAL, &resilience->ack,
                          error) ||
      !rw_json_read_bool (object, "degraded", RW_JSON_OPTIONAL,
                          &resilience->degraded, error) ||
      !read_ice_servers (object, message, error))
    return FALSE;

  resilience->version = (guint) MIN (version, G_MAXUINT);
  message->resilience = g_steal_pointer (&resilience);
  return TRUE;
}

static gboolean
read_moved (JsonObject *object, RwSignalMessage *message, GError **error)
{
  return rw_json_read_uint (object, "delayMs", RW_JSON_OPTIONAL,
                            &message->delay_ms, error);
}

static gboolean
read_quality (JsonObject *object, RwSignalMessage *message, GError **error)
{
  return rw_quality_metrics_read (&message->quality, object, error);
}

static gboolean
read_server_status (JsonObject *object, RwSignalMessage *message,
                    GError **error)
{
  return rw_json_read_bool (object, "degraded", RW_JSON_REQUIRED,
                            &message->degraded, error);
}

/* A question without members. */
static gboolean
read_nothing (JsonObject *object, RwSignalMessage *message, GError **error)
{
  return TRUE;
}

static gboolean
read_ack (JsonObject *object, RwSignalMessage *message, GError **error)
{
  return message->has_ack || invalid (error, "\"ack\" is missing");
}

/* In any message; a resilientWelcome has an "ack" of its own, for the seat and
 * not for the connection. */
static gboolean
read_numbers (JsonObject *object, RwSignalMessage *message, GError **error)
{
  if (message->type == RW_SIGNAL_RESILIENT_WELCOME)
    return TRUE;
  message->has_ack = json_object_has_member (object, "ack") &&
                     !json_object_get_null_member (object, "ack");
  return rw_json_read_uint (object, "seq", RW_JSON_OPTIONAL, &message->seq,
                            error) &&
         rw_json_read_uint (object, "ack", RW_JSON_OPTIONAL, &message->ack,
                            error);
}

/* --- Rooms and floors --- */

static void
read_any (JsonObject *object, const char *member, RwSignalMessage *message)
{
  JsonNode *node = json_object_get_member (object, member);

  if (node != NULL && !JSON_NODE_HOLDS_NULL (node))
    message->meta = json_node_ref (node);
}

static gboolean
read_room (JsonObject *object, RwSignalMessage *message, GError **error)
{
  return rw_json_read_id (object, "roomId", RW_JSON_REQUIRED, &message->room_id,
                          error);
}

/* What the client had of the room, if it was in it: both or nothing. */
static gboolean
read_had (JsonObject *object, RwSignalMessage *message, GError **error)
{
  if (!rw_json_read_id (object, "instance", RW_JSON_OPTIONAL,
                        &message->instance, error))
    return FALSE;
  if (message->instance != NULL)
    return rw_json_read_uint (object, "sequence", RW_JSON_REQUIRED,
                              &message->sequence, error);

  return !json_object_has_member (object, "sequence") ||
         json_object_get_null_member (object, "sequence") ||
         invalid (error, "\"sequence\" means nothing without \"instance\"");
}

static gboolean
read_join_room (JsonObject *object, RwSignalMessage *message, GError **error)
{
  read_any (object, "meta", message);
  return read_room (object, message, error) &&
         read_had (object, message, error);
}

static gboolean
read_publish (JsonObject *object, RwSignalMessage *message, GError **error)
{
  read_any (object, "data", message);
  return read_room (object, message, error);
}

/* A room and somebody in it, or nobody. */
static gboolean
read_room_peer (JsonObject *object, RwSignalMessage *message, GError **error)
{
  return read_room (object, message, error) &&
         rw_json_read_id (object, "peerId", RW_JSON_OPTIONAL, &message->peer_id,
                          error);
}

static gboolean
read_room_joined (JsonObject *object, RwSignalMessage *message, GError **error)
{
  return read_room (object, message, error) &&
         rw_json_read_id (object, "floorHolder", RW_JSON_OPTIONAL,
                          &message->peer_id, error) &&
         rw_json_read_id (object, "instance", RW_JSON_OPTIONAL,
                          &message->instance, error) &&
         rw_json_read_uint (object, "sequence", RW_JSON_REQUIRED,
                            &message->sequence, error) &&
         read_list_of (object, "members", message, error);
}

static gboolean
read_member_joined (JsonObject *object, RwSignalMessage *message,
                    GError **error)
{
  read_any (object, "meta", message);
  return read_room_peer (object, message, error);
}

static gboolean
read_room_message (JsonObject *object, RwSignalMessage *message, GError **error)
{
  read_any (object, "data", message);
  return read_room_peer (object, message, error) &&
         rw_json_read_uint (object, "sequence", RW_JSON_REQUIRED,
                            &message->sequence, error);
}

static gboolean
read_reconnection (JsonObject *object, RwSignalMessage *message, GError **error)
{
  return read_room (object, message, error) &&
         rw_json_read_id (object, "floorHolder", RW_JSON_OPTIONAL,
                          &message->peer_id, error) &&
         rw_json_read_uint (object, "outageMs", RW_JSON_REQUIRED,
                            &message->time_ms, error) &&
         rw_json_read_uint (object, "missed", RW_JSON_REQUIRED,
                            &message->number, error) &&
         rw_json_read_uint (object, "lost", RW_JSON_OPTIONAL, &message->lost,
                            error);
}

static gboolean
read_request_floor (JsonObject *object, RwSignalMessage *message,
                    GError **error)
{
  gboolean wait = TRUE;

  if (!read_room (object, message, error) ||
      !rw_json_read_uint (object, "priority", RW_JSON_OPTIONAL,
                          &message->number, error) ||
      !rw_json_read_bool (object, "wait", RW_JSON_OPTIONAL, &wait, error))
    return FALSE;
  if (message->number > RW_SIGNAL_MAX_PRIORITY)
    return invalid (error, "\"priority\" must be from 0 to 255");

  message->no_wait = !wait;
  return TRUE;
}

static gboolean
read_floor_granted (JsonObject *object, RwSignalMessage *message,
                    GError **error)
{
  return read_room (object, message, error) &&
         rw_json_read_uint (object, "maxHoldMs", RW_JSON_OPTIONAL,
                            &message->time_ms, error);
}

static gboolean
read_floor_queued (JsonObject *object, RwSignalMessage *message, GError **error)
{
  return read_room (object, message, error) &&
         rw_json_read_uint (object, "position", RW_JSON_REQUIRED,
                            &message->number, error);
}

static gboolean
read_floor_released (JsonObject *object, RwSignalMessage *message,
                     GError **error)
{
  return read_room_peer (object, message, error) &&
         rw_json_read_string (object, "reason", RW_JSON_OPTIONAL,
                              &message->reason, error);
}

static const ReadFunc read_funcs[] = {
    [RW_SIGNAL_SET_PROTOCOL_VERSION] = read_set_protocol_version,
    [RW_SIGNAL_SET_PEER_STATUS] = read_status,
    [RW_SIGNAL_START_SESSION] = read_start_session,
    [RW_SIGNAL_END_SESSION] = read_session_id,
    [RW_SIGNAL_END_SESSION_V1_1] = read_end_session_v1_1,
    [RW_SIGNAL_PEER] = read_peer,
    [RW_SIGNAL_LIST] = read_list,
    [RW_SIGNAL_LIST_CONSUMERS] = read_list_consumers,
    [RW_SIGNAL_WELCOME] = read_welcome,
    [RW_SIGNAL_PEER_STATUS_CHANGED] = read_status,
    [RW_SIGNAL_SESSION_STARTED] = read_session_started,
    [RW_SIGNAL_ERROR_REPLY] = read_error,
    [RW_SIGNAL_RESILIENT_WELCOME] = read_resilient_welcome,
    [RW_SIGNAL_ACK] = read_ack,
    [RW_SIGNAL_MOVED] = read_moved,
    [RW_SIGNAL_SERVER_STATUS] = read_server_status,
    [RW_SIGNAL_JOIN_ROOM] = read_join_room,
    [RW_SIGNAL_LEAVE_ROOM] = read_room,
    [RW_SIGNAL_PUBLISH] = read_publish,
    [RW_SIGNAL_ROOM_JOINED] = read_room_joined,
    [RW_SIGNAL_MEMBER_JOINED] = read_member_joined,
    [RW_SIGNAL_MEMBER_LEFT] = read_room_peer,
    [RW_SIGNAL_ROOM_MESSAGE] = read_room_message,
    [RW_SIGNAL_RECONNECTION_DETECTED] = read_reconnection,
    [RW_SIGNAL_REQUEST_FLOOR] = read_request_floor,
    [RW_SIGNAL_RELEASE_FLOOR] = read_room,
    [RW_SIGNAL_FLOOR_GRANTED] = read_floor_granted,
    [RW_SIGNAL_FLOOR_QUEUED] = read_floor_queued,
    [RW_SIGNAL_FLOOR_DENIED] = read_room_peer,
    [RW_SIGNAL_FLOOR_TAKEN] = read_room_peer,
    [RW_SIGNAL_FLOOR_RELEASED] = read_floor_released,
    [RW_SIGNAL_GET_ICE_SERVERS] = read_nothing,
    [RW_SIGNAL_ICE_SERVERS] = read_ice_servers,
    [RW_SIGNAL_REPORT_QUALITY] = read_quality,
};

static gboolean
find_type (JsonObject *object, RwSignalType *type, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *shown = NULL;

  if (!rw_json_read_string (object, "type", RW_JSON_REQUIRED, &name, error))
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (read_funcs); i++) {
    if (g_str_equal (name, rw_signal_type_to_string (i))) {
      *type = i;
      return TRUE;
    }
  }

  shown = g_utf8_substring (name, 0, MIN (g_utf8_strlen (name, -1), 64));
  g_set_error (error, RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_UNKNOWN_TYPE,
               "unknown message type \"%s\"", shown);
  return FALSE;
}

/* The text has passed rw_json_text_check(), so that json-glib refusing it
 * would be a surprise, but not a crash. */
static JsonNode *
load (const char *text, gsize len, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) reason = NULL;
  JsonNode *root;

  if (!json_parser_load_from_data (parser, text, (gssize) len, &reason)) {
    g_set_error (error, RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_SYNTAX, "not JSON: %s",
                 reason->message);
    return NULL;
  }

  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    invalid (error, "a message must be a JSON object");
    return NULL;
  }

  return json_node_ref (root);
}

/**
 * rw_signal_message_parse:
 * @text: one frame; need not end in a NUL
 * @len: its bytes, at most RW_SIGNAL_MAX_FRAME
 *
 * Returns: (transfer full): the message, or NULL with an RwSignalError whose
 *   text may be told to the sender
 */
RwSignalMessage *
rw_signal_message_parse (const char *text, gsize len, GError **error)
{
  g_autoptr (RwSignalMessage) message = NULL;
  g_autoptr (JsonNode) root = NULL;
  RwSignalType type;

  g_return_val_if_fail (text != NULL, NULL);

  if (len > RW_SIGNAL_MAX_FRAME) {
    g_set_error (error, RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_TOO_LARGE,
                 "a message of %" G_GSIZE_FORMAT " bytes, over the limit of "
                 "%d",
                 len, RW_SIGNAL_MAX_FRAME);
    return NULL;
  }
  if (!rw_json_text_check (text, len, RW_JSON_TEXT_MAX_DEPTH, error))
    return NULL;

  root = load (text, len, error);
  if (root == NULL || !find_type (json_node_get_object (root), &type, error))
    return NULL;

  message = rw_signal_message_new (type);
  if (!read_numbers (json_node_get_object (root), message, error) ||
      !read_funcs[type](json_node_get_object (root), message, error)) {
    g_prefix_error (error, "%s: ", rw_signal_type_to_string (type));
    return NULL;
  }

  return g_steal_pointer (&message);
}

/**
 * rw_signal_message_peek_seq:
 * @seq: (out): its number, 0 for none
 *
 * For what rw_signal_message_parse() has refused: a message of a type from
 * tomorrow is passed over, and counts all the same. Returns FALSE if nothing
 * can be made of it.
 */
gboolean
rw_signal_message_peek_seq (const char *text, gsize len, guint64 *seq)
{
  g_autoptr (JsonNode) root = NULL;

  g_return_val_if_fail (text != NULL, FALSE);

  *seq = 0;
  if (len > RW_SIGNAL_MAX_FRAME ||
      !rw_json_text_check (text, len, RW_JSON_TEXT_MAX_DEPTH, NULL))
    return FALSE;
  root = load (text, len, NULL);
  return root != NULL && rw_json_read_uint (json_node_get_object (root), "seq",
                                            RW_JSON_OPTIONAL, seq, NULL);
}
