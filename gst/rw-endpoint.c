/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-endpoint.h"

#include "rw-announcer.h"
#include "rw-line-probe.h"
#include "rw-network-watch.h"
#include "rw-own-server.h"
#include "rw-ws-signaller.h"

/* What both elements share; see the header for the threads. */

GST_DEBUG_CATEGORY_STATIC (rw_endpoint_debug);
#define GST_CAT_DEFAULT rw_endpoint_debug

struct _RwEndpoint {
  GObject parent_instance;

  GstElement *element; /* owns us, so no reference */
  RwAnnouncer *announcer;
  RwClock *clock;

  GMutex lock; /* for what follows, up to the control thread's */
  RwEndpointSettings settings;
  RwState state;
  RwState told_state; /* of the last message about the element as a whole */
  RwLoop *loop;
  RwOwnServer *server; /* from READY to PAUSED and back, where it is wanted */
  RwWsSignallerCounts signalling; /* as they were when last noted */

  /* Control thread. */
  gboolean signalling_warned; /* the outage of the line has been told */
  RwSignaller *signaller;
  RwNetworkWatch *network_watch;
  RwLineProbe *line_probe;
  RwRehearsal *rehearsal;
  char *advised_stun; /* what the signalling server recommends; or NULL */
  char **advised_turn;
};

G_DEFINE_FINAL_TYPE (RwEndpoint, rw_endpoint, G_TYPE_OBJECT)

enum { SIGNAL_NETWORK_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
rw_endpoint_finalize (GObject *object)
{
  RwEndpoint *self = RW_ENDPOINT (object);

  g_assert (self->loop == NULL);
  rw_announcer_free (self->announcer);
  rw_endpoint_settings_clear (&self->settings);
  g_free (self->advised_stun);
  g_strfreev (self->advised_turn);
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
  self->state = self->told_state = RW_STATE_IDLE;
  rw_endpoint_settings_init (&self->settings);
}

RwEndpoint *
rw_endpoint_new (GstElement *element)
{
  RwEndpoint *self = g_object_new (RW_TYPE_ENDPOINT, NULL);

  self->element = element;
  self->announcer = rw_announcer_new (element);
  return self;
}

gboolean
rw_endpoint_set_property (RwEndpoint *self, guint id, const GValue *value)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_endpoint_settings_set (&self->settings, id, value);
}

gboolean
rw_endpoint_get_property (RwEndpoint *self, guint id, GValue *value)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (id == RW_ENDPOINT_PROP_STATE)
    g_value_set_enum (value, self->state);
  else if (id == RW_ENDPOINT_PROP_SERVER_PORT && self->server)
    g_value_set_uint (value, rw_own_server_get_port (self->server));
  else
    return rw_endpoint_settings_get (&self->settings, id, value);
  return TRUE;
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

