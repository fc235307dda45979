/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ws-signaller.h"

#include "rw-server-uri.h"
#include "rw-signal-client.h"

/*
 * The interface RwSignaller of an RwSignalClient: makes messages of calls.
 */

/* Connections that are being opened at once. They cost little, and while the
 * network is away a new one for each hint must not cut short those before it.
 */
#define MAX_CONNECTIONS 8

struct _RwWsSignaller {
  GObject parent_instance;
  RwSignalClient *client;
  RwServerConnection *closing; /* the one that a stop waits for */
};

static void rw_ws_signaller_iface_init (RwSignallerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    RwWsSignaller, rw_ws_signaller, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (RW_TYPE_SIGNALLER, rw_ws_signaller_iface_init))

/* ---- RwSignaller ---- */

static RwSignalClient *
client_of (RwSignaller *signaller)
{
  return RW_WS_SIGNALLER (signaller)->client;
}

static RwServerConnection *
get_current (RwWsSignaller *self)
{
  return rw_server_link_get_current (rw_signal_client_get_link (self->client));
}

static RwConnectionRace *
get_race (RwWsSignaller *self)
{
  return rw_server_link_get_race (rw_signal_client_get_link (self->client));
}

static void
rw_ws_signaller_start (RwSignaller *signaller)
{
  rw_server_link_start (rw_signal_client_get_link (client_of (signaller)));
}

/* The connection keeps itself alive until it is closed. */
static void
rw_ws_signaller_forget_closing (RwWsSignaller *self)
{
  if (self->closing != NULL)
    g_signal_handlers_disconnect_by_data (self->closing, self);
  g_clear_object (&self->closing);
}

static void
on_closing_closed (RwServerConnection *connection, const GError *error,
                   RwWsSignaller *self)
{
  rw_ws_signaller_forget_closing (self);
  rw_signaller_emit_closed (RW_SIGNALLER (self), NULL, FALSE, 0);
}

static void
rw_ws_signaller_stop (RwSignaller *signaller)
{
  g_autoptr (RwWsSignaller) self = g_object_ref (RW_WS_SIGNALLER (signaller));
  RwServerConnection *closing;

  if (rw_server_link_is_stopped (rw_signal_client_get_link (self->client)))
    return;
  closing = rw_signal_client_stop (self->client);
  if (closing == NULL) {
    rw_signaller_emit_closed (signaller, NULL, FALSE, 0);
    return;
  }
  rw_ws_signaller_forget_closing (self);
  self->closing = closing;
  g_signal_connect (closing, "closed", G_CALLBACK (on_closing_closed), self);
}

static void
rw_ws_signaller_set_status (RwSignaller *signaller, RwRoles roles,
                            const char *name, const char *stream_id)
{
  rw_signal_client_set_status (client_of (signaller), roles, name, stream_id);
}

static void
rw_ws_signaller_start_session (RwSignaller *signaller, const char *peer_id,
                               const char *offer,
                               const RwSessionRequest *request)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_START_SESSION);

  message->peer_id = g_strdup (peer_id);
  message->offer = g_strdup (offer);
  if (request != NULL)
    rw_signal_message_set_request (message, request);
  rw_signal_client_send (client_of (signaller), message);
}

/* A server that does not know v1_1 knows only the plain form; every server
 * knows that one. */
static void
rw_ws_signaller_end_session (RwSignaller *signaller, const char *session_id,
                             const char *error)
{
  RwWsSignaller *self = RW_WS_SIGNALLER (signaller);
  RwServerConnection *current = get_current (self);
  gboolean with_error =
      error != NULL &&
      (current == NULL || rw_server_connection_has_version (current));
  RwSignalMessage *message = rw_signal_message_new (
      with_error ? RW_SIGNAL_END_SESSION_V1_1 : RW_SIGNAL_END_SESSION);

  message->session_id = g_strdup (session_id);
  if (with_error)
    message->reason = g_strdup (error);
  rw_signal_client_send (self->client, message);
}

