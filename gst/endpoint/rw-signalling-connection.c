/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signalling-connection.h"

#include "rw-connection-probe.h"
#include "rw-network-watch.h"
#include "rw-ice-server.h"

GST_DEBUG_CATEGORY_STATIC (rw_signalling_connection_debug);
#define GST_CAT_DEFAULT rw_signalling_connection_debug

struct _RwSignallingConnection {
  RwSignallingConnectionHost host;

  gboolean outage_warned;    /* the warning for this outage was posted */
  gboolean tls_relay_warned; /* so was that of a TURN server over TLS */
  RwSignaller *signaller;    /* while open, like what follows */
  RwNetworkWatch *network_watch;
  RwConnectionProbe *probe;
  GMutex lock;
  RwWsSignallerCounts counts; /* the last copy, under the lock */
  char *advised_stun; /* recommended by the signalling server; or NULL */
  char **advised_turn;
};

RwSignallingConnection *
rw_signalling_connection_new (const RwSignallingConnectionHost *host)
{
  static gsize category = 0;
  RwSignallingConnection *self = g_new0 (RwSignallingConnection, 1);

  if (g_once_init_enter (&category)) {
    GST_DEBUG_CATEGORY_INIT (rw_signalling_connection_debug, "resilientwebrtc",
                             0, "resilient WebRTC: state and servers");
    g_once_init_leave (&category, 1);
  }
  g_mutex_init (&self->lock);
  self->host = *host;
  return self;
}

