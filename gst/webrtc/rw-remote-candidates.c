/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-remote-candidates.h"

#include "rw-candidate.h"

#define MAX_CANDIDATES 256

/* libnice nominates a pair that leads through a NAT only when no other is left
 * to be tried, and one that leads nowhere is tried for 0.75 s. A check of the
 * other peer's that comes through makes its candidates superfluous, so they are
 * used only if none has come through by then. */
#define HOLD_MS 100

typedef struct {
  guint mline;
  char *text;
} Candidate;

struct _RwRemoteCandidates {
  RwLoop *loop;
  RwRemoteCandidateFunc func;
  gpointer user_data;
  gboolean is_released;
  gboolean is_stopped;
  GPtrArray *waiting; /* Candidate */
  guint n_taken;
  GSource *hold;
};

static void
candidate_free (gpointer data)
{
  Candidate *candidate = data;

  g_free (candidate->text);
  g_free (candidate);
}

RwRemoteCandidates *
rw_remote_candidates_new (RwLoop *loop, RwRemoteCandidateFunc func,
                          gpointer user_data)
{
  RwRemoteCandidates *self = g_new0 (RwRemoteCandidates, 1);

  self->loop = loop;
  self->func = func;
  self->user_data = user_data;
  self->waiting = g_ptr_array_new_with_free_func (candidate_free);
  return self;
}

static void
stop_hold (RwRemoteCandidates *self)
{
  if (self->hold != NULL)
    g_source_destroy (self->hold);
  g_clear_pointer (&self->hold, g_source_unref);
}

void
rw_remote_candidates_free (RwRemoteCandidates *self)
{
  stop_hold (self);
  g_ptr_array_unref (self->waiting);
  g_free (self);
}

gboolean
rw_remote_candidates_add (RwRemoteCandidates *self, guint mline,
                          const char *candidate)
{
  g_autofree char *text = rw_candidate_check (candidate);
  Candidate *checked;

  if (text == NULL || self->n_taken >= MAX_CANDIDATES)
    return FALSE;
  self->n_taken++;
  if (self->is_released) {
    self->func (mline, text, self->user_data);
    return TRUE;
  }
  checked = g_new0 (Candidate, 1);
  checked->mline = mline;
  checked->text = g_steal_pointer (&text);
  g_ptr_array_add (self->waiting, checked);
  return TRUE;
}

void
rw_remote_candidates_release (RwRemoteCandidates *self)
{
  stop_hold (self);
  if (self->is_stopped)
    return;
  self->is_released = TRUE;
  for (guint i = 0; i < self->waiting->len; i++) {
    const Candidate *candidate = g_ptr_array_index (self->waiting, i);

    self->func (candidate->mline, candidate->text, self->user_data);
  }
  g_ptr_array_set_size (self->waiting, 0);
}

static gboolean
on_hold_over (gpointer data)
{
  rw_remote_candidates_release (data);
  return G_SOURCE_REMOVE;
}

void
rw_remote_candidates_release_later (RwRemoteCandidates *self)
{
  if (self->is_released || self->is_stopped || self->hold != NULL)
    return;
  self->hold = g_timeout_source_new (HOLD_MS);
  g_source_set_callback (self->hold, on_hold_over, self, NULL);
  g_source_set_static_name (self->hold, "rw-remote-candidates");
  g_source_attach (self->hold, rw_loop_get_context (self->loop));
}

void
rw_remote_candidates_stop (RwRemoteCandidates *self)
{
  self->is_stopped = TRUE;
  stop_hold (self);
}
