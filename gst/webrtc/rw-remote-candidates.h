/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-loop.h"

G_BEGIN_DECLS

/**
 * RwRemoteCandidates:
 * The other peer's ICE candidates, checked, and held until they may be used.
 *
 * Control thread.
 */
typedef struct _RwRemoteCandidates RwRemoteCandidates;

/** RwRemoteCandidateFunc: @candidate may be used now. */
typedef void (*RwRemoteCandidateFunc) (guint mline, const char *candidate,
                                       gpointer user_data);

RwRemoteCandidates *rw_remote_candidates_new (RwLoop *loop,
                                              RwRemoteCandidateFunc func,
                                              gpointer user_data);
void rw_remote_candidates_free (RwRemoteCandidates *self);

/** rw_remote_candidates_add: FALSE where @candidate, which is untrusted, is of
 * no use or one too many. */
gboolean rw_remote_candidates_add (RwRemoteCandidates *self, guint mline,
                                   const char *candidate);

/** rw_remote_candidates_release: those that wait and those to come are used. */
void rw_remote_candidates_release (RwRemoteCandidates *self);

/** rw_remote_candidates_release_later: the same in 100 ms: the other peer
 * checks our candidates at once, and a check that comes through gives the agent
 * all that it needs. */
void rw_remote_candidates_release_later (RwRemoteCandidates *self);

/** rw_remote_candidates_stop: none is used any more. */
void rw_remote_candidates_stop (RwRemoteCandidates *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRemoteCandidates, rw_remote_candidates_free)

G_END_DECLS
