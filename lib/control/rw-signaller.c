/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signaller.h"

G_DEFINE_INTERFACE (RwSignaller, rw_signaller, G_TYPE_OBJECT)

enum {
  SIGNAL_OPENED,
  SIGNAL_CLOSED,
  SIGNAL_FAILED,
  SIGNAL_SERVER_ERROR,
  SIGNAL_PEER_STATUS,
  SIGNAL_SESSION_STARTED,
  SIGNAL_SESSION_REFUSED,
  SIGNAL_SESSION_REQUESTED,
  SIGNAL_SESSION_ENDED,
  SIGNAL_DESCRIPTION,
  SIGNAL_CANDIDATE,
  SIGNAL_ICE_SERVERS,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

#define STATIC_STRING (G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE)
#define STATIC_ERROR  (G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE)

#define INSTALL(id, name, n_args, ...)                                         \
  signals[id] =                                                                \
      g_signal_new (name, RW_TYPE_SIGNALLER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, \
                    NULL, G_TYPE_NONE, n_args, __VA_ARGS__)

static void
rw_signaller_default_init (RwSignallerInterface *iface)
{
  INSTALL (SIGNAL_OPENED, "opened", 1, STATIC_STRING);
  INSTALL (SIGNAL_CLOSED, "closed", 3, STATIC_ERROR, G_TYPE_BOOLEAN,
           G_TYPE_INT64);
  INSTALL (SIGNAL_FAILED, "failed", 1, STATIC_ERROR);
  INSTALL (SIGNAL_SERVER_ERROR, "server-error", 1, STATIC_STRING);
  INSTALL (SIGNAL_PEER_STATUS, "peer-status", 5, STATIC_STRING, G_TYPE_UINT,
           STATIC_STRING, G_TYPE_BOOLEAN, STATIC_STRING);
  INSTALL (SIGNAL_SESSION_STARTED, "session-started", 3, STATIC_STRING,
           STATIC_STRING, G_TYPE_UINT64);
  INSTALL (SIGNAL_SESSION_REFUSED, "session-refused", 2, G_TYPE_UINT64,
           STATIC_STRING);
  INSTALL (SIGNAL_SESSION_REQUESTED, "session-requested", 4, STATIC_STRING,
           STATIC_STRING, STATIC_STRING, G_TYPE_POINTER);
  INSTALL (SIGNAL_SESSION_ENDED, "session-ended", 2, STATIC_STRING,
           STATIC_STRING);
  INSTALL (SIGNAL_DESCRIPTION, "description", 3, STATIC_STRING, G_TYPE_INT,
           STATIC_STRING);
  INSTALL (SIGNAL_CANDIDATE, "candidate", 3, STATIC_STRING, G_TYPE_UINT,
           STATIC_STRING);
  INSTALL (SIGNAL_ICE_SERVERS, "ice-servers", 1, G_TYPE_POINTER);
}

#define CALL(method, ...)                                                      \
  g_return_if_fail (RW_IS_SIGNALLER (self));                                   \
  RW_SIGNALLER_GET_IFACE (self)->method (__VA_ARGS__)

void
rw_signaller_start (RwSignaller *self)
{
  CALL (start, self);
}

void
rw_signaller_stop (RwSignaller *self)
{
  CALL (stop, self);
}

void
rw_signaller_set_status (RwSignaller *self, RwRoles roles, const char *name,
                         const char *stream_id)
{
  CALL (set_status, self, roles, name, stream_id);
}

void
rw_signaller_start_session (RwSignaller *self, const char *peer_id,
                            const char *offer, const RwSessionRequest *request)
{
  CALL (start_session, self, peer_id, offer, request);
}

void
rw_signaller_end_session (RwSignaller *self, const char *session_id,
                          const char *error)
{
  CALL (end_session, self, session_id, error);
}

void
rw_signaller_send_description (RwSignaller *self, const char *session_id,
                               RwSdpType type, const char *sdp)
{
  CALL (send_description, self, session_id, type, sdp);
}

void
rw_signaller_send_candidate (RwSignaller *self, const char *session_id,
                             guint mline, const char *candidate)
{
  CALL (send_candidate, self, session_id, mline, candidate);
}

void
rw_signaller_retry_now (RwSignaller *self)
{
  CALL (retry_now, self);
}

void
rw_signaller_report_quality (RwSignaller *self, const RwQualityMetrics *metrics)
{
  CALL (report_quality, self, metrics);
}

void
rw_signaller_emit_opened (RwSignaller *self, const char *own_peer_id)
{
  g_signal_emit (self, signals[SIGNAL_OPENED], 0, own_peer_id);
}

void
rw_signaller_emit_closed (RwSignaller *self, const GError *error,
                          gboolean will_retry, gint64 delay_us)
{
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0, error, will_retry, delay_us);
}

void
rw_signaller_emit_failed (RwSignaller *self, const GError *error)
{
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

void
rw_signaller_emit_server_error (RwSignaller *self, const char *details)
{
  g_signal_emit (self, signals[SIGNAL_SERVER_ERROR], 0, details);
}

void
rw_signaller_emit_peer_status (RwSignaller *self, const char *peer_id,
                               RwRoles roles, const char *name,
                               gboolean is_resilient, const char *stream_id)
{
  g_signal_emit (self, signals[SIGNAL_PEER_STATUS], 0, peer_id, (guint) roles,
                 name, is_resilient, stream_id);
}

void
rw_signaller_emit_session_started (RwSignaller *self, const char *peer_id,
                                   const char *session_id, guint64 generation)
{
  g_signal_emit (self, signals[SIGNAL_SESSION_STARTED], 0, peer_id, session_id,
                 generation);
}

void
rw_signaller_emit_session_refused (RwSignaller *self, guint64 generation,
                                   const char *details)
{
  g_signal_emit (self, signals[SIGNAL_SESSION_REFUSED], 0, generation, details);
}

void
rw_signaller_emit_session_requested (RwSignaller *self, const char *peer_id,
                                     const char *session_id, const char *offer,
                                     const RwSessionRequest *request)
{
  g_signal_emit (self, signals[SIGNAL_SESSION_REQUESTED], 0, peer_id,
                 session_id, offer, request);
}

void
rw_signaller_emit_session_ended (RwSignaller *self, const char *session_id,
                                 const char *error)
{
  g_signal_emit (self, signals[SIGNAL_SESSION_ENDED], 0, session_id, error);
}

void
rw_signaller_emit_description (RwSignaller *self, const char *session_id,
                               RwSdpType type, const char *sdp)
{
  g_signal_emit (self, signals[SIGNAL_DESCRIPTION], 0, session_id, (gint) type,
                 sdp);
}

void
rw_signaller_emit_candidate (RwSignaller *self, const char *session_id,
                             guint mline, const char *candidate)
{
  g_signal_emit (self, signals[SIGNAL_CANDIDATE], 0, session_id, mline,
                 candidate);
}

void
rw_signaller_emit_ice_servers (RwSignaller *self, GPtrArray *servers)
{
  g_signal_emit (self, signals[SIGNAL_ICE_SERVERS], 0, servers);
}
