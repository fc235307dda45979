/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-session-liveness.h"

/* Times are of a session whose first packet and message came at 1 s. */

#define STALL_US (3 * G_USEC_PER_SEC)

typedef struct {
  RwSessionLiveness liveness;
  RwReceivePathStatus status;
} Fixture;

static gboolean
update_at (Fixture *fixture, RwLivenessState by_packets, gint64 now_us)
{
  fixture->status.liveness = by_packets;
  return rw_session_liveness_update (&fixture->liveness, &fixture->status,
                                     STALL_US, now_us);
}

static void
receive_at (Fixture *fixture, gint64 packet_us, gint64 message_us)
{
  fixture->status.received_us = packet_us;
  fixture->status.message_us = message_us;
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->status.welcome = TRUE;
  receive_at (fixture, G_USEC_PER_SEC, G_USEC_PER_SEC);
  g_assert_true (update_at (fixture, RW_LIVENESS_ALIVE, G_USEC_PER_SEC));
  g_assert_cmpint (fixture->liveness.state, ==, RW_LIVENESS_ALIVE);
}

static void
test_unchanged_liveness_is_not_reported (Fixture *fixture, gconstpointer unused)
{
  g_assert_false (update_at (fixture, RW_LIVENESS_ALIVE, 1100000));
}

static void
test_silence_is_as_the_path_judges (Fixture *fixture, gconstpointer unused)
{
  g_assert_true (update_at (fixture, RW_LIVENESS_SUSPECT, 1900000));
  g_assert_cmpint (fixture->liveness.state, ==, RW_LIVENESS_SUSPECT);
  g_assert_true (update_at (fixture, RW_LIVENESS_DOWN, 4900000));
  g_assert_cmpint (fixture->liveness.state, ==, RW_LIVENESS_DOWN);
}

static void
test_a_silent_channel_is_suspect (Fixture *fixture, gconstpointer unused)
{
  receive_at (fixture, 2000000, G_USEC_PER_SEC);
  g_assert_false (update_at (fixture, RW_LIVENESS_ALIVE, 2000000));
  receive_at (fixture, 2100000, G_USEC_PER_SEC);
  g_assert_true (update_at (fixture, RW_LIVENESS_ALIVE, 2100000));
  g_assert_cmpint (fixture->liveness.state, ==, RW_LIVENESS_SUSPECT);
  receive_at (fixture, 5100000, G_USEC_PER_SEC);
  update_at (fixture, RW_LIVENESS_ALIVE, 5100000);
  g_assert_cmpint (fixture->liveness.state, ==, RW_LIVENESS_SUSPECT);
}

/* Beats are rarer there, and come as surely as RTP does. */
static void
test_messages_in_rtcp_may_be_rarer (Fixture *fixture, gconstpointer unused)
{
  fixture->status.is_rtcp = TRUE;
  receive_at (fixture, 3500000, G_USEC_PER_SEC);
  g_assert_false (update_at (fixture, RW_LIVENESS_ALIVE, 3500000));
  receive_at (fixture, 3600000, G_USEC_PER_SEC);
  g_assert_true (update_at (fixture, RW_LIVENESS_ALIVE, 3600000));
  g_assert_cmpint (fixture->liveness.state, ==, RW_LIVENESS_SUSPECT);
}

static void
test_packets_alone_do_not_end_a_doubt (Fixture *fixture, gconstpointer unused)
{
  update_at (fixture, RW_LIVENESS_SUSPECT, 1900000);
  receive_at (fixture, 2000000, G_USEC_PER_SEC);
  g_assert_false (update_at (fixture, RW_LIVENESS_ALIVE, 2000000));
  receive_at (fixture, 2100000, 2100000);
  g_assert_true (update_at (fixture, RW_LIVENESS_ALIVE, 2100000));
  g_assert_cmpint (fixture->liveness.state, ==, RW_LIVENESS_ALIVE);
}

/* The producer reports that it receives nothing, while its packets come. */
static void
test_a_one_way_path_is_tolerated_for_two_seconds (Fixture *fixture,
                                                  gconstpointer unused)
{
  receive_at (fixture, 2000000, 2000000);
  g_assert_false (update_at (fixture, RW_LIVENESS_SUSPECT, 2000000));
  receive_at (fixture, 3900000, 3900000);
  g_assert_false (update_at (fixture, RW_LIVENESS_SUSPECT, 3900000));
  receive_at (fixture, 4000000, 4000000);
  g_assert_true (update_at (fixture, RW_LIVENESS_SUSPECT, 4000000));
  g_assert_cmpint (fixture->liveness.state, ==, RW_LIVENESS_SUSPECT);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer unused);
  } tests[] = {
      {"unchanged-liveness-is-not-reported",
       test_unchanged_liveness_is_not_reported},
      {"silence-is-as-the-path-judges", test_silence_is_as_the_path_judges},
      {"a-silent-channel-is-suspect", test_a_silent_channel_is_suspect},
      {"messages-in-rtcp-may-be-rarer", test_messages_in_rtcp_may_be_rarer},
      {"packets-alone-do-not-end-a-doubt",
       test_packets_alone_do_not_end_a_doubt},
      {"a-one-way-path-is-tolerated",
       test_a_one_way_path_is_tolerated_for_two_seconds},
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree char *path =
        g_strdup_printf ("/session-liveness/%s", tests[i].name);

    g_test_add (path, Fixture, NULL, set_up, tests[i].test, NULL);
  }
  return g_test_run ();
}