static void
rw_ws_signaller_send_description (RwSignaller *signaller,
                                  const char *session_id, RwSdpType type,
                                  const char *sdp)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_PEER);

  message->session_id = g_strdup (session_id);
  message->sdp_type = type;
  message->sdp = g_strdup (sdp);
  rw_signal_client_send (client_of (signaller), message);
}

static void
rw_ws_signaller_send_candidate (RwSignaller *signaller, const char *session_id,
                                guint mline, const char *candidate)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_PEER);

  message->session_id = g_strdup (session_id);
  message->sdp_m_line_index = mline;
  message->candidate = g_strdup (candidate);
  rw_signal_client_send (client_of (signaller), message);
}

static void
rw_ws_signaller_retry_now (RwSignaller *signaller)
{
  rw_server_link_retry_now (rw_signal_client_get_link (client_of (signaller)));
}

/* A state, and out of date in five seconds: it is not queued. */
static void
rw_ws_signaller_report_quality (RwSignaller *signaller,
                                const RwQualityMetrics *metrics)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_REPORT_QUALITY);

  message->quality = *metrics;
  rw_signal_client_send_state (client_of (signaller), message);
}

static void
rw_ws_signaller_iface_init (RwSignallerInterface *iface)
{
  iface->start = rw_ws_signaller_start;
  iface->stop = rw_ws_signaller_stop;
  iface->set_status = rw_ws_signaller_set_status;
  iface->start_session = rw_ws_signaller_start_session;
  iface->end_session = rw_ws_signaller_end_session;
  iface->send_description = rw_ws_signaller_send_description;
  iface->send_candidate = rw_ws_signaller_send_candidate;
  iface->retry_now = rw_ws_signaller_retry_now;
  iface->report_quality = rw_ws_signaller_report_quality;
}

/* ---- object ---- */

static void
rw_ws_signaller_dispose (GObject *object)
{
  RwWsSignaller *self = RW_WS_SIGNALLER (object);

  rw_ws_signaller_forget_closing (self);
  g_clear_pointer (&self->client, rw_signal_client_free);
  G_OBJECT_CLASS (rw_ws_signaller_parent_class)->dispose (object);
}

static void
rw_ws_signaller_class_init (RwWsSignallerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = rw_ws_signaller_dispose;
  g_signal_new ("request-token", RW_TYPE_WS_SIGNALLER, G_SIGNAL_RUN_LAST, 0,
                g_signal_accumulator_first_wins, NULL, NULL, G_TYPE_STRING, 0);
}

static void
rw_ws_signaller_init (RwWsSignaller *self)
{
}

/* ---- public ---- */

