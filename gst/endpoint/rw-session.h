/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"

G_BEGIN_DECLS

/*
 * RwSession: one session: owns its peer, its id at the signalling server and
 * one timer. Forwards messages between peer and signaller. It is closed once;
 * after that its only event is "gone", when the peer has closed.
 *
 * Thread: control.
 */
typedef struct _RwSession RwSession;

/* Events of an open session; each function may be NULL, and may close the
 * session.
 * @timeout: the deadline of rw_session_wake_at() has passed.
 * @offered: the local description was sent.
 * @described: the remote description arrived; the peer gets it next.
 * @channel_message: FALSE if the message is invalid; it is dropped.
 * @ended: the signalling server reports that the other side ended the session;
 *   media may still be alive. @error may be NULL. */
typedef struct {
  void (*timeout) (gpointer owner);
  void (*offered) (gpointer owner);
  void (*described) (gpointer owner);
  void (*connected) (gpointer owner);
  void (*channel_open) (gpointer owner);
  gboolean (*channel_message) (gpointer owner, GBytes *message, GError **error);
  void (*channel_closed) (gpointer owner);
  void (*failed) (gpointer owner, const GError *error);
  void (*ended) (gpointer owner, const char *error);
} RwSessionFuncs;

/* The debug category of sessions, for their owners as well. */
GstDebugCategory *rw_session_get_debug_category (void);

typedef void (*RwSessionGone) (RwSession *self, gpointer data);

/**
 * rw_session_new:
 * @id: the session's id at the signalling server
 * @config: the part that the endpoint does not fill in
 * @owner: argument of @funcs, freed with @free_owner when the session is freed
 *
 * Not started yet.
 */
RwSession *rw_session_new (RwEndpoint *endpoint, RwSignaller *signaller,
                           const char *id, RwWebrtcPeerConfig *config,
                           const RwSessionFuncs *funcs, gpointer owner,
                           GDestroyNotify free_owner);

/* Destroys a peer that has not closed yet. */
void rw_session_free (RwSession *self);

void rw_session_set_gone_func (RwSession *self, RwSessionGone gone,
                               gpointer data);

void rw_session_start (RwSession *self, const char *offer);

/* The alternative to a start: the peer starts when the remote offer arrives,
 * and costs nothing until then. */
void rw_session_start_at_offer (RwSession *self);

/* Closes the session, once. @error is sent to the signalling server,
 * @close_reason to the peer (see rw_webrtc_peer_set_close_reason()); each may
 * be NULL. */
void rw_session_close (RwSession *self, const char *error,
                       GBytes *close_reason);

gboolean rw_session_is_open (RwSession *self);
gpointer rw_session_get_owner (RwSession *self);
const char *rw_session_get_id (RwSession *self);
guint64 rw_session_get_generation (RwSession *self);
RwWebrtcPeer *rw_session_get_peer (RwSession *self);

/* Whether the remote peer is resilient; FALSE until its description has
 * arrived. */
gboolean rw_session_is_resilient (RwSession *self);

/* For an open session; each call replaces the last one. A deadline may be
 * infinite: the session is checked every ten seconds at the latest. */
void rw_session_wake_at (RwSession *self, gint64 due_us);
void rw_session_wake_in (RwSession *self, gint64 delay_us);

/* Within a second, together with all other sessions of the element that rest,
 * so that they take one wake-up. */
void rw_session_wake_at_rest (RwSession *self);

/* From the signaller. */
void rw_session_take_description (RwSession *self, RwSdpType type,
                                  const char *sdp);
void rw_session_take_candidate (RwSession *self, guint mline,
                                const char *candidate);
void rw_session_take_end (RwSession *self, const char *error);

G_END_DECLS
