/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-endpoint.h"

#include "rw-control-thread.h"
#include "rw-embedded-server.h"
#include "rw-signaller-options.h"
#include "rw-signalling-connection.h"
#include "rw-webrtc-runtime.h"

/* See the header, also for the threads. */

GST_DEBUG_CATEGORY_STATIC (rw_endpoint_debug);
#define GST_CAT_DEFAULT rw_endpoint_debug

struct _RwEndpoint {
  GObject parent_instance;

  GstElement *element; /* owns us, so no reference */
  RwNotifier *notifier;
  RwClock *clock;
  RwRoom *room;
  RwControlThread thread;
  RwEmbeddedServer *server; /* runs from READY to PAUSED, if wanted */

  GMutex lock; /* for the settings */
  RwEndpointSettings settings;
  char *member_name; /* NULL: the element's */

  /* Control thread. */
  RwSignallingConnection *signalling;
  RwOutageSimulation *simulation; /* open while there is a signaller */
};

G_DEFINE_FINAL_TYPE (RwEndpoint, rw_endpoint, G_TYPE_OBJECT)

enum { SIGNAL_NETWORK_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
rw_endpoint_finalize (GObject *object)
{
  RwEndpoint *self = RW_ENDPOINT (object);

  rw_outage_simulation_free (self->simulation);
  rw_signalling_connection_free (self->signalling);
  rw_embedded_server_free (self->server);
  g_clear_object (&self->room);
  rw_notifier_free (self->notifier);
  rw_endpoint_settings_clear (&self->settings);
  g_free (self->member_name);
  g_clear_object (&self->clock);
  g_mutex_clear (&self->lock);
  rw_control_thread_clear (&self->thread);
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
  rw_control_thread_init (&self->thread);
  self->clock = rw_clock_new ();
  self->server = rw_embedded_server_new ();
  rw_endpoint_settings_init (&self->settings);
}

char *
rw_endpoint_dup_token (RwEndpoint *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_strdup (self->settings.auth_token);
}

static char *
dup_token (gpointer data)
{
  return rw_endpoint_dup_token (data);
}

char *
rw_endpoint_dup_server_uri (RwEndpoint *self)
{
  char *own = rw_embedded_server_dup_uri (self->server);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return own ? own : g_strdup (self->settings.signaller_uri);
}

static void
on_network_changed (gpointer data)
{
  g_signal_emit (data, signals[SIGNAL_NETWORK_CHANGED], 0);
}

RwEndpoint *
rw_endpoint_new (GstElement *element)
{
  RwEndpoint *self = g_object_new (RW_TYPE_ENDPOINT, NULL);
  RwSignallingConnectionHost host;

  self->element = element;
  self->notifier = rw_notifier_new (element);
  self->room = rw_room_new (element, self->notifier);
  host = (RwSignallingConnectionHost){
      .element = element,
      .notifier = self->notifier,
      .clock = self->clock,
      .dup_token = dup_token,
      .network_changed = on_network_changed,
      .data = self,
  };
  self->signalling = rw_signalling_connection_new (&host);
  self->simulation =
      rw_outage_simulation_new (G_OBJECT (self), self->clock, self->signalling);
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
  guint port = rw_embedded_server_get_port (self->server);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (id == RW_ENDPOINT_PROP_MEMBERS)
    rw_room_members_fill (rw_room_get_members (self->room), value);
  else if (id == RW_ENDPOINT_PROP_STATE)
    g_value_set_enum (value, rw_notifier_get_state (self->notifier));
  else if (id == RW_ENDPOINT_PROP_SERVER_PORT && port != 0)
    g_value_set_uint (value, port);
  else
    return rw_endpoint_settings_get (&self->settings, id, value);
  return TRUE;
}

RwLoop *
rw_endpoint_get_loop (RwEndpoint *self)
{
  return self->thread.loop;
}

RwLoop *
rw_endpoint_dup_loop (RwEndpoint *self)
{
  return rw_control_thread_dup_loop (&self->thread);
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

RwNotifier *
rw_endpoint_get_notifier (RwEndpoint *self)
{
  return self->notifier;
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

  if (!rw_webrtc_runtime_check_elements (&error)) {
    GST_ELEMENT_ERROR (self->element, CORE, MISSING_PLUGIN,
                       ("%s", error->message), (NULL));
    return FALSE;
  }
  rw_control_thread_start (&self->thread, name);
  return TRUE;
}

void
rw_endpoint_release (RwEndpoint *self)
{
  rw_control_thread_stop (&self->thread);
}

gboolean
rw_endpoint_start_server (RwEndpoint *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *host = NULL;
  gboolean wanted;
  guint port;

  g_mutex_lock (&self->lock);
  wanted = self->settings.run_server;
  host = g_strdup (self->settings.server_host);
  port = self->settings.server_port;
  g_mutex_unlock (&self->lock);
  if (!wanted || rw_embedded_server_start (self->server, self->thread.loop,
                                           host, port, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self->element, RESOURCE, OPEN_READ_WRITE,
                     ("%s", error->message), (NULL));
  return FALSE;
}

void
rw_endpoint_stop_server (RwEndpoint *self)
{
  rw_embedded_server_stop (self->server);
}

RwSignallingConnection *
rw_endpoint_get_signalling (RwEndpoint *self)
{
  return self->signalling;
}

static gboolean
copy_signaller_options (RwEndpoint *self, RwSignallerOptions *options,
                        GError **error)
{
  g_autofree char *own = rw_embedded_server_dup_uri (self->server);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_signaller_options_init (options, &self->settings, own);
  return rw_endpoint_settings_check (&self->settings, error);
}

RwSignaller *
rw_endpoint_create_signaller (RwEndpoint *self)
{
  GMainContext *context = rw_loop_get_context (self->thread.loop);
  g_auto (RwSignallerOptions) options = {0};
  g_autoptr (GError) error = NULL;
  RwSignaller *signaller = NULL;

  if (copy_signaller_options (self, &options, &error))
    signaller = rw_signalling_connection_open (self->signalling, context,
                                               &options.config, &error);
  if (signaller == NULL) {
    rw_notifier_post_error (self->notifier, GST_RESOURCE_ERROR,
                            GST_RESOURCE_ERROR_SETTINGS, error->message);
    return NULL;
  }
  rw_outage_simulation_open (self->simulation, context);
  return signaller;
}

void
rw_endpoint_join_room (RwEndpoint *self, RwSignaller *signaller,
                       const char *stream, gboolean requests_floor)
{
  g_autofree char *room_id = NULL;
  g_autofree char *name = NULL;
  RwRoomMember member = {.stream = (char *) stream,
                         .requests_floor = requests_floor};

  g_mutex_lock (&self->lock);
  room_id = g_strdup (self->settings.room);
  name = g_strdup (self->member_name);
  g_mutex_unlock (&self->lock);
  if (name == NULL)
    name = gst_object_get_name (GST_OBJECT (self->element));
  member.name = name;
  if (room_id != NULL)
    rw_room_open (self->room, RW_WS_SIGNALLER (signaller), room_id, &member);
}

void
rw_endpoint_set_member_name (RwEndpoint *self, const char *name)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_free (self->member_name);
  self->member_name = g_strdup (name);
}

RwRoom *
rw_endpoint_get_room (RwEndpoint *self)
{
  return self->room;
}

static gboolean
has_room (RwEndpoint *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->settings.room != NULL;
}

gboolean
rw_endpoint_publish (RwEndpoint *self, const char *data)
{
  g_autoptr (RwLoop) loop =
      has_room (self) ? rw_endpoint_dup_loop (self) : NULL;

  return rw_room_publish (self->room, loop, data);
}

void
rw_endpoint_drop_signaller (RwEndpoint *self)
{
  rw_room_close (self->room);
  rw_signalling_connection_close (self->signalling);
  rw_outage_simulation_close (self->simulation);
}

void
rw_endpoint_simulate_outage (RwEndpoint *self, RwOutageKind kind,
                             guint duration_ms)
{
  g_autoptr (RwLoop) loop = rw_endpoint_dup_loop (self);

  if (loop)
    rw_outage_simulation_request (self->simulation, loop, kind, duration_ms);
}

static RwWebrtcPeer *
make_peer (RwEndpoint *self, RwWebrtcPeerConfig *config)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autoptr (GstClock) clock = gst_element_get_clock (self->element);

  config->loop = self->thread.loop;
  config->teardown = self->thread.teardown;
  config->clock = clock;
  config->base_time = gst_element_get_base_time (self->element);
  rw_endpoint_settings_fill_peer (
      &self->settings, config,
      rw_signalling_connection_get_stun (self->signalling),
      rw_signalling_connection_get_turn (self->signalling));
  return rw_webrtc_peer_new (config);
}

RwWebrtcPeer *
rw_endpoint_create_peer (RwEndpoint *self, RwWebrtcPeerConfig *config)
{
  RwWebrtcPeer *peer = make_peer (self, config);

  rw_outage_simulation_add_peer (self->simulation, peer);
  return peer;
}

void
rw_endpoint_announce (RwEndpoint *self, RwState element_state,
                      RwStateReport *report)
{
  rw_signalling_connection_follow_media (self->signalling, element_state);
  rw_notifier_announce (self->notifier, element_state, report);
}

void
rw_endpoint_post (RwEndpoint *self, GstStructure *structure)
{
  rw_notifier_post_structure (self->notifier, structure);
}
