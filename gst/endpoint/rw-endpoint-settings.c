/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-endpoint-settings.h"

#include <string.h>

#include "rw-bus-message.h"
#include "rw-ice-settings.h"
#include "rw-room-input.h"

/* The properties that both elements share, and their values. */

#define DEFAULT_SIGNALLER_URI    "ws://127.0.0.1:8443"
#define DEFAULT_SERVER_HOST      "0.0.0.0"
#define DEFAULT_SERVER_PORT      8443
#define DEFAULT_STALL_TIMEOUT_MS 500

#define RW_PARAM                                                               \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define RW_PARAM_LIVE                                                          \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)
#define RW_PARAM_READ (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

static void
install_signalling_properties (GParamSpec **specs)
{
  specs[RW_ENDPOINT_PROP_SIGNALLER_URI] = g_param_spec_string (
      "signaller-uri", "Signaller URI",
      "WebSocket URI of the signalling server, ws:// or wss://",
      DEFAULT_SIGNALLER_URI, RW_PARAM);
  specs[RW_ENDPOINT_PROP_RUN_SERVER] =
      g_param_spec_boolean ("run-signalling-server", "Run signalling server",
                            "Run a signalling server inside this element and "
                            "connect to it; signaller-uri is then ignored",
                            FALSE, RW_PARAM);
  specs[RW_ENDPOINT_PROP_SERVER_HOST] = g_param_spec_string (
      "signalling-server-host", "Signalling server host",
      "Listening address of the embedded signalling server",
      DEFAULT_SERVER_HOST, RW_PARAM);
  specs[RW_ENDPOINT_PROP_SERVER_PORT] = g_param_spec_uint (
      "signalling-server-port", "Signalling server port",
      "Listening port of the embedded signalling server; 0 takes any free "
      "port, which can be read here once the element is in PAUSED",
      0, 65535, DEFAULT_SERVER_PORT, RW_PARAM);
}

static void
install_security_properties (GParamSpec **specs)
{
  specs[RW_ENDPOINT_PROP_SIGNALLER_URIS] = gst_param_spec_array (
      "signaller-uris", "Signaller URIs",
      "Several signalling servers, the preferred one first; signaller-uri is "
      "then ignored",
      g_param_spec_string ("uri", "URI", "ws://HOST:PORT or wss://HOST:PORT",
                           NULL, RW_PARAM),
      RW_PARAM);
  specs[RW_ENDPOINT_PROP_TLS_CA_FILE] =
      g_param_spec_string ("tls-ca-file", "TLS CA file",
                           "PEM file of the certificate authorities to trust "
                           "with wss://; the system's if not set",
                           NULL, RW_PARAM);
  specs[RW_ENDPOINT_PROP_INSECURE_TLS] =
      g_param_spec_boolean ("insecure-tls", "Insecure TLS",
                            "Accept any certificate: an attacker on the path "
                            "can impersonate the signalling server",
                            FALSE, RW_PARAM);
  specs[RW_ENDPOINT_PROP_AUTH_TOKEN] =
      g_param_spec_string ("auth-token", "Authentication token",
                           "Bearer token for the signalling server; reads as "
                           "NULL, because it is a secret",
                           NULL, RW_PARAM_LIVE);
}

static void
install_ice_properties (GParamSpec **specs)
{
  specs[RW_ENDPOINT_PROP_STUN_SERVER] = g_param_spec_string (
      "stun-server", "STUN server",
      "STUN server, stun://host:port; none by default", NULL, RW_PARAM);
  specs[RW_ENDPOINT_PROP_TURN_SERVERS] = gst_param_spec_array (
      "turn-servers", "TURN servers",
      "TURN servers, each turn://user:password@host:port",
      g_param_spec_string ("turn-server", "TURN server",
                           "turn://user:password@host:port", NULL, RW_PARAM),
      RW_PARAM);
  specs[RW_ENDPOINT_PROP_ICE_POLICY] = g_param_spec_enum (
      "ice-transport-policy", "ICE transport policy",
      "Candidates to use: all, or only those of TURN servers",
      GST_TYPE_WEBRTC_ICE_TRANSPORT_POLICY, GST_WEBRTC_ICE_TRANSPORT_POLICY_ALL,
      RW_PARAM);
}

static void
install_liveness_properties (GParamSpec **specs)
{
  specs[RW_ENDPOINT_PROP_STALL_TIMEOUT] = g_param_spec_uint (
      "stall-timeout", "Stall timeout",
      "Silence in ms, at least four missed heartbeats, after which a session "
      "counts as down; a replacement is requested well before",
      100, 60000, DEFAULT_STALL_TIMEOUT_MS, RW_PARAM);
}

