/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-endpoint.h"

#include <gst/webrtc/webrtc.h>

#include "rw-announcer.h"
#include "rw-network-watch.h"
#include "rw-server.h"
#include "rw-timer.h"
#include "rw-ws-signaller.h"

/* What both elements share; see the header for the threads. */

#define DEFAULT_SIGNALLER_URI      "ws://127.0.0.1:8443"
#define DEFAULT_SERVER_HOST        "0.0.0.0"
#define DEFAULT_SERVER_PORT        8443
#define DEFAULT_STALL_TIMEOUT_MS   500
#define DEFAULT_RETRY_DELAY_MS     250
#define DEFAULT_RETRY_FACTOR       2.0
#define DEFAULT_RETRY_DELAY_MAX_MS 30000
#define DEFAULT_RETRY_JITTER       0.5
#define DEFAULT_RETRIES            -1

GST_DEBUG_CATEGORY_STATIC (rw_endpoint_debug);
#define GST_CAT_DEFAULT rw_endpoint_debug

typedef struct {
  char *signaller_uri;
  char **signaller_uris; /* or NULL: the one above */
  char *tls_ca_file;
  gboolean insecure_tls;
  char *auth_token;
  gboolean run_server;
  char *server_host;
  guint server_port;
  char *stun_server;
  char **turn_servers;
  GstWebRTCICETransportPolicy ice_policy;
  guint stall_timeout_ms;
  RwRetrySettings retry;
} RwEndpointSettings;

struct _RwEndpoint {
  GObject parent_instance;

  GstElement *element; /* owns us, so no reference */
  RwAnnouncer *announcer;
  RwClock *clock;

  GMutex lock; /* settings, state, loop pointer, bound port */
  RwEndpointSettings settings;
  RwState state;
  RwLoop *loop;
  guint bound_port;

  /* Control thread. */
  RwServer *server;
  gboolean signalling_warned; /* the outage of the line has been told */
  RwSignaller *signaller;
  RwNetworkWatch *network_watch;
  RwTimer *probe_timer; /* runs while media is suspect or down */
  gint64 probe_since_us;
  GPtrArray *peers;         /* GWeakRef of those made since the start */
  RwTimer *rehearsal_timer; /* runs while a media outage is simulated */
};

G_DEFINE_FINAL_TYPE (RwEndpoint, rw_endpoint, G_TYPE_OBJECT)

enum { SIGNAL_NETWORK_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* How often the line is tried while media is down: so often that the return
 * of the network is met within a fraction of a second, and after a while less,
 * as nobody waits for a second any more. */
#define PROBE_US       (250 * 1000)
#define PROBE_SLOW_US  (2 * G_USEC_PER_SEC)
#define PROBE_QUICK_US (60 * G_USEC_PER_SEC)

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
set_retry_property_locked (RwRetrySettings *retry, guint id,
                           const GValue *value)
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
rw_endpoint_set_property (RwEndpoint *self, guint id, const GValue *value)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  RwEndpointSettings *s = &self->settings;

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
    return set_retry_property_locked (&s->retry, id, value);
  }
}

static gboolean
get_retry_property_locked (const RwRetrySettings *retry, guint id,
                           GValue *value)
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
rw_endpoint_get_property (RwEndpoint *self, guint id, GValue *value)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  RwEndpointSettings *s = &self->settings;

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
    g_value_set_uint (value,
                      self->bound_port ? self->bound_port : s->server_port);
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
  case RW_ENDPOINT_PROP_STATE:
    g_value_set_enum (value, self->state);
    return TRUE;
  default:
    return get_retry_property_locked (&s->retry, id, value);
  }
}

static void weak_ref_free (gpointer data);

static void
rw_endpoint_finalize (GObject *object)
{
  RwEndpoint *self = RW_ENDPOINT (object);

  g_assert (self->loop == NULL);
  rw_announcer_free (self->announcer);
  g_free (self->settings.signaller_uri);
  g_strfreev (self->settings.signaller_uris);
  g_free (self->settings.tls_ca_file);
  g_free (self->settings.auth_token);
  g_free (self->settings.server_host);
  g_free (self->settings.stun_server);
  g_strfreev (self->settings.turn_servers);
  g_ptr_array_unref (self->peers);
  g_clear_object (&self->clock);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (rw_endpoint_parent_class)->finalize (object);
}