gboolean
rw_endpoint_prepare (RwEndpoint *self)
{
  g_autofree char *name = gst_object_get_name (GST_OBJECT (self->element));
  g_autoptr (GError) error = NULL;
  RwLoop *loop;

  if (!rw_webrtc_peer_check_elements (&error)) {
    GST_ELEMENT_ERROR (self->element, CORE, MISSING_PLUGIN,
                       ("%s", error->message), (NULL));
    return FALSE;
  }
  rw_webrtc_peer_prewarm ();
  loop = rw_loop_new (name);
  g_mutex_lock (&self->lock);
  self->loop = loop;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

void
rw_endpoint_release (RwEndpoint *self)
{
  RwLoop *loop = self->loop;

  if (loop == NULL)
    return;
  rw_loop_stop (loop);
  g_mutex_lock (&self->lock);
  self->loop = NULL;
  g_mutex_unlock (&self->lock);
  g_object_unref (loop);
  rw_webrtc_peer_finish_prewarm ();
}

gboolean
rw_endpoint_start_server (RwEndpoint *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *host = NULL;
  RwOwnServer *server;
  gboolean wanted;
  guint port;

  g_mutex_lock (&self->lock);
  wanted = self->settings.run_server;
  host = g_strdup (self->settings.server_host);
  port = self->settings.server_port;
  g_mutex_unlock (&self->lock);
  if (!wanted)
    return TRUE;

  server = rw_own_server_new (self->loop, host, port, &error);
  if (server == NULL) {
    GST_ELEMENT_ERROR (self->element, RESOURCE, OPEN_READ_WRITE,
                       ("%s", error->message), (NULL));
    return FALSE;
  }
  g_mutex_lock (&self->lock);
  self->server = server;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

void
rw_endpoint_stop_server (RwEndpoint *self)
{
  RwOwnServer *server;

  g_mutex_lock (&self->lock);
  server = g_steal_pointer (&self->server);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&server, rw_own_server_free);
}

static void
on_network_changed (RwNetworkWatch *watch, gboolean gained, gpointer data)
{
  RwEndpoint *self = data;

  GST_INFO_OBJECT (self->element, "the network has changed");
  rw_signaller_retry_now (self->signaller);
  g_signal_emit (self, signals[SIGNAL_NETWORK_CHANGED], 0);
}

static void
on_signaller_opened (RwSignaller *signaller, const char *peer_id, gpointer data)
{
  RwEndpoint *self = data;

  GST_INFO_OBJECT (self->element, "signalling is up, our id is %s", peer_id);
  self->signalling_warned = FALSE;
}

/* Warns once an outage of the line. */
static void
on_signaller_closed (RwSignaller *signaller, GError *error, gboolean will_retry,
                     gint64 delay_us, gpointer data)
{
  RwEndpoint *self = data;
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

static void
keep_signaller (RwEndpoint *self, RwSignaller *signaller)
{
  GMainContext *context = rw_loop_get_context (self->loop);

  self->signaller = g_object_ref (signaller);
  self->line_probe = rw_line_probe_new (self->clock, context, signaller);
  self->rehearsal = rw_rehearsal_new (self->clock, context);
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
  g_clear_pointer (&self->line_probe, rw_line_probe_free);
  g_clear_pointer (&self->rehearsal, rw_rehearsal_free);
  g_clear_object (&self->signaller);
}

void
rw_endpoint_note_signalling (RwEndpoint *self)
{
  RwWsSignallerCounts counts = {0};

  if (self->signaller)
    rw_ws_signaller_get_counts (RW_WS_SIGNALLER (self->signaller), &counts);
  g_mutex_lock (&self->lock);
  self->signalling = counts;
  g_mutex_unlock (&self->lock);
}

void
rw_endpoint_fill_stats (RwEndpoint *self, GstStructure *stats)
{
  RwWsSignallerCounts counts;

  g_mutex_lock (&self->lock);
  counts = self->signalling;
  g_mutex_unlock (&self->lock);
  gst_structure_set (stats, "signalling-attempts", G_TYPE_UINT64,
                     counts.attempts, "signalling-resumed", G_TYPE_UINT64,
                     counts.resumed, "signalling-overflow", G_TYPE_UINT64,
                     counts.dropped_overflow, "signalling-stale", G_TYPE_UINT64,
                     counts.dropped_stale, NULL);
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
  g_autofree char *own =
      self->server ? rw_own_server_dup_uri (self->server) : NULL;

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

/* For the sessions that are begun from now on. */
static void
on_signaller_ice_servers (RwSignaller *signaller, GPtrArray *servers,
                          RwEndpoint *self)
{
  g_free (self->advised_stun);
  self->advised_stun = rw_ice_servers_dup_stun_uri (servers);
  g_strfreev (self->advised_turn);
  self->advised_turn = rw_ice_servers_dup_turn_uris (servers);
  GST_DEBUG_OBJECT (self->element, "the server recommends %u TURN servers",
                    g_strv_length (self->advised_turn));
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
  g_signal_connect (signaller, "ice-servers",
                    G_CALLBACK (on_signaller_ice_servers), self);
  g_signal_connect (signaller, "opened", G_CALLBACK (on_signaller_opened),
                    self);
  g_signal_connect (signaller, "closed", G_CALLBACK (on_signaller_closed),
                    self);
  keep_signaller (self, RW_SIGNALLER (signaller));
  return RW_SIGNALLER (signaller);
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
  if (rehearsal->kind != RW_OUTAGE_SIGNALLING)
    rw_rehearsal_cut_media (self->rehearsal, duration_us);
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

/* What the application has set counts; the server's advice is for where it has
 * set nothing. */
static RwWebrtcPeer *
make_peer (RwEndpoint *self, RwWebrtcPeerConfig *config)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autoptr (GstClock) clock = gst_element_get_clock (self->element);
  char **turn = self->settings.turn_servers;

  config->loop = self->loop;
  config->clock = clock;
  config->base_time = gst_element_get_base_time (self->element);
  config->stun_server = self->settings.stun_server ? self->settings.stun_server
                                                   : self->advised_stun;
  config->turn_servers =
      (const char *const *) (turn && turn[0] ? turn : self->advised_turn);
  config->ice_transport_policy = self->settings.ice_policy;
  return rw_webrtc_peer_new (config);
}

RwWebrtcPeer *
rw_endpoint_create_peer (RwEndpoint *self, RwWebrtcPeerConfig *config)
{
  RwWebrtcPeer *peer = make_peer (self, config);

  rw_rehearsal_add_peer (self->rehearsal, peer);
  return peer;
}

void
rw_endpoint_announce (RwEndpoint *self, RwState element_state,
                      RwStateReport *report)
{
  gboolean changed = FALSE;

  /* Producers and consumers live from start to stop, the element longer. */
  if (report->is_own) {
    report->previous = self->told_state;
    self->told_state = report->state;
  }
  GST_INFO_OBJECT (
      self->element, "%s -> %s (%s), peer %s, generation %u, attempt %u",
      rw_state_to_string (report->previous), rw_state_to_string (report->state),
      GST_STR_NULL (report->reason), GST_STR_NULL (report->peer_id),
      report->generation, report->attempt);
  g_mutex_lock (&self->lock);
  changed = self->state != element_state;
  self->state = element_state;
  g_mutex_unlock (&self->lock);

  if (self->line_probe)
    rw_line_probe_follow_media (self->line_probe, element_state);
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