static void
install_room_properties (GParamSpec **specs)
{
  specs[RW_ENDPOINT_PROP_ROOM] = g_param_spec_string (
      "room", "Room", "Room of the signalling server to be a member of", NULL,
      RW_PARAM);
  specs[RW_ENDPOINT_PROP_MEMBERS] = gst_param_spec_array (
      "members", "Members", "Members of the room, and which of them are on air",
      g_param_spec_boxed ("member", "Member", "See docs/properties.md",
                          GST_TYPE_STRUCTURE, RW_PARAM_READ),
      RW_PARAM_READ);
}

static void
install_observation_properties (GParamSpec **specs)
{
  specs[RW_ENDPOINT_PROP_STATE] = g_param_spec_enum (
      "state", "State",
      "State of the connection; notify::state is emitted on each change",
      RW_TYPE_GST_STATE, RW_STATE_IDLE, RW_PARAM_READ);
  specs[RW_ENDPOINT_PROP_STATS] = g_param_spec_boxed (
      "stats", "Statistics", "Counts and times; see docs/properties.md",
      GST_TYPE_STRUCTURE, RW_PARAM_READ);
}

void
rw_endpoint_install_properties (GObjectClass *klass)
{
  GParamSpec *specs[RW_ENDPOINT_N_PROPS] = {NULL};

  install_signalling_properties (specs);
  install_security_properties (specs);
  rw_ice_settings_install (specs);
  install_ice_properties (specs);
  install_liveness_properties (specs);
  rw_retry_settings_declare (specs);
  install_room_properties (specs);
  install_observation_properties (specs);
  for (guint id = 1; id < RW_ENDPOINT_N_PROPS; id++)
    g_object_class_install_property (klass, id, specs[id]);
}

void
rw_endpoint_settings_init (RwEndpointSettings *self)
{
  *self = (RwEndpointSettings){
      .signaller_uri = g_strdup (DEFAULT_SIGNALLER_URI),
      .server_host = g_strdup (DEFAULT_SERVER_HOST),
      .server_port = DEFAULT_SERVER_PORT,
      .binding = RW_ICE_BINDING_INIT,
      .ice_policy = GST_WEBRTC_ICE_TRANSPORT_POLICY_ALL,
      .stall_timeout_ms = DEFAULT_STALL_TIMEOUT_MS,
  };
  rw_retry_settings_init (&self->retry);
}

void
rw_endpoint_settings_clear (RwEndpointSettings *self)
{
  g_free (self->signaller_uri);
  g_strfreev (self->signaller_uris);
  g_free (self->tls_ca_file);
  g_free (self->auth_token);
  g_free (self->server_host);
  g_free (self->stun_server);
  g_strfreev (self->turn_servers);
  rw_ice_binding_clear (&self->binding);
  g_free (self->room);
}

gboolean
rw_endpoint_settings_check (const RwEndpointSettings *self, GError **error)
{
  for (guint i = 0; self->turn_servers && self->turn_servers[i]; i++)
    if (g_ascii_strncasecmp (self->turn_servers[i], "turn:", 5) != 0) {
      g_autofree char *scheme = g_strndup (
          self->turn_servers[i], strcspn (self->turn_servers[i], ":"));

      g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
                   "turn-servers: the scheme \"%s\" cannot be used; TURN "
                   "servers are reached without TLS, as "
                   "turn://USER:PASSWORD@HOST:PORT, and the media is encrypted "
                   "all the same",
                   scheme);
      return FALSE;
    }
  return rw_ice_binding_check (&self->binding, error) &&
         (self->room == NULL || rw_room_input_check_id (self->room, error));
}

static char **
dup_string_array (const GValue *value)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < gst_value_array_get_size (value); i++)
    g_strv_builder_add (
        builder, g_value_get_string (gst_value_array_get_value (value, i)));
  return g_strv_builder_end (builder);
}

static void
set_string_array (GValue *value, char **strings)
{
  for (guint i = 0; strings && strings[i]; i++) {
    GValue item = G_VALUE_INIT;

    g_value_init (&item, G_TYPE_STRING);
    g_value_set_string (&item, strings[i]);
    gst_value_array_append_and_take_value (value, &item);
  }
}

static void
replace_string (char **where, const GValue *value)
{
  g_free (*where);
  *where = g_value_dup_string (value);
}

/* For settings that must not be empty. */
static void
replace_string_or (char **where, const GValue *value, const char *fallback)
{
  const char *text = g_value_get_string (value);

  g_free (*where);
  *where = g_strdup (text && *text ? text : fallback);
}

