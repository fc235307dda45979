/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ws-signaller-private.h"

/*
 * Owns a controller, a line for each of its generations, and the conversation
 * that goes on over them. The controller decides when lines come and go.
 * Control thread only.
 */

/* Lines that are being opened at once. They cost little, and while the network
 * is away a new one for each hint must not cut short those before it. */
#define MAX_LINES 8

/* How long a server is left alone, at the most, that takes us in and hangs up:
 * when it is well again, nothing else tells. */
#define PATIENCE_MAX_US (5 * G_TIME_SPAN_SECOND)

static void rw_ws_signaller_iface_init (RwSignallerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    RwWsSignaller, rw_ws_signaller, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (RW_TYPE_SIGNALLER, rw_ws_signaller_iface_init))

/* ---- RwSignaller ---- */

static void
rw_ws_signaller_start (RwSignaller *signaller)
{
  rw_controller_start (RW_WS_SIGNALLER (signaller)->controller);
}

/* It keeps itself alive until its goodbye is out. */
static void
rw_ws_signaller_forget_closing (RwWsSignaller *self)
{
  if (self->closing != NULL)
    g_signal_handlers_disconnect_by_data (self->closing, self);
  g_clear_object (&self->closing);
}

static void
on_closing_closed (RwWsLine *line, const GError *error, RwWsSignaller *self)
{
  g_signal_handlers_disconnect_by_data (line, self);
  g_clear_object (&self->closing);
  rw_signaller_emit_closed (RW_SIGNALLER (self), NULL, FALSE, 0);
}

static void
rw_ws_signaller_stop (RwSignaller *signaller)
{
  g_autoptr (RwWsSignaller) self = g_object_ref (RW_WS_SIGNALLER (signaller));
  RwState before = rw_controller_get_state (self->controller);
  RwWsLine *line = NULL;

  if (before == RW_STATE_STOPPED)
    return;
  if (self->seat != NULL) {
    /* Others are not to wait for us as for one that was cut off. */
    rw_ws_signaller_say_gone (self, self->seat);
    /* The seat goes, the line stays for its goodbye. */
    line = g_steal_pointer (&self->seat->line);
    g_signal_handlers_disconnect_by_data (line, self->seat);
    rw_ws_line_close (line, NULL);
    rw_ws_signaller_forget_closing (self);
    self->closing = line;
    g_signal_connect (line, "closed", G_CALLBACK (on_closing_closed), self);
  }
  self->is_told_open = FALSE;
  rw_timer_stop (self->ice_timer);
  g_hash_table_remove_all (self->rooms);
  rw_ws_signaller_leave_seat (self);
  rw_conversation_end (self->conversation);
  rw_signal_dispatch_forget (self->dispatch);
  g_clear_pointer (&self->token, g_free);
  rw_controller_stop (self->controller);
  if (line == NULL)
    rw_signaller_emit_closed (signaller, NULL, FALSE, 0);
}

static void
rw_ws_signaller_set_status (RwSignaller *signaller, RwRoles roles,
                            const char *name, const char *stream_id)
{
  RwWsSignaller *self = RW_WS_SIGNALLER (signaller);

  self->has_status = TRUE;
  self->roles = roles;
  rw_signal_dispatch_set_listening (self->dispatch,
                                    (roles & RW_ROLE_LISTENER) != 0);
  g_free (self->name);
  self->name = g_strdup (name);
  g_free (self->stream_id);
  self->stream_id = g_strdup (stream_id);
  if (self->seat != NULL)
    rw_ws_signaller_say_status (self, self->seat);
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
    message->request = rw_session_request_copy (request);
  rw_conversation_say (RW_WS_SIGNALLER (signaller)->conversation, message);
}

/* A server that has never heard of v1_1 knows the plain form alone; every
 * server knows that one. */
static void
rw_ws_signaller_end_session (RwSignaller *signaller, const char *session_id,
                             const char *error)
{
  RwWsSignaller *self = RW_WS_SIGNALLER (signaller);
  gboolean with_error =
      error != NULL && (self->seat == NULL || !self->seat->old);
  RwSignalMessage *message = rw_signal_message_new (
      with_error ? RW_SIGNAL_END_SESSION_V1_1 : RW_SIGNAL_END_SESSION);

  message->session_id = g_strdup (session_id);
  if (with_error)
    message->reason = g_strdup (error);
  rw_conversation_say (self->conversation, message);
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
  rw_conversation_say (RW_WS_SIGNALLER (signaller)->conversation, message);
}

static void
rw_ws_signaller_send_candidate (RwSignaller *signaller, const char *session_id,
                                guint mline, const char *candidate)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_PEER);

  message->session_id = g_strdup (session_id);
  message->sdp_m_line_index = mline;
  message->candidate = g_strdup (candidate);
  rw_conversation_say (RW_WS_SIGNALLER (signaller)->conversation, message);
}