static gboolean
check_uris (const char *const *uris, GError **error)
{
  if (uris == NULL || uris[0] == NULL)
    return rw_server_uri_check (NULL, error);
  for (guint i = 0; uris[i] != NULL; i++)
    if (!rw_server_uri_check (uris[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
load_ca_file (const char *path, GTlsDatabase **database, GError **error)
{
  g_autoptr (GError) cause = NULL;

  *database = NULL;
  if (path == NULL)
    return TRUE;
  *database = g_tls_file_database_new (path, &cause);
  if (*database != NULL)
    return TRUE;
  g_set_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
               "Cannot use %s as tls-ca-file: %s; it must be the full path of "
               "a file with certificates in PEM form",
               path, cause->message);
  return FALSE;
}

static void
rw_ws_signaller_create_client (RwWsSignaller *self, RwClock *clock,
                               GMainContext *context, GRand *rand,
                               const RwWsSignallerConfig *config,
                               GTlsDatabase *database)
{
  g_autofree char *random_id = g_uuid_string_random ();
  RwServerLinkConfig link = {
      .uris = config->uris,
      .connection = {.handshake = {.auth_token = config->auth_token,
                                   .tls_database = database,
                                   .insecure_tls = config->insecure_tls},
                     .ping_interval_us = config->ping_interval_us,
                     .pong_timeout_us = config->pong_timeout_us,
                     .max_message_bytes = RW_SIGNAL_MAX_FRAME},
      .reconnect = RW_RECONNECT_CONFIG_DEFAULT,
      .probe_timeout_us = config->probe_timeout_us,
      .better_delay_us = config->better_delay_us,
  };

  link.reconnect.backoff = config->backoff;
  link.reconnect.attempt_timeout_us = config->attempt_timeout_us;
  link.reconnect.max_attempts = MAX_CONNECTIONS;
  link.reconnect.spread_us = config->spread_us;

  self->client = rw_signal_client_new (
      RW_SIGNALLER (self), clock, context, rand,
      config->client_id != NULL ? config->client_id : random_id, &link);
}

RwWsSignaller *
rw_ws_signaller_new (RwClock *clock, GMainContext *context, GRand *rand,
                     const RwWsSignallerConfig *config, GError **error)
{
  g_autoptr (GTlsDatabase) database = NULL;
  RwWsSignaller *self;

  g_return_val_if_fail (RW_IS_CLOCK (clock), NULL);
  g_return_val_if_fail (config != NULL, NULL);

  if (!check_uris (config->uris, error) ||
      !load_ca_file (config->tls_ca_file, &database, error)) {
    g_clear_pointer (&rand, g_rand_free);
    return NULL;
  }
  if (config->insecure_tls)
    g_warning (
        "insecure-tls is set: no certificate is checked, so that an attacker "
        "can impersonate the signalling server and listen");
  self = g_object_new (RW_TYPE_WS_SIGNALLER, NULL);
  rw_ws_signaller_create_client (self, clock, context, rand, config, database);
  return self;
}

void
rw_ws_signaller_set_auth_token (RwWsSignaller *self, const char *token)
{
  g_return_if_fail (RW_IS_WS_SIGNALLER (self));

  rw_connection_race_set_auth_token (get_race (self), token);
}

RwWsRooms *
rw_ws_signaller_get_rooms (RwWsSignaller *self)
{
  g_return_val_if_fail (RW_IS_WS_SIGNALLER (self), NULL);

  return rw_signal_client_get_rooms (self->client);
}

const char *
rw_ws_signaller_get_uri (RwWsSignaller *self)
{
  g_return_val_if_fail (RW_IS_WS_SIGNALLER (self), NULL);

  return rw_server_link_get_uri (rw_signal_client_get_link (self->client));
}

gboolean
rw_ws_signaller_is_open (RwWsSignaller *self)
{
  g_return_val_if_fail (RW_IS_WS_SIGNALLER (self), FALSE);

  return get_current (self) != NULL;
}

void
rw_ws_signaller_get_counts (RwWsSignaller *self, RwWsSignallerCounts *counts)
{
  RwSignalClientCounts client;

  g_return_if_fail (RW_IS_WS_SIGNALLER (self));

  rw_signal_client_get_counts (self->client, &client);
  *counts = (RwWsSignallerCounts){
      .attempts = rw_connection_race_get_n_attempts (get_race (self)),
      .opened = client.opened,
      .resumed = client.resumed,
      .sent = client.channel.sent,
      .received = rw_connection_race_get_n_received (get_race (self)),
      .malformed = client.malformed,
      .resent = client.channel.resent,
      .duplicates = client.channel.duplicates,
      .dropped_overflow = client.channel.overflow,
      .dropped_stale = client.channel.stale,
  };
}

void
rw_ws_signaller_simulate_outage (RwWsSignaller *self, gint64 duration_us)
{
  g_return_if_fail (RW_IS_WS_SIGNALLER (self));

  rw_server_link_simulate_outage (rw_signal_client_get_link (self->client),
                                  duration_us);
}