static void
rw_endpoint_class_init (RwEndpointClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_endpoint_finalize;
  signals[SIGNAL_NETWORK_CHANGED] =
      g_signal_new ("network-changed", G_TYPE_FROM_CLASS (klass),
                    G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  GST_DEBUG_CATEGORY_INIT (rw_endpoint_debug, "resilientwebrtc", 0,
                           "resilient WebRTC: state and servers");
}

static void
rw_endpoint_init (RwEndpoint *self)
{
  g_mutex_init (&self->lock);
  self->clock = rw_clock_new ();
  self->peers = g_ptr_array_new_with_free_func (weak_ref_free);
  self->state = RW_STATE_IDLE;
  self->settings = (RwEndpointSettings){
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
rw_endpoint_install_signals (GType element_type)
{
  g_signal_new ("request-token", element_type, G_SIGNAL_RUN_LAST, 0,
                g_signal_accumulator_first_wins, NULL, NULL, G_TYPE_STRING, 0);
}

RwEndpoint *
rw_endpoint_new (GstElement *element)
{
  RwEndpoint *self = g_object_new (RW_TYPE_ENDPOINT, NULL);

  self->element = element;
  self->announcer = rw_announcer_new (element);
  return self;
}

RwLoop *
rw_endpoint_get_loop (RwEndpoint *self)
{
  return self->loop;
}

RwClock *
rw_endpoint_get_clock (RwEndpoint *self)
{
  return self->clock;
}

GstElement *
rw_endpoint_get_element (RwEndpoint *self)
{
  return self->element;
}

gint64
rw_endpoint_now_us (RwEndpoint *self)
{
  return rw_clock_get_now_us (self->clock);
}

guint
rw_endpoint_get_stall_timeout_ms (RwEndpoint *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->settings.stall_timeout_ms;
}

RwRetrySettings
rw_endpoint_get_retry_settings (RwEndpoint *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->settings.retry;
}

typedef struct {
  RwEndpoint *endpoint;
  GError *error;
} StartServer;

static void
start_server_on_loop (gpointer data)
{
  StartServer *start = data;
  RwEndpoint *self = start->endpoint;
  g_autoptr (RwServerConfig) config = rw_server_config_new ();

  g_mutex_lock (&self->lock);
  g_free (config->host);
  config->host = g_strdup (self->settings.server_host);
  config->port = self->settings.server_port;
  g_mutex_unlock (&self->lock);

  self->server = rw_server_new (config);
  if (!rw_server_start (self->server, &start->error)) {
    g_clear_object (&self->server);
    return;
  }
  g_mutex_lock (&self->lock);
  self->bound_port = rw_server_get_port (self->server);
  g_mutex_unlock (&self->lock);
}

static void
stop_server_on_loop (gpointer data)
{
  RwEndpoint *self = data;

  if (self->server)
    rw_server_stop (self->server);
  g_clear_object (&self->server);
}

gboolean
rw_endpoint_prepare (RwEndpoint *self)
{
  g_autofree char *name = gst_object_get_name (GST_OBJECT (self->element));
  g_autoptr (GError) error = NULL;

  if (!rw_webrtc_peer_check_elements (&error)) {
    GST_ELEMENT_ERROR (self->element, CORE, MISSING_PLUGIN,
                       ("%s", error->message), (NULL));
    return FALSE;
  }
  rw_webrtc_peer_prewarm ();
  self->loop = rw_loop_new (name);
  return TRUE;
}

void
rw_endpoint_release (RwEndpoint *self)
{
  if (self->loop == NULL)
    return;
  rw_loop_stop (self->loop);
  g_clear_object (&self->loop);
  rw_webrtc_peer_finish_prewarm ();
}

gboolean
rw_endpoint_start_server (RwEndpoint *self)
{
  StartServer start = {.endpoint = self};
  gboolean wanted;

  g_mutex_lock (&self->lock);
  wanted = self->settings.run_server;
  g_mutex_unlock (&self->lock);
  if (!wanted)
    return TRUE;

  rw_loop_call (self->loop, start_server_on_loop, &start);
  if (start.error == NULL)
    return TRUE;
  GST_ELEMENT_ERROR (self->element, RESOURCE, OPEN_READ_WRITE,
                     ("%s", start.error->message), (NULL));
  g_error_free (start.error);
  return FALSE;
}

void
rw_endpoint_stop_server (RwEndpoint *self)
{
  rw_loop_call (self->loop, stop_server_on_loop, self);
  g_mutex_lock (&self->lock);
  self->bound_port = 0;
  g_mutex_unlock (&self->lock);
}

/* Where our own server can be reached from this process. */
static char *
own_server_uri_locked (RwEndpoint *self)
{
  const char *host = self->settings.server_host;

  if (g_str_equal (host, "0.0.0.0"))
    host = "127.0.0.1";
  if (g_str_equal (host, "::"))
    host = "::1";
  return g_strdup_printf (strchr (host, ':') ? "ws://[%s]:%u" : "ws://%s:%u",
                          host, self->bound_port);
}

static void
on_probe_timer (gpointer data)
{
  RwEndpoint *self = data;
  gboolean quick =
      rw_endpoint_now_us (self) - self->probe_since_us < PROBE_QUICK_US;

  rw_timer_set_in (self->probe_timer, quick ? PROBE_US : PROBE_SLOW_US);
  rw_signaller_retry_now (self->signaller);
}

static void
on_network_changed (RwNetworkWatch *watch, gboolean gained, gpointer data)
{
  RwEndpoint *self = data;

  GST_INFO_OBJECT (self->element, "the network has changed");
  rw_signaller_retry_now (self->signaller);
  g_signal_emit (self, signals[SIGNAL_NETWORK_CHANGED], 0);
}

static void on_rehearsal_over (gpointer data);

static void
keep_signaller (RwEndpoint *self, RwSignaller *signaller)
{
  GMainContext *context = rw_loop_get_context (self->loop);

  self->signaller = g_object_ref (signaller);
  self->probe_timer = rw_timer_new (self->clock, context, "signalling probe",
                                    on_probe_timer, self);
  self->rehearsal_timer =
      rw_timer_new (self->clock, context, "rehearsal", on_rehearsal_over, self);
  self->network_watch = rw_network_watch_new (context);
  g_signal_connect (self->network_watch, "changed",
                    G_CALLBACK (on_network_changed), self);
}

void
rw_endpoint_drop_signaller (RwEndpoint *self)
{
  if (self->network_watch)
    g_signal_handlers_disconnect_by_data (self->network_watch, self);
  if (self->signaller)
    g_signal_handlers_disconnect_by_data (self->signaller, self);
  g_clear_object (&self->network_watch);
  g_clear_pointer (&self->probe_timer, rw_timer_free);
  g_clear_pointer (&self->rehearsal_timer, rw_timer_free);
  g_ptr_array_set_size (self->peers, 0);
  g_clear_object (&self->signaller);
}

static void
probe_as_media_is (RwEndpoint *self, RwState state)
{
  gboolean wanted = state == RW_STATE_SUSPECT || state == RW_STATE_RECONNECTING;

  if (self->probe_timer == NULL ||
      wanted == rw_timer_is_set (self->probe_timer))
    return;
  if (!wanted) {
    rw_timer_stop (self->probe_timer);
    return;
  }
  self->probe_since_us = rw_endpoint_now_us (self);
  rw_timer_set_in (self->probe_timer, 0);
}

/* The settings as the signaller takes them; @store owns what they point to. */
static RwWsSignallerConfig
make_signaller_config (RwEndpoint *self, RwEndpointSettings *store)
{
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;
  RwRetrySettings retry = rw_endpoint_get_retry_settings (self);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const RwEndpointSettings *s = &self->settings;
  gboolean has_list = s->signaller_uris && s->signaller_uris[0];
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *own = s->run_server ? own_server_uri_locked (self) : NULL;

  if (own || !has_list)
    g_strv_builder_add (builder, own                ? own
                                 : s->signaller_uri ? s->signaller_uri
                                                    : "");
  else
    g_strv_builder_addv (builder, (const char **) s->signaller_uris);
  store->signaller_uris = g_strv_builder_end (builder);
  store->tls_ca_file = g_strdup (s->tls_ca_file);
  store->auth_token = g_strdup (s->auth_token);
  config.uris = (const char *const *) store->signaller_uris;
  config.tls_ca_file = store->tls_ca_file;
  config.auth_token = store->auth_token;
  config.insecure_tls = s->insecure_tls;
  config.backoff.delay_us = retry.retry_delay_ms * (gint64) 1000;
  config.backoff.factor = retry.retry_factor;
  config.backoff.delay_max_us = retry.retry_delay_max_ms * (gint64) 1000;
  config.backoff.jitter = retry.retry_jitter;
  config.backoff.retries = retry.retries;
  return config;
}

/* The application's answer, or what the property has become meanwhile. */
static char *
on_signaller_request_token (RwWsSignaller *signaller, RwEndpoint *self)
{
  char *token = NULL;

  g_signal_emit_by_name (self->element, "request-token", &token);
  if (token == NULL) {
    g_mutex_lock (&self->lock);
    token = g_strdup (self->settings.auth_token);
    g_mutex_unlock (&self->lock);
  }
  return token;
}

RwSignaller *
rw_endpoint_create_signaller (RwEndpoint *self)
{
  RwEndpointSettings store = {0};
  RwWsSignallerConfig config = make_signaller_config (self, &store);
  g_autoptr (GError) error = NULL;
  RwWsSignaller *signaller = rw_ws_signaller_new (
      self->clock, rw_loop_get_context (self->loop), NULL, &config, &error);

  g_strfreev (store.signaller_uris);
  g_free (store.tls_ca_file);
  g_free (store.auth_token);
  if (signaller == NULL) {
    rw_endpoint_post_error (self, GST_RESOURCE_ERROR,
                            GST_RESOURCE_ERROR_SETTINGS, error->message);
    return NULL;
  }
  g_signal_connect (signaller, "request-token",
                    G_CALLBACK (on_signaller_request_token), self);
  keep_signaller (self, RW_SIGNALLER (signaller));
  return RW_SIGNALLER (signaller);
}

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* For rehearsals; those that are gone make place. */
static void
remember_peer (RwEndpoint *self, RwWebrtcPeer *peer)
{
  GWeakRef *ref = g_new0 (GWeakRef, 1);

  for (guint i = self->peers->len; i > 0; i--) {
    g_autoptr (RwWebrtcPeer) old =
        g_weak_ref_get (g_ptr_array_index (self->peers, i - 1));

    if (old == NULL)
      g_ptr_array_remove_index_fast (self->peers, i - 1);
  }
  g_weak_ref_init (ref, peer);
  g_ptr_array_add (self->peers, ref);
  if (self->rehearsal_timer && rw_timer_is_set (self->rehearsal_timer))
    rw_webrtc_peer_set_blackout (peer, TRUE);
}

static void
set_blackout (RwEndpoint *self, gboolean blackout)
{
  for (guint i = 0; i < self->peers->len; i++) {
    g_autoptr (RwWebrtcPeer) peer =
        g_weak_ref_get (g_ptr_array_index (self->peers, i));

    if (peer)
      rw_webrtc_peer_set_blackout (peer, blackout);
  }
}

static void
on_rehearsal_over (gpointer data)
{
  set_blackout (data, FALSE);
}

typedef struct {
  RwEndpoint *endpoint;
  RwOutageKind kind;
  guint duration_ms;
} Rehearsal;

static void
rehearsal_free (gpointer data)
{
  g_object_unref (((Rehearsal *) data)->endpoint);
  g_free (data);
}

static void
rehearse_on_loop (gpointer data)
{
  Rehearsal *rehearsal = data;
  RwEndpoint *self = rehearsal->endpoint;
  gint64 duration_us = rehearsal->duration_ms * (gint64) 1000;

  if (self->signaller == NULL)
    return;
  GST_INFO_OBJECT (self->element, "rehearsing an outage of %u ms",
                   rehearsal->duration_ms);
  if (rehearsal->kind != RW_OUTAGE_MEDIA)
    rw_ws_signaller_simulate_outage (RW_WS_SIGNALLER (self->signaller),
                                     duration_us);
  if (rehearsal->kind == RW_OUTAGE_SIGNALLING)
    return;
  rw_timer_set_in (self->rehearsal_timer, duration_us);
  set_blackout (self, TRUE);
}

void
rw_endpoint_simulate_outage (RwEndpoint *self, RwOutageKind kind,
                             guint duration_ms)
{
  Rehearsal *rehearsal;
  g_autoptr (RwLoop) loop = NULL;

  g_mutex_lock (&self->lock);
  if (self->loop)
    loop = g_object_ref (self->loop);
  g_mutex_unlock (&self->lock);
  if (loop == NULL)
    return;
  rehearsal = g_new0 (Rehearsal, 1);
  rehearsal->endpoint = g_object_ref (self);
  rehearsal->kind = kind;
  rehearsal->duration_ms = duration_ms;
  rw_loop_invoke (loop, rehearse_on_loop, rehearsal, rehearsal_free);
}

GType
rw_outage_kind_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {RW_OUTAGE_MEDIA, "Media and data channel", "media"},
      {RW_OUTAGE_SIGNALLING, "The line to the signalling server", "signalling"},
      {RW_OUTAGE_BOTH, "Both", "both"},
      {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstResilientWebrtcOutage", values));
  return type;
}

static RwWebrtcPeer *
make_peer (RwEndpoint *self, RwWebrtcPeerConfig *config)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autoptr (GstClock) clock = gst_element_get_clock (self->element);

  config->loop = self->loop;
  config->clock = clock;
  config->base_time = gst_element_get_base_time (self->element);
  config->stun_server = self->settings.stun_server;
  config->turn_servers = (const char *const *) self->settings.turn_servers;
  config->ice_transport_policy = self->settings.ice_policy;
  return rw_webrtc_peer_new (config);
}

RwWebrtcPeer *
rw_endpoint_create_peer (RwEndpoint *self, RwWebrtcPeerConfig *config)
{
  RwWebrtcPeer *peer = make_peer (self, config);

  remember_peer (self, peer);
  return peer;
}

void
rw_endpoint_announce (RwEndpoint *self, RwState element_state,
                      const RwStateReport *report)
{
  gboolean changed = FALSE;

  GST_INFO_OBJECT (
      self->element, "%s -> %s (%s), peer %s, generation %u, attempt %u",
      rw_state_to_string (report->previous), rw_state_to_string (report->state),
      GST_STR_NULL (report->reason), GST_STR_NULL (report->peer_id),
      report->generation, report->attempt);
  g_mutex_lock (&self->lock);
  changed = self->state != element_state;
  self->state = element_state;
  g_mutex_unlock (&self->lock);

  probe_as_media_is (self, element_state);
  if (changed)
    rw_announcer_notify (self->announcer, "state");
  rw_endpoint_post (self, rw_bus_message_new_state (report));
}

void
rw_endpoint_post (RwEndpoint *self, GstStructure *structure)
{
  rw_announcer_post (
      self->announcer,
      gst_message_new_element (GST_OBJECT (self->element), structure));
}

void
rw_endpoint_post_progress (RwEndpoint *self, GstProgressType type,
                           const char *text)
{
  rw_announcer_post (self->announcer,
                     gst_message_new_progress (GST_OBJECT (self->element), type,
                                               "reconnect", text));
}

void
rw_endpoint_post_error (RwEndpoint *self, GQuark domain, gint code,
                        const char *text)
{
  g_autoptr (GError) error = g_error_new_literal (domain, code, text);

  GST_ERROR_OBJECT (self->element, "%s", text);
  rw_announcer_post (
      self->announcer,
      gst_message_new_error (GST_OBJECT (self->element), error, NULL));
}

void
rw_endpoint_post_warning (RwEndpoint *self, GQuark domain, gint code,
                          const char *text, const char *debug)
{
  g_autoptr (GError) error = g_error_new_literal (domain, code, text);

  GST_WARNING_OBJECT (self->element, "%s", text);
  rw_announcer_post (
      self->announcer,
      gst_message_new_warning (GST_OBJECT (self->element), error, debug));
}

void
rw_endpoint_call_application (RwEndpoint *self, RwAnnounceFunc func,
                              gpointer data, GDestroyNotify destroy)
{
  rw_announcer_call (self->announcer, func, data, destroy);
}

void
rw_endpoint_flush (RwEndpoint *self)
{
  rw_announcer_flush (self->announcer);
}

void
rw_endpoint_report_signalling (RwEndpoint *self, const GError *error,
                               gboolean will_retry, gint64 delay_us)
{
  g_autofree char *debug = NULL;

  if (error == NULL) {
    self->signalling_warned = FALSE;
    return;
  }
  GST_INFO_OBJECT (self->element, "signalling: %s", error->message);
  if (!will_retry || self->signalling_warned)
    return;
  self->signalling_warned = TRUE;
  debug = g_strdup_printf ("trying again in %.1f s, and so on",
                           delay_us / (gdouble) G_USEC_PER_SEC);
  rw_endpoint_post_warning (self, GST_RESOURCE_ERROR,
                            GST_RESOURCE_ERROR_OPEN_READ_WRITE, error->message,
                            debug);
}

typedef struct {
  RwEndpoint *endpoint;
  gboolean (*is_done) (gpointer);
  gpointer data;
  gint64 timeout_us;
} Wait;

static gboolean
on_wait_timeout (gpointer data)
{
  return G_SOURCE_CONTINUE; /* its dispatch has woken the iteration */
}

/* A nested iteration of the control thread's own context: what is waited for
 * happens on it. */
static void
wait_on_loop (gpointer data)
{
  Wait *wait = data;
  GMainContext *context = rw_loop_get_context (wait->endpoint->loop);
  gint64 end_us = g_get_monotonic_time () + wait->timeout_us;
  g_autoptr (GSource) tick = g_timeout_source_new (20);

  g_source_set_name (tick, "endpoint wait");
  g_source_set_callback (tick, on_wait_timeout, NULL, NULL);
  g_source_attach (tick, context);
  while (!wait->is_done (wait->data) && g_get_monotonic_time () < end_us)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (tick);
}

void
rw_endpoint_wait (RwEndpoint *self, gboolean (*is_done) (gpointer),
                  gpointer data, gint64 timeout_us)
{
  Wait wait = {self, is_done, data, timeout_us};

  rw_loop_call (self->loop, wait_on_loop, &wait);
}
