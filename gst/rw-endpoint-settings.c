/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-endpoint-settings.h"

#include "rw-bus-message.h"

/* The properties that both elements have, and what they are set to. */

#define DEFAULT_SIGNALLER_URI      "ws://127.0.0.1:8443"
#define DEFAULT_SERVER_HOST        "0.0.0.0"
#define DEFAULT_SERVER_PORT        8443
#define DEFAULT_STALL_TIMEOUT_MS   500
#define DEFAULT_RETRY_DELAY_MS     250
#define DEFAULT_RETRY_FACTOR       2.0
#define DEFAULT_RETRY_DELAY_MAX_MS 30000
#define DEFAULT_RETRY_JITTER       0.5
#define DEFAULT_RETRIES            -1

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
  specs[RW_ENDPOINT_PROP_RUN_SERVER] = g_param_spec_boolean (
      "run-signalling-server", "Run signalling server",
      "Run the signalling server inside this element and connect to it; "
      "signaller-uri is not used then",
      FALSE, RW_PARAM);
  specs[RW_ENDPOINT_PROP_SERVER_HOST] = g_param_spec_string (
      "signalling-server-host", "Signalling server host",
      "Address that the signalling server in this element listens on",
      DEFAULT_SERVER_HOST, RW_PARAM);
  specs[RW_ENDPOINT_PROP_SERVER_PORT] = g_param_spec_uint (
      "signalling-server-port", "Signalling server port",
      "Port that the signalling server in this element listens on; 0 takes "
      "any free one, which can be read here once the element is in PAUSED",
      0, 65535, DEFAULT_SERVER_PORT, RW_PARAM);
}

static void
install_security_properties (GParamSpec **specs)
{
  specs[RW_ENDPOINT_PROP_SIGNALLER_URIS] = gst_param_spec_array (
      "signaller-uris", "Signaller URIs",
      "Several signalling servers, the preferred one first; signaller-uri is "
      "not used then",
      g_param_spec_string ("uri", "URI", "ws://HOST:PORT or wss://HOST:PORT",
                           NULL, RW_PARAM),
      RW_PARAM);
  specs[RW_ENDPOINT_PROP_TLS_CA_FILE] = g_param_spec_string (
      "tls-ca-file", "TLS CA file",
      "PEM file of the authorities to trust with wss://; the system's if not "
      "set",
      NULL, RW_PARAM);
  specs[RW_ENDPOINT_PROP_INSECURE_TLS] = g_param_spec_boolean (
      "insecure-tls", "Insecure TLS",
      "Trust any certificate: anybody can pretend to be the signalling server",
      FALSE, RW_PARAM);
  specs[RW_ENDPOINT_PROP_AUTH_TOKEN] = g_param_spec_string (
      "auth-token", "Authentication token",
      "Bearer token for the signalling server; reads as NULL, as it is a "
      "secret",
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
      "TURN servers, each turn(s)://user:password@host:port",
      g_param_spec_string ("turn-server", "TURN server",
                           "turn(s)://user:password@host:port", NULL, RW_PARAM),
      RW_PARAM);
  specs[RW_ENDPOINT_PROP_ICE_POLICY] = g_param_spec_enum (
      "ice-transport-policy", "ICE transport policy",
      "Which candidates may be used: all, or only those of TURN servers",
      GST_TYPE_WEBRTC_ICE_TRANSPORT_POLICY, GST_WEBRTC_ICE_TRANSPORT_POLICY_ALL,
      RW_PARAM);
}