void
rw_signalling_connection_free (RwSignallingConnection *self)
{
  rw_signalling_connection_close (self);
  g_free (self->advised_stun);
  g_strfreev (self->advised_turn);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
on_network_changed (RwNetworkWatch *watch, gboolean gained, gpointer data)
{
  RwSignallingConnection *self = data;

  GST_INFO_OBJECT (self->host.element, "the network has changed");
  rw_signaller_retry_now (self->signaller);
  self->host.network_changed (self->host.data);
}

static void
on_signaller_opened (RwSignaller *signaller, const char *peer_id, gpointer data)
{
  RwSignallingConnection *self = data;

  GST_INFO_OBJECT (self->host.element,
                   "signalling is connected, this element has the id %s",
                   peer_id);
  self->outage_warned = FALSE;
}

/* Posts one warning for each outage of the connection. */
static void
on_signaller_closed (RwSignaller *signaller, GError *error, gboolean will_retry,
                     gint64 delay_us, gpointer data)
{
  RwSignallingConnection *self = data;
  g_autofree char *debug = NULL;

  if (error == NULL) {
    self->outage_warned = FALSE;
    return;
  }
  GST_INFO_OBJECT (self->host.element, "signalling: %s", error->message);
  if (!will_retry || self->outage_warned)
    return;
  self->outage_warned = TRUE;
  debug =
      delay_us > 0
          ? g_strdup_printf ("retrying in %.1f s, then at growing intervals",
                             delay_us / (gdouble) G_USEC_PER_SEC)
          : g_strdup ("still waiting for this attempt, or retrying now");
  rw_notifier_post_warning (self->host.notifier, GST_RESOURCE_ERROR,
                            GST_RESOURCE_ERROR_OPEN_READ_WRITE, error->message,
                            debug);
}

/* The application's answer, or the property's present value. */
static char *
on_signaller_request_token (RwWsSignaller *signaller,
                            RwSignallingConnection *self)
{
  char *token = NULL;

  g_signal_emit_by_name (self->host.element, "request-token", &token);
  if (token == NULL)
    token = self->host.dup_token (self->host.data);
  return token;
}

/* Passed over: libnice would send the credentials in the clear. */
static void
warn_of_tls_relay (RwSignallingConnection *self, const GPtrArray *servers)
{
  const char *url = rw_ice_servers_find_tls_url (servers);
  g_autofree char *text = NULL;

  if (url == NULL || self->tls_relay_warned)
    return;
  self->tls_relay_warned = TRUE;
  text = g_strdup_printf (
      "The signalling server recommends %s, but TURN over TLS is not "
      "supported; that server is not used. Add a turn: URI to the server's "
      "--turn-uris.",
      url);
  rw_notifier_post_warning (self->host.notifier, GST_RESOURCE_ERROR,
                            GST_RESOURCE_ERROR_SETTINGS, text, NULL);
}

/* For later sessions. */
static void
on_signaller_ice_servers (RwSignaller *signaller, GPtrArray *servers,
                          RwSignallingConnection *self)
{
  g_free (self->advised_stun);
  self->advised_stun = rw_ice_servers_dup_stun_uri (servers);
  g_strfreev (self->advised_turn);
  self->advised_turn = rw_ice_servers_dup_turn_uris (servers);
  GST_DEBUG_OBJECT (self->host.element, "the server recommends %u TURN servers",
                    g_strv_length (self->advised_turn));
  warn_of_tls_relay (self, servers);
}

static void
connect_signaller (RwSignallingConnection *self, RwWsSignaller *signaller)
{
  g_signal_connect (signaller, "request-token",
                    G_CALLBACK (on_signaller_request_token), self);
  g_signal_connect (signaller, "ice-servers",
                    G_CALLBACK (on_signaller_ice_servers), self);
  g_signal_connect (signaller, "opened", G_CALLBACK (on_signaller_opened),
                    self);
  g_signal_connect (signaller, "closed", G_CALLBACK (on_signaller_closed),
                    self);
}

RwSignaller *
rw_signalling_connection_open (RwSignallingConnection *self,
                               GMainContext *context,
                               const RwWsSignallerConfig *config,
                               GError **error)
{
  RwClock *clock = self->host.clock;
  RwWsSignaller *signaller =
      rw_ws_signaller_new (clock, context, NULL, config, error);

  if (signaller == NULL)
    return NULL;
  connect_signaller (self, signaller);
  self->signaller = RW_SIGNALLER (g_object_ref (signaller));
  self->probe = rw_connection_probe_new (clock, context, self->signaller);
  self->network_watch = rw_network_watch_new (context);
  g_signal_connect (self->network_watch, "changed",
                    G_CALLBACK (on_network_changed), self);
  return RW_SIGNALLER (signaller);
}

void
rw_signalling_connection_close (RwSignallingConnection *self)
{
  if (self->network_watch)
    g_signal_handlers_disconnect_by_data (self->network_watch, self);
  if (self->signaller)
    g_signal_handlers_disconnect_by_data (self->signaller, self);
  g_clear_object (&self->network_watch);
  g_clear_pointer (&self->probe, rw_connection_probe_free);
  g_clear_object (&self->signaller);
}

void
rw_signalling_connection_follow_media (RwSignallingConnection *self,
                                       RwState state)
{
  if (self->probe)
    rw_connection_probe_follow_media (self->probe, state);
}

void
rw_signalling_connection_note_counts (RwSignallingConnection *self)
{
  RwWsSignallerCounts counts = {0};

  if (self->signaller)
    rw_ws_signaller_get_counts (RW_WS_SIGNALLER (self->signaller), &counts);
  g_mutex_lock (&self->lock);
  self->counts = counts;
  g_mutex_unlock (&self->lock);
}

void
rw_signalling_connection_fill_stats (RwSignallingConnection *self,
                                     GstStructure *stats)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  gst_structure_set (stats, "signalling-attempts", G_TYPE_UINT64,
                     self->counts.attempts, "signalling-resumed", G_TYPE_UINT64,
                     self->counts.resumed, "signalling-overflow", G_TYPE_UINT64,
                     self->counts.dropped_overflow, "signalling-stale",
                     G_TYPE_UINT64, self->counts.dropped_stale, NULL);
}

void
rw_signalling_connection_simulate_outage (RwSignallingConnection *self,
                                          gint64 duration_us)
{
  if (self->signaller)
    rw_ws_signaller_simulate_outage (RW_WS_SIGNALLER (self->signaller),
                                     duration_us);
}

const char *
rw_signalling_connection_get_stun (RwSignallingConnection *self)
{
  return self->advised_stun;
}

const char *const *
rw_signalling_connection_get_turn (RwSignallingConnection *self)
{
  return (const char *const *) self->advised_turn;
}
