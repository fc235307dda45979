/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "rw-ice-server.h"
#include "rw-quality.h"
#include "rw-session-request.h"
#include "rw-signal-types.h"

G_BEGIN_DECLS

/**
 * RwSignaller:
 * A client's connection to a signalling server, whatever carries it. Methods
 * are called, and signals come, on the control thread alone. It reconnects by
 * itself; messages about sessions that could not be sent meanwhile are sent
 * then.
 *
 * Signals (arguments after the object):
 *   opened (const char *own_peer_id)
 *     The connection is open and the status is announced. Comes again after
 *     each reconnect, perhaps with another id. If it comes without "closed"
 *     before it, another connection has taken the place of a suspect one, and
 *     all goes on.
 *   closed (GError *error, gboolean will_retry, gint64 delay_us)
 *     The connection is down, an attempt has failed, or one takes unusually
 *     long. Media is not affected. @error is NULL after stop(), and where
 *     nothing was wrong: a preferred server has accepted the client. @delay_us:
 *     until the next attempt.
 *   failed (GError *error)
 *     No attempt is left: nothing more comes until start() is called again.
 *   server-error (const char *details)
 *     The server's answer to anything else that it could not do.
 *   peer-status (const char *peer_id, RwRoles roles, const char *name,
 *                gboolean is_resilient, const char *stream_id)
 *     Another peer came, changed or went (no roles). @name and @stream_id may
 *     be NULL. A listener gets one for each producer that is there already,
 *     after opening.
 *   session-started (const char *peer_id, const char *session_id,
 *                    guint64 generation)
 *     The answer to start_session(); @generation is that of its request, or 0.
 *   session-refused (guint64 generation, const char *details)
 *     The other answer to it; also when the request was lost with the
 *     connection and no answer can come any more.
 *   session-requested (const char *peer_id, const char *session_id,
 *                      const char *offer, const RwSessionRequest *request)
 *     A peer requests a session. @offer and @request may be NULL.
 *   session-ended (const char *session_id, const char *error)
 *     The other side or the server ended it. @error may be NULL.
 *   description (const char *session_id, RwSdpType type, const char *sdp)
 *   candidate (const char *session_id, guint mline, const char *candidate)
 *     An empty candidate means that there are no more.
 *   ice-servers (GPtrArray *servers)
 *     The STUN and TURN servers that the signalling server recommends, as
 *     RwIceServer; none is an empty array. Comes before "opened" where the
 *     server has resumption, and again before the credentials expire.
 */
#define RW_TYPE_SIGNALLER (rw_signaller_get_type ())
G_DECLARE_INTERFACE (RwSignaller, rw_signaller, RW, SIGNALLER, GObject)

struct _RwSignallerInterface {
  GTypeInterface parent_iface;

  void (*start) (RwSignaller *self);
  void (*stop) (RwSignaller *self);
  void (*set_status) (RwSignaller *self, RwRoles roles, const char *name,
                      const char *stream_id);
  void (*start_session) (RwSignaller *self, const char *peer_id,
                         const char *offer, const RwSessionRequest *request);
  void (*end_session) (RwSignaller *self, const char *session_id,
                       const char *error);
  void (*send_description) (RwSignaller *self, const char *session_id,
                            RwSdpType type, const char *sdp);
  void (*send_candidate) (RwSignaller *self, const char *session_id,
                          guint mline, const char *candidate);
  void (*retry_now) (RwSignaller *self);
  void (*report_quality) (RwSignaller *self, const RwQualityMetrics *metrics);
};

/** rw_signaller_start: begins to connect; "opened" follows, or "closed". */
void rw_signaller_start (RwSignaller *self);

/**
 * rw_signaller_stop:
 * Closes in good order; not retried. Sends what is queued first if there is a
 * connection, and never waits. "closed" without an error comes when it is
 * done.
 */
void rw_signaller_stop (RwSignaller *self);

/**
 * rw_signaller_set_status:
 * @name: what consumers look for; for a producer, else NULL.
 * @stream_id: UUID of the journal's life; likewise.
 *
 * Remembered, and announced now and after every reconnect.
 */
void rw_signaller_set_status (RwSignaller *self, RwRoles roles,
                              const char *name, const char *stream_id);

/**
 * rw_signaller_start_session:
 * Asks @peer_id for a session; answered by "session-started" or
 * "session-refused". @offer: an SDP offer if the caller makes it, else NULL.
 * @request: for resilient peers, else NULL. Without a connection the newest for
 * each peer waits.
 */
void rw_signaller_start_session (RwSignaller *self, const char *peer_id,
                                 const char *offer,
                                 const RwSessionRequest *request);

/** rw_signaller_end_session: @error: the reason, or NULL for a plain end. */
void rw_signaller_end_session (RwSignaller *self, const char *session_id,
                               const char *error);

void rw_signaller_send_description (RwSignaller *self, const char *session_id,
                                    RwSdpType type, const char *sdp);

/** rw_signaller_send_candidate: an empty @candidate ends the list. */
void rw_signaller_send_candidate (RwSignaller *self, const char *session_id,
                                  guint mline, const char *candidate);

/**
 * rw_signaller_retry_now:
 * The network has returned, or the connection may be dead: an attempt begins
 * now, regardless of the back-off; an open connection is probed with a short
 * deadline.
 */
void rw_signaller_retry_now (RwSignaller *self);

/**
 * rw_signaller_report_quality:
 * @metrics: of the media; the bandwidth is %RW_QUALITY_UNLIMITED where unknown
 *
 * Reports the quality of the media connection to a server that wants it. A
 * report that cannot be sent now is dropped.
 */
void rw_signaller_report_quality (RwSignaller *self,
                                  const RwQualityMetrics *metrics);

/* For implementations: one function for each signal. */
void rw_signaller_emit_opened (RwSignaller *self, const char *own_peer_id);
void rw_signaller_emit_closed (RwSignaller *self, const GError *error,
                               gboolean will_retry, gint64 delay_us);
void rw_signaller_emit_failed (RwSignaller *self, const GError *error);
void rw_signaller_emit_server_error (RwSignaller *self, const char *details);
void rw_signaller_emit_peer_status (RwSignaller *self, const char *peer_id,
                                    RwRoles roles, const char *name,
                                    gboolean is_resilient,
                                    const char *stream_id);
void rw_signaller_emit_session_started (RwSignaller *self, const char *peer_id,
                                        const char *session_id,
                                        guint64 generation);
void rw_signaller_emit_session_refused (RwSignaller *self, guint64 generation,
                                        const char *details);
void rw_signaller_emit_session_requested (RwSignaller *self,
                                          const char *peer_id,
                                          const char *session_id,
                                          const char *offer,
                                          const RwSessionRequest *request);
void rw_signaller_emit_session_ended (RwSignaller *self, const char *session_id,
                                      const char *error);
void rw_signaller_emit_description (RwSignaller *self, const char *session_id,
                                    RwSdpType type, const char *sdp);
void rw_signaller_emit_candidate (RwSignaller *self, const char *session_id,
                                  guint mline, const char *candidate);
void rw_signaller_emit_ice_servers (RwSignaller *self, GPtrArray *servers);

G_END_DECLS