static void
install_retry_properties (GParamSpec **specs)
{
  specs[RW_ENDPOINT_PROP_STALL_TIMEOUT] = g_param_spec_uint (
      "stall-timeout", "Stall timeout",
      "Silence in ms, and no fewer than four missed heartbeats, after which a "
      "session counts as down; a replacement is asked for well before",
      100, 60000, DEFAULT_STALL_TIMEOUT_MS, RW_PARAM);
  specs[RW_ENDPOINT_PROP_RETRY_DELAY] = g_param_spec_uint (
      "retry-delay", "Retry delay", "Delay in ms before the first retry", 1,
      3600000, DEFAULT_RETRY_DELAY_MS, RW_PARAM);
  specs[RW_ENDPOINT_PROP_RETRY_FACTOR] =
      g_param_spec_double ("retry-factor", "Retry factor",
                           "What the delay is multiplied by after each retry",
                           1.0, 100.0, DEFAULT_RETRY_FACTOR, RW_PARAM);
  specs[RW_ENDPOINT_PROP_RETRY_DELAY_MAX] =
      g_param_spec_uint ("retry-delay-max", "Maximum retry delay",
                         "Longest delay in ms between retries, before jitter",
                         1, 86400000, DEFAULT_RETRY_DELAY_MAX_MS, RW_PARAM);
  specs[RW_ENDPOINT_PROP_RETRY_JITTER] = g_param_spec_double (
      "retry-jitter", "Retry jitter",
      "Share of the delay that chance may take away: 0 is none, 0.5 makes a "
      "delay of 1 s one of 0.5 to 1 s",
      0.0, 1.0, DEFAULT_RETRY_JITTER, RW_PARAM);
  specs[RW_ENDPOINT_PROP_RETRIES] = g_param_spec_int (
      "retries", "Retries",
      "Retries before giving up with an error; -1 never gives up", -1, G_MAXINT,
      DEFAULT_RETRIES, RW_PARAM);
}

static void
install_observation_properties (GParamSpec **specs)
{
  specs[RW_ENDPOINT_PROP_STATE] = g_param_spec_enum (
      "state", "State", "State of the connection; notify::state tells changes",
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
  install_ice_properties (specs);
  install_retry_properties (specs);
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
      .ice_policy = GST_WEBRTC_ICE_TRANSPORT_POLICY_ALL,
      .stall_timeout_ms = DEFAULT_STALL_TIMEOUT_MS,
      .retry =
          {
              .retry_delay_ms = DEFAULT_RETRY_DELAY_MS,
              .retry_factor = DEFAULT_RETRY_FACTOR,
              .retry_delay_max_ms = DEFAULT_RETRY_DELAY_MAX_MS,
              .retry_jitter = DEFAULT_RETRY_JITTER,
              .retries = DEFAULT_RETRIES,
          },
  };
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

static gboolean
set_retry_property (RwRetrySettings *retry, guint id, const GValue *value)
{
  switch (id) {
  case RW_ENDPOINT_PROP_RETRY_DELAY:
    retry->retry_delay_ms = g_value_get_uint (value);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRY_FACTOR:
    retry->retry_factor = g_value_get_double (value);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRY_DELAY_MAX:
    retry->retry_delay_max_ms = g_value_get_uint (value);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRY_JITTER:
    retry->retry_jitter = g_value_get_double (value);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRIES:
    retry->retries = g_value_get_int (value);
    return TRUE;
  default:
    return FALSE;
  }
}

static void
replace_string (char **where, const GValue *value)
{
  g_free (*where);
  *where = g_value_dup_string (value);
}

/* For settings that mean nothing when they are empty. */
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
  default:
    return set_retry_property (&s->retry, id, value);
  }
}

static gboolean
get_retry_property (const RwRetrySettings *retry, guint id, GValue *value)
{
  switch (id) {
  case RW_ENDPOINT_PROP_RETRY_DELAY:
    g_value_set_uint (value, retry->retry_delay_ms);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRY_FACTOR:
    g_value_set_double (value, retry->retry_factor);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRY_DELAY_MAX:
    g_value_set_uint (value, retry->retry_delay_max_ms);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRY_JITTER:
    g_value_set_double (value, retry->retry_jitter);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRIES:
    g_value_set_int (value, retry->retries);
    return TRUE;
  default:
    return FALSE;
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
  default:
    return get_retry_property (&s->retry, id, value);
  }
}