static void
rw_ws_signaller_retry_now (RwSignaller *signaller)
{
  RwWsSignaller *self = RW_WS_SIGNALLER (signaller);

  self->doubted_us = rw_clock_get_now_us (self->clock);
  rw_controller_retry_now (self->controller, RW_RETRY_NETWORK_CHANGED);
  if (self->seat != NULL &&
      rw_controller_get_state (self->controller) == RW_STATE_CONNECTED)
    rw_ws_signaller_probe (self);
}

/* A state, and old in five seconds: it is not queued. */
static void
rw_ws_signaller_report_quality (RwSignaller *signaller,
                                const RwQualityMetrics *metrics)
{
  RwWsSignaller *self = RW_WS_SIGNALLER (signaller);
  g_autoptr (RwSignalMessage) message = NULL;

  if (self->seat == NULL || !self->seat->resilient)
    return;
  message = rw_signal_message_new (RW_SIGNAL_REPORT_QUALITY);
  message->quality = *metrics;
  rw_conversation_say_now (self->conversation, self->seat->line, message);
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

  if (self->controller != NULL) {
    g_signal_handlers_disconnect_by_data (self->controller, self);
    rw_controller_stop (self->controller);
  }
  g_clear_object (&self->controller);
  g_clear_pointer (&self->probe_timer, rw_timer_free);
  g_clear_pointer (&self->outage_timer, rw_timer_free);
  g_clear_pointer (&self->better_timer, rw_timer_free);
  g_clear_pointer (&self->ice_timer, rw_timer_free);
  g_clear_pointer (&self->dispatch, rw_signal_dispatch_free);
  g_clear_pointer (&self->conversation, rw_conversation_free);
  self->seat = NULL;
  self->greeted = NULL;
  g_hash_table_remove_all (self->seats);
  rw_ws_signaller_forget_closing (self);
  rw_ws_signaller_forget_left (self);
  G_OBJECT_CLASS (rw_ws_signaller_parent_class)->dispose (object);
}

static void
rw_ws_signaller_finalize (GObject *object)
{
  RwWsSignaller *self = RW_WS_SIGNALLER (object);

  g_hash_table_unref (self->seats);
  g_hash_table_unref (self->rooms);
  g_clear_pointer (&self->servers, rw_server_list_free);
  g_free (self->hopeless);
  g_strfreev (self->uris);
  g_free (self->client_id);
  g_free (self->auth_token);
  g_free (self->token);
  g_free (self->name);
  g_free (self->stream_id);
  g_free (self->tried);
  g_clear_error (&self->last_error);
  g_clear_object (&self->tls_database);
  g_clear_object (&self->clock);
  G_OBJECT_CLASS (rw_ws_signaller_parent_class)->finalize (object);
}

static void
rw_ws_signaller_class_init (RwWsSignallerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = rw_ws_signaller_dispose;
  G_OBJECT_CLASS (klass)->finalize = rw_ws_signaller_finalize;
  g_signal_new ("request-token", RW_TYPE_WS_SIGNALLER, G_SIGNAL_RUN_LAST, 0,
                g_signal_accumulator_first_wins, NULL, NULL, G_TYPE_STRING, 0);
  rw_ws_signaller_install_room_signals ();
}

static void
rw_ws_signaller_init (RwWsSignaller *self)
{
  self->doubted_us = G_MININT64 / 2;
  self->seats = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL,
                                       rw_ws_seat_free);
  self->rooms = rw_ws_signaller_new_rooms ();
}

/* ---- public ---- */