gboolean
rw_endpoint_settings_set (RwEndpointSettings *s, guint id, const GValue *value)
{
  switch (id) {
  case RW_ENDPOINT_PROP_SIGNALLER_URI:
    replace_string_or (&s->signaller_uri, value, DEFAULT_SIGNALLER_URI);
    return TRUE;
  case RW_ENDPOINT_PROP_SIGNALLER_URIS:
    g_strfreev (s->signaller_uris);
    s->signaller_uris = dup_string_array (value);
    return TRUE;
  case RW_ENDPOINT_PROP_TLS_CA_FILE:
    replace_string (&s->tls_ca_file, value);
    return TRUE;
  case RW_ENDPOINT_PROP_INSECURE_TLS:
    s->insecure_tls = g_value_get_boolean (value);
    return TRUE;
  case RW_ENDPOINT_PROP_AUTH_TOKEN:
    replace_string (&s->auth_token, value);
    return TRUE;
  case RW_ENDPOINT_PROP_RUN_SERVER:
    s->run_server = g_value_get_boolean (value);
    return TRUE;
  case RW_ENDPOINT_PROP_SERVER_HOST:
    replace_string_or (&s->server_host, value, DEFAULT_SERVER_HOST);
    return TRUE;
  case RW_ENDPOINT_PROP_SERVER_PORT:
    s->server_port = g_value_get_uint (value);
    return TRUE;
  case RW_ENDPOINT_PROP_STUN_SERVER:
    replace_string (&s->stun_server, value);
    return TRUE;
  case RW_ENDPOINT_PROP_TURN_SERVERS:
    g_strfreev (s->turn_servers);
    s->turn_servers = dup_string_array (value);
    return TRUE;
  case RW_ENDPOINT_PROP_ICE_POLICY:
    s->ice_policy = g_value_get_enum (value);
    return TRUE;
  case RW_ENDPOINT_PROP_STALL_TIMEOUT:
    s->stall_timeout_ms = g_value_get_uint (value);
    return TRUE;
  case RW_ENDPOINT_PROP_ROOM:
    replace_string (&s->room, value);
    return TRUE;
  default:
    return rw_ice_settings_set (&s->binding, id, value) ||
           rw_retry_settings_set (&s->retry, id, value);
  }
}

gboolean
rw_endpoint_settings_get (const RwEndpointSettings *s, guint id, GValue *value)
{
  switch (id) {
  case RW_ENDPOINT_PROP_SIGNALLER_URI:
    g_value_set_string (value, s->signaller_uri);
    return TRUE;
  case RW_ENDPOINT_PROP_SIGNALLER_URIS:
    set_string_array (value, s->signaller_uris);
    return TRUE;
  case RW_ENDPOINT_PROP_TLS_CA_FILE:
    g_value_set_string (value, s->tls_ca_file);
    return TRUE;
  case RW_ENDPOINT_PROP_INSECURE_TLS:
    g_value_set_boolean (value, s->insecure_tls);
    return TRUE;
  case RW_ENDPOINT_PROP_AUTH_TOKEN:
    /* Pipeline dumps show every property that can be read. */
    g_value_set_string (value, NULL);
    return TRUE;
  case RW_ENDPOINT_PROP_RUN_SERVER:
    g_value_set_boolean (value, s->run_server);
    return TRUE;
  case RW_ENDPOINT_PROP_SERVER_HOST:
    g_value_set_string (value, s->server_host);
    return TRUE;
  case RW_ENDPOINT_PROP_SERVER_PORT:
    g_value_set_uint (value, s->server_port);
    return TRUE;
  case RW_ENDPOINT_PROP_STUN_SERVER:
    g_value_set_string (value, s->stun_server);
    return TRUE;
  case RW_ENDPOINT_PROP_TURN_SERVERS:
    set_string_array (value, s->turn_servers);
    return TRUE;
  case RW_ENDPOINT_PROP_ICE_POLICY:
    g_value_set_enum (value, s->ice_policy);
    return TRUE;
  case RW_ENDPOINT_PROP_STALL_TIMEOUT:
    g_value_set_uint (value, s->stall_timeout_ms);
    return TRUE;
  case RW_ENDPOINT_PROP_ROOM:
    g_value_set_string (value, s->room);
    return TRUE;
  default:
    return rw_ice_settings_get (&s->binding, id, value) ||
           rw_retry_settings_get (&s->retry, id, value);
  }
}

void
rw_endpoint_settings_fill_peer (const RwEndpointSettings *self,
                                RwWebrtcPeerConfig *config, const char *stun,
                                const char *const *turn)
{
  const char *const *own_turn = (const char *const *) self->turn_servers;

  config->stun_server = self->stun_server ? self->stun_server : stun;
  config->turn_servers = own_turn && own_turn[0] ? own_turn : turn;
  config->ice_transport_policy = self->ice_policy;
  config->binding = &self->binding;
}
