/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-side.h"
#include "test-state-log.h"

#include "rw-outage-simulation.h"

#include <stdio.h>
#include <string.h>

/* One sink whose network and signalling fail for all its sources at once. Each
 * of them wants to be the first to be back; together they must not keep the
 * sink so busy with sessions that the ones there are seem dead. */

#define N_SOURCES 24
#define OUTAGE_MS 3000

/* A starved machine may make each source doubt once more; in a storm there are
 * hundreds of attempts and changes. */
#define MOST_ATTEMPTS (2 * N_SOURCES)
#define MOST_CHANGES  (2 * N_SOURCES)

typedef struct {
  TestSide *sink;
  TestSide *sources[N_SOURCES];
  guint marks[N_SOURCES];
  guint most_threads;
} Fixture;

static guint
count_threads (void)
{
  g_autofree char *status = NULL;
  const char *found;

  g_assert_true (
      g_file_get_contents ("/proc/self/status", &status, NULL, NULL));
  found = strstr (status, "\nThreads:");
  g_assert_nonnull (found);
  return (guint) g_ascii_strtoull (found + strlen ("\nThreads:"), NULL, 10);
}

typedef struct {
  Fixture *fixture;
  guint n;
} Wanted;

/* Asked again at each change, so it sees most of what the threads do. */
static gboolean
has_buffers (TestSide *side, gpointer data)
{
  Wanted *wanted = data;
  Fixture *f = wanted->fixture;

  f->most_threads = MAX (f->most_threads, count_threads ());
  return side->buffers->len >= wanted->n;
}

/* @n more frames out of every source. */
static void
wait_frames (Fixture *f, guint n)
{
  Wanted wanted[N_SOURCES];

  for (guint i = 0; i < N_SOURCES; i++) {
    g_mutex_lock (&f->sources[i]->lock);
    wanted[i] = (Wanted){f, f->sources[i]->buffers->len + n};
    g_mutex_unlock (&f->sources[i]->lock);
  }
  for (guint i = 0; i < N_SOURCES; i++)
    test_side_wait (f->sources[i], has_buffers, &wanted[i], "frames");
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->sink = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 wave=ticks "
      "! audio/x-raw,rate=48000,channels=1 ! opusenc "
      "! resilientwebrtcsink name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "stream-name=studio");
  test_side_play (f->sink);
  for (guint i = 0; i < N_SOURCES; i++) {
    f->sources[i] = test_side_new_opus_src (f->sink, "");
    test_side_play (f->sources[i]);
  }
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < N_SOURCES; i++)
    test_side_free (f->sources[i]);
  test_side_free (f->sink);
}

static gboolean
is_state (TestSide *side, guint i, const char *state)
{
  const GstStructure *s =
      gst_message_get_structure (g_ptr_array_index (side->messages, i));

  return s != NULL && gst_structure_has_name (s, "resilient-webrtc-state") &&
         g_strcmp0 (gst_structure_get_string (s, "state"), state) == 0;
}

/* *@data becomes the place behind the newest message. */
static gboolean
is_connected (TestSide *side, gpointer data)
{
  guint *mark = data;
  guint i = side->messages->len;

  *mark = i;
  while (i-- > 0) {
    if (is_state (side, i, "connected"))
      return TRUE;
    if (is_state (side, i, "suspect") || is_state (side, i, "reconnecting"))
      return FALSE;
  }
  return FALSE;
}

/* A starved source that only doubted its session keeps the session. */
static gboolean
is_without_audio (TestSide *side, gpointer data)
{
  const guint *mark = data;

  for (guint i = *mark; i < side->messages->len; i++)
    if (is_state (side, i, "suspect") || is_state (side, i, "reconnecting"))
      return TRUE;
  return FALSE;
}

/* Until each is without audio, and until each has it again. Returns the
 * attempts that it took. */
static guint
wait_outage (Fixture *f)
{
  guint attempts = 0, attempt;

  for (guint i = 0; i < N_SOURCES; i++)
    test_side_wait (f->sources[i], is_without_audio, &f->marks[i],
                    "the outage");
  for (guint i = 0; i < N_SOURCES; i++) {
    test_side_wait (f->sources[i], is_connected, &f->marks[i],
                    "the end of the outage");
    g_assert_true (
        gst_structure_get (test_state_log_get_last (f->sources[i], NULL),
                           "attempt", G_TYPE_UINT, &attempt, NULL));
    attempts += attempt;
  }
  return attempts;
}

static guint
count_states_since (TestSide *side, guint mark)
{
  guint n = 0;

  g_mutex_lock (&side->lock);
  for (guint i = mark; i < side->messages->len; i++)
    n += gst_message_has_name (g_ptr_array_index (side->messages, i),
                               "resilient-webrtc-state");
  g_mutex_unlock (&side->lock);
  return n;
}

static void
test_sources_return_calmly (Fixture *f, gconstpointer data)
{
  guint at_rest, attempts, n_flaps = 0;

  wait_frames (f, 100);
  at_rest = count_threads ();
  f->most_threads = 0;
  for (guint i = 0; i < N_SOURCES; i++)
    test_side_wait (f->sources[i], is_connected, &f->marks[i], "audio");

  g_signal_emit_by_name (f->sink->element, "simulate-outage", RW_OUTAGE_BOTH,
                         OUTAGE_MS);
  attempts = wait_outage (f);
  wait_frames (f, 150);
  for (guint i = 0; i < N_SOURCES; i++)
    n_flaps += count_states_since (f->sources[i], f->marks[i]);

  g_test_message ("%u attempts, %u changes after the return, %u threads "
                  "before and %u at most",
                  attempts, n_flaps, at_rest, f->most_threads);
  g_assert_cmpuint (attempts, >=, N_SOURCES / 2);
  g_assert_cmpuint (attempts, <=, MOST_ATTEMPTS);
  g_assert_cmpuint (n_flaps, <=, MOST_CHANGES);
  g_assert_cmpuint (f->most_threads, <=, at_rest + at_rest / 2);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add ("/storm/sources-return-calmly", Fixture, NULL, set_up,
              test_sources_return_calmly, tear_down);
  return test_process_run_tests ();
}
