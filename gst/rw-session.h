/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"

G_BEGIN_DECLS

/*
 * RwSession: one session as its owner sees it: a peer, its name at the
 * signalling server, and one timer. What the peer has to say to the other side
 * goes to the signaller by itself, and the other way round. It is closed once;
 * after that nothing comes any more but "gone", when the peer has ended.
 *
 * Thread: control.
 */
typedef struct _RwSession RwSession;

/* What happens to an open session; each may be NULL, and may close it.
 * @timeout: the time set by rw_session_wake_at() has come.
 * @described: the other side's description came, and is with the peer next.
 * @ended: the signalling server says that the other side ended it, which media
 *   may know better. @error may be NULL. */
typedef struct {
  void (*timeout) (gpointer owner);
  void (*described) (gpointer owner);
  void (*connected) (gpointer owner);
  void (*channel_open) (gpointer owner);
  void (*channel_message) (gpointer owner, GBytes *message);
  void (*channel_closed) (gpointer owner);
  void (*failed) (gpointer owner, const GError *error);
  void (*ended) (gpointer owner, const char *error);
} RwSessionFuncs;

typedef void (*RwSessionGone) (RwSession *self, gpointer data);

/**
 * rw_session_new:
 * @id: the server's name for it
 * @config: what the endpoint does not know
 * @owner: argument of @funcs, freed with @free_owner along with the session
 *
 * Not started yet.
 */
RwSession *rw_session_new (RwEndpoint *endpoint, RwSignaller *signaller,
                           const char *id, RwWebrtcPeerConfig *config,
                           const RwSessionFuncs *funcs, gpointer owner,
                           GDestroyNotify free_owner);

/* Cuts a peer off that has not ended yet. */
void rw_session_free (RwSession *self);

void rw_session_set_gone_func (RwSession *self, RwSessionGone gone,
                               gpointer data);

void rw_session_start (RwSession *self, const char *offer);

/* Once. @error is told to the signalling server, @farewell to the peer (see
 * rw_webrtc_peer_set_farewell()); each may be NULL. */
void rw_session_close (RwSession *self, const char *error, GBytes *farewell);

gboolean rw_session_is_open (RwSession *self);
gpointer rw_session_get_owner (RwSession *self);
const char *rw_session_get_id (RwSession *self);
guint64 rw_session_get_generation (RwSession *self);
RwWebrtcPeer *rw_session_get_peer (RwSession *self);

/* Whether the other side speaks our protocol; FALSE until it has said so. */
gboolean rw_session_is_resilient (RwSession *self);

/* Of an open session; replace each other. A deadline may be for ever: it is
 * looked at again after ten seconds at the most. */
void rw_session_wake_at (RwSession *self, gint64 due_us);
void rw_session_wake_in (RwSession *self, gint64 delay_us);

/* From the signaller. */
void rw_session_take_description (RwSession *self, RwSdpType type,
                                  const char *sdp);
void rw_session_take_candidate (RwSession *self, guint mline,
                                const char *candidate);
void rw_session_take_end (RwSession *self, const char *error);

G_END_DECLS
