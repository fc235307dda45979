/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-local-candidates.h"

#include <gst/webrtc/webrtc.h>

#include "rw-candidate.h"
#include "rw-post.h"

struct _RwLocalCandidates {
  GObject *owner;
  RwLoop *loop;
  RwLocalCandidateFunc func;
  RwGatheredFunc gathered;
  gpointer user_data;
  char *announced; /* or NULL */
  gboolean are_gathered;
};

typedef struct {
  guint mline;
  char *text;
} Candidate;

RwLocalCandidates *
rw_local_candidates_new (GObject *owner, RwLoop *loop,
                         RwLocalCandidateFunc func, RwGatheredFunc gathered,
                         gpointer user_data)
{
  RwLocalCandidates *self = g_new0 (RwLocalCandidates, 1);

  self->owner = owner;
  self->loop = loop;
  self->func = func;
  self->gathered = gathered;
  self->user_data = user_data;
  return self;
}

void
rw_local_candidates_set_announced (RwLocalCandidates *self, const char *address)
{
  g_free (self->announced);
  self->announced = g_strdup (address);
}

void
rw_local_candidates_free (RwLocalCandidates *self)
{
  g_free (self->announced);
  g_free (self);
}

static void
candidate_free (gpointer data)
{
  Candidate *candidate = data;

  g_free (candidate->text);
  g_free (candidate);
}

static void
handle_candidate (gpointer data, gpointer found)
{
  RwLocalCandidates *self = data;
  const Candidate *candidate = found;

  self->func (self->user_data, candidate->mline, candidate->text);
}

static void
on_ice_candidate (GstElement *webrtc, guint mline, const char *text,
                  RwLocalCandidates *self)
{
  Candidate *candidate;

  if (text == NULL || text[0] == '\0')
    return;
  candidate = g_new0 (Candidate, 1);
  candidate->mline = mline;
  candidate->text = self->announced
                        ? rw_candidate_announce (text, self->announced)
                        : g_strdup (text);
  rw_post (self->loop, self->owner, handle_candidate, self, candidate,
           candidate_free);
}

static void
handle_gathered (gpointer data, gpointer unused)
{
  RwLocalCandidates *self = data;

  self->are_gathered = TRUE;
  self->gathered (self->user_data);
}

static void
on_gathering_state (GstElement *webrtc, GParamSpec *pspec,
                    RwLocalCandidates *self)
{
  GstWebRTCICEGatheringState state;

  g_object_get (webrtc, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    rw_post (self->loop, self->owner, handle_gathered, self, NULL, NULL);
}

void
rw_local_candidates_attach (RwLocalCandidates *self, GstElement *webrtc)
{
  g_signal_connect (webrtc, "on-ice-candidate", G_CALLBACK (on_ice_candidate),
                    self);
  g_signal_connect (webrtc, "notify::ice-gathering-state",
                    G_CALLBACK (on_gathering_state), self);
}

void
rw_local_candidates_detach (RwLocalCandidates *self, GstElement *webrtc)
{
  g_signal_handlers_disconnect_by_data (webrtc, self);
}

gboolean
rw_local_candidates_are_gathered (RwLocalCandidates *self)
{
  return self->are_gathered;
}
