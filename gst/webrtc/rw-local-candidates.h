/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-loop.h"

G_BEGIN_DECLS

/**
 * RwLocalCandidates:
 * The ICE candidates that a webrtcbin gathers, forwarded to the control thread.
 *
 * Control thread. Belongs to a part of @owner, which is referenced while a
 * candidate is on its way.
 */
typedef struct _RwLocalCandidates RwLocalCandidates;

/** RwLocalCandidateFunc: a candidate, to be sent. */
typedef void (*RwLocalCandidateFunc) (gpointer user_data, guint mline,
                                      const char *candidate);

/** RwGatheredFunc: there are no more. */
typedef void (*RwGatheredFunc) (gpointer user_data);

RwLocalCandidates *rw_local_candidates_new (GObject *owner, RwLoop *loop,
                                            RwLocalCandidateFunc func,
                                            RwGatheredFunc gathered,
                                            gpointer user_data);

/** rw_local_candidates_set_announced: instead of the host's own address, or
 * NULL; before attach. */
void rw_local_candidates_set_announced (RwLocalCandidates *self,
                                        const char *address);
void rw_local_candidates_free (RwLocalCandidates *self);

/** rw_local_candidates_attach, _detach: once each. */
void rw_local_candidates_attach (RwLocalCandidates *self, GstElement *webrtc);
void rw_local_candidates_detach (RwLocalCandidates *self, GstElement *webrtc);

/** rw_local_candidates_are_gathered: whether gathering has ended. */
gboolean rw_local_candidates_are_gathered (RwLocalCandidates *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwLocalCandidates, rw_local_candidates_free)

G_END_DECLS
