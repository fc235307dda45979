/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ordinary-liveness.h"
#include "rw-session-progress.h"

/* The values that the source judges a session by: frames and messages of a
 * resilient producer, packets of an ordinary one. */

#define AT(seconds) ((seconds) *G_USEC_PER_SEC)

static RwSessionAdvance
update (RwSessionProgress *progress, guint64 accepted, guint64 handed,
        gint64 message_us, gboolean has_holes)
{
  RwReceivePathStatus status = {.accepted = accepted, .message_us = message_us};
  RwReceiveProgress source = {.handed = handed, .has_holes = has_holes};

  return rw_session_progress_update (progress, &status, &source);
}

static void
test_frames_handed_on_are_progress (void)
{
  RwSessionProgress progress = {.handed = 7};

  g_assert_cmpint (update (&progress, 0, 7, 0, FALSE), ==,
                   RW_SESSION_ADVANCE_NONE);
  g_assert_cmpint (update (&progress, 1, 7, 0, TRUE), ==,
                   RW_SESSION_ADVANCE_USABLE);
  g_assert_false (progress.is_proven);
  g_assert_cmpint (update (&progress, 2, 9, 0, TRUE), ==,
                   RW_SESSION_ADVANCE_PROGRESS);
  g_assert_true (progress.is_proven);
  g_assert_cmpint (update (&progress, 2, 9, 0, TRUE), ==,
                   RW_SESSION_ADVANCE_NONE);
}

/* Frames that another session brought are none of this one's. */
static void
test_others_frames_are_no_progress (void)
{
  RwSessionProgress progress = {0};

  g_assert_cmpint (update (&progress, 0, 5, 0, TRUE), ==,
                   RW_SESSION_ADVANCE_NONE);
  g_assert_false (progress.is_proven);
}

static void
test_a_message_counts_where_nothing_is_missing (void)
{
  RwSessionProgress progress = {0};

  g_assert_cmpint (update (&progress, 0, 0, AT (1), TRUE), ==,
                   RW_SESSION_ADVANCE_NONE);
  g_assert_cmpint (update (&progress, 0, 0, AT (2), FALSE), ==,
                   RW_SESSION_ADVANCE_USABLE);
  g_assert_cmpint (update (&progress, 0, 0, AT (2), FALSE), ==,
                   RW_SESSION_ADVANCE_NONE);
}

static void
test_an_ordinary_producer_is_well_for_12_s (void)
{
  RwOrdinaryLiveness liveness = {0};

  g_assert_false (rw_ordinary_liveness_is_well (&liveness, AT (1)));
  rw_ordinary_liveness_connect (&liveness, AT (1));
  g_assert_true (rw_ordinary_liveness_is_well (&liveness, AT (13) - 1));
  g_assert_false (rw_ordinary_liveness_is_well (&liveness, AT (13)));
  rw_ordinary_liveness_count (&liveness, 10, AT (20));
  rw_ordinary_liveness_count (&liveness, 10, AT (24));
  g_assert_true (rw_ordinary_liveness_is_well (&liveness, AT (32) - 1));
  g_assert_false (rw_ordinary_liveness_is_well (&liveness, AT (32)));
}

/* A page that ends a session because its connection has failed does so later.
 * The packets of other sessions do not count. */
static void
test_a_session_is_well_for_12_s_after_its_offer (void)
{
  RwOrdinaryLiveness liveness = {0};

  g_assert_true (rw_ordinary_liveness_offer (&liveness, AT (1)));
  g_assert_false (rw_ordinary_liveness_offer (&liveness, AT (2)));
  rw_ordinary_liveness_count (&liveness, 10, AT (3));
  g_assert_true (rw_ordinary_liveness_is_well (&liveness, AT (13) - 1));
  g_assert_false (rw_ordinary_liveness_is_well (&liveness, AT (13)));
}

/* Silence alone is a muted microphone. */
static void
test_an_orphan_is_abandoned_when_it_is_silent (void)
{
  RwOrdinaryLiveness liveness = {0};

  rw_ordinary_liveness_connect (&liveness, AT (1));
  g_assert_false (rw_ordinary_liveness_is_abandoned (&liveness, AT (600)));
  liveness.is_orphan = TRUE;
  rw_ordinary_liveness_count (&liveness, 1, AT (600));
  g_assert_false (rw_ordinary_liveness_is_abandoned (&liveness, AT (601)));
  g_assert_true (rw_ordinary_liveness_is_abandoned (&liveness, AT (601) + 1));
}

/* It sends reports and no RTP: no outage, however long that was. */
static void
test_a_muted_producer_is_well_and_muted (void)
{
  RwOrdinaryLiveness liveness = {0};

  liveness.is_paused = TRUE;
  g_assert_false (rw_ordinary_liveness_is_muted (&liveness));
  rw_ordinary_liveness_connect (&liveness, AT (1));
  g_assert_true (rw_ordinary_liveness_is_muted (&liveness));
  g_assert_true (rw_ordinary_liveness_is_well (&liveness, AT (600)));
  liveness.is_paused = FALSE;
  g_assert_false (rw_ordinary_liveness_is_muted (&liveness));
  g_assert_false (rw_ordinary_liveness_is_well (&liveness, AT (600)));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/session-progress/" name, func)
  ADD ("frames-handed-on-are-progress", test_frames_handed_on_are_progress);
  ADD ("others-frames-are-no-progress", test_others_frames_are_no_progress);
  ADD ("a-message-counts-where-nothing-is-missing",
       test_a_message_counts_where_nothing_is_missing);
  ADD ("an-ordinary-producer-is-well-for-12-s",
       test_an_ordinary_producer_is_well_for_12_s);
  ADD ("a-session-is-well-for-12-s-after-its-offer",
       test_a_session_is_well_for_12_s_after_its_offer);
  ADD ("an-orphan-is-abandoned-when-it-is-silent",
       test_an_orphan_is_abandoned_when_it_is_silent);
  ADD ("a-muted-producer-is-well-and-muted",
       test_a_muted_producer_is_well_and_muted);
#undef ADD
  return g_test_run ();
}