static gboolean
check_uris (const char *const *uris, GError **error)
{
  if (uris == NULL || uris[0] == NULL)
    return rw_ws_line_check_uri (NULL, error);
  for (guint i = 0; uris[i] != NULL; i++)
    if (!rw_ws_line_check_uri (uris[i], error))
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

/* Chance has no say in it, and neither has a number of retries: the server does
 * answer. */
static void
rw_ws_signaller_set_patience (RwWsSignaller *self,
                              const RwBackoffConfig *config)
{
  RwBackoffConfig patience = *config;

  patience.delay_max_us = MIN (config->delay_max_us, PATIENCE_MAX_US);
  patience.jitter = 0;
  patience.retries = -1;
  rw_backoff_init (&self->patience, &patience);
}

static void
rw_ws_signaller_configure (RwWsSignaller *self,
                           const RwWsSignallerConfig *config)
{
  self->uris = g_strdupv ((GStrv) config->uris);
  self->servers = rw_server_list_new (g_strv_length (self->uris));
  self->hopeless = g_new0 (gboolean, g_strv_length (self->uris));
  self->client_id = config->client_id != NULL ? g_strdup (config->client_id)
                                              : g_uuid_string_random ();
  self->auth_token = g_strdup (config->auth_token);
  self->insecure_tls = config->insecure_tls;
  rw_ws_signaller_set_patience (self, &config->backoff);
  self->ping_interval_us = config->ping_interval_us;
  self->pong_timeout_us = config->pong_timeout_us;
  self->probe_timeout_us = config->probe_timeout_us;
  self->better_delay_us = config->better_delay_us;
  g_object_set (self->controller, "retry-delay",
                (guint) (config->backoff.delay_us / 1000), "retry-factor",
                config->backoff.factor, "retry-delay-max",
                (guint) (config->backoff.delay_max_us / 1000), "retry-jitter",
                config->backoff.jitter, "retries", config->backoff.retries,
                "attempt-timeout", (guint) (config->attempt_timeout_us / 1000),
                "spread", (guint) (config->spread_us / 1000), "max-attempts",
                MAX_LINES, NULL);
  if (self->insecure_tls)
    g_warning ("insecure-tls is set: anybody can pretend to be the signalling "
               "server, and listen");
}

static void
rw_ws_signaller_connect_controller (RwWsSignaller *self)
{
  g_signal_connect (self->controller, "attempt",
                    G_CALLBACK (rw_ws_signaller_on_attempt), self);
  g_signal_connect (self->controller, "abandon",
                    G_CALLBACK (rw_ws_signaller_on_abandon), self);
  g_signal_connect (self->controller, "retrying",
                    G_CALLBACK (rw_ws_signaller_on_retrying), self);
  g_signal_connect (self->controller, "state-changed",
                    G_CALLBACK (rw_ws_signaller_on_state_changed), self);
}

RwWsSignaller *
rw_ws_signaller_new (RwClock *clock, GMainContext *context, GRand *rand,
                     const RwWsSignallerConfig *config, GError **error)
{
  RwWsSignaller *self;
  GTlsDatabase *database;

  g_return_val_if_fail (RW_IS_CLOCK (clock), NULL);
  g_return_val_if_fail (config != NULL, NULL);

  if (!check_uris (config->uris, error) ||
      !load_ca_file (config->tls_ca_file, &database, error)) {
    g_clear_pointer (&rand, g_rand_free);
    return NULL;
  }
  self = g_object_new (RW_TYPE_WS_SIGNALLER, NULL);
  self->clock = g_object_ref (clock);
  self->tls_database = database;
  self->controller = rw_controller_new (clock, context, rand);
  self->probe_timer =
      rw_timer_new (clock, context, "rw-probe", rw_ws_signaller_on_probe, self);
  self->outage_timer = rw_timer_new (clock, context, "rw-outage",
                                     rw_ws_signaller_on_outage_over, self);
  self->better_timer = rw_timer_new (clock, context, "rw-better",
                                     rw_ws_signaller_on_better, self);
  self->ice_timer =
      rw_timer_new (clock, context, "rw-ice", rw_ws_signaller_on_ice_due, self);
  self->conversation = rw_conversation_new (clock, context);
  self->dispatch =
      rw_signal_dispatch_new (RW_SIGNALLER (self), self->conversation);
  rw_ws_signaller_configure (self, config);
  rw_ws_signaller_connect_controller (self);
  return self;
}

void
rw_ws_signaller_set_auth_token (RwWsSignaller *self, const char *token)
{
  g_return_if_fail (RW_IS_WS_SIGNALLER (self));

  g_free (self->auth_token);
  self->auth_token = g_strdup (token);
}

const char *
rw_ws_signaller_get_uri (RwWsSignaller *self)
{
  g_return_val_if_fail (RW_IS_WS_SIGNALLER (self), NULL);

  return self->seat != NULL ? self->uris[self->seat->uri_index] : NULL;
}

gboolean
rw_ws_signaller_is_open (RwWsSignaller *self)
{
  g_return_val_if_fail (RW_IS_WS_SIGNALLER (self), FALSE);

  return self->seat != NULL;
}

void
rw_ws_signaller_get_counts (RwWsSignaller *self, RwWsSignallerCounts *counts)
{
  RwConversationCounts said;

  g_return_if_fail (RW_IS_WS_SIGNALLER (self));

  rw_conversation_get_counts (self->conversation, &said);
  *counts = self->counts;
  counts->sent = said.sent;
  counts->replayed = said.replayed;
  counts->duplicates = said.duplicates;
  counts->dropped_overflow = said.overflow;
  counts->dropped_stale = said.stale;
}

void
rw_ws_signaller_simulate_outage (RwWsSignaller *self, gint64 duration_us)
{
  g_return_if_fail (RW_IS_WS_SIGNALLER (self));

  rw_timer_set_in (self->outage_timer, duration_us);
  if (self->seat != NULL) {
    guint64 generation = self->seat->generation;

    rw_ws_signaller_leave_seat (self);
    rw_controller_report_lost (self->controller, generation, "rehearsal");
  }
}
