/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-outage.h"
#include "test-talkers.h"

#include <string.h>

/*
 * Redis is away now and then, for one node or for both, at moments that a seed
 * chooses, while clients do what clients do (test-talkers.h). In the end both
 * sides of each session, and both nodes, say the same. RW_FULL=1: then nodes
 * are lost as well.
 *
 * RW_CHAOS_EVENTS: how many outages (4); RW_CHAOS_SEED: of whom (1);
 * RW_CHAOS_CLIENTS: how many talk (12).
 */

#define TALK_MS 400
#define OPTIONS "--message-rate=0 --room-history=4000"

typedef struct {
  TestOutage outage;
  TestTalkers talkers;
} Fixture;

static guint
get_setting (const char *name, guint otherwise)
{
  const char *value = g_getenv (name);

  return value != NULL ? (guint) g_ascii_strtoull (value, NULL, 10) : otherwise;
}

/* --- What goes wrong --- */

static void
redis_is_away (Fixture *f)
{
  test_outage_begin (&f->outage);
  test_talkers_talk (&f->talkers, 200 + test_talkers_roll (&f->talkers, 2500));
  test_outage_end (&f->outage);
}

static void
redis_comes_and_goes (Fixture *f)
{
  for (guint n = 2 + test_talkers_roll (&f->talkers, 6); n > 0; n--) {
    test_outage_begin (&f->outage);
    test_talkers_talk (&f->talkers, test_talkers_roll (&f->talkers, 700));
    test_outage_end (&f->outage);
    test_talkers_talk (&f->talkers, test_talkers_roll (&f->talkers, 300));
  }
}

/* For less than its lease, after which its seats would be away. */
static void
one_node_is_cut_off (Fixture *f)
{
  guint node = test_talkers_roll (&f->talkers, TEST_OUTAGE_N_NODES);

  if (f->outage.kind != TEST_OUTAGE_NEVER)
    f->outage.kind = test_talkers_roll (&f->talkers, 2) == 0 ? TEST_OUTAGE_CUT
                                                             : TEST_OUTAGE_HELD;
  test_outage_begin_at (&f->outage, node);
  test_talkers_talk (&f->talkers, 200 + test_talkers_roll (&f->talkers, 800));
  test_outage_end_at (&f->outage, node);
}

/* For so long that the other takes it for dead. */
static void
one_node_is_cut_off_for_long (Fixture *f)
{
  guint node = test_talkers_roll (&f->talkers, TEST_OUTAGE_N_NODES);

  if (f->outage.kind != TEST_OUTAGE_NEVER)
    f->outage.kind = test_talkers_roll (&f->talkers, 2) == 0 ? TEST_OUTAGE_CUT
                                                             : TEST_OUTAGE_HELD;
  test_outage_begin_at (&f->outage, node);
  test_talkers_talk (&f->talkers, 3500 + test_talkers_roll (&f->talkers, 2000));
  test_outage_end_at (&f->outage, node);
}

static void
one_node_is_killed_while_alone (Fixture *f)
{
  guint node = test_talkers_roll (&f->talkers, TEST_OUTAGE_N_NODES);

  test_outage_begin (&f->outage);
  test_talkers_talk (&f->talkers, test_talkers_roll (&f->talkers, 1500));
  test_node_kill (&f->outage.nodes[node]);
  test_talkers_talk (&f->talkers, test_talkers_roll (&f->talkers, 500));
  test_outage_end (&f->outage);
  test_talkers_talk (&f->talkers, test_talkers_roll (&f->talkers, 1000));
  test_outage_start_node (&f->outage, node);
}

typedef struct {
  const char *name;
  void (*happens) (Fixture *f);
} Mishap;

static const Mishap mishaps[] = {
    {"away", redis_is_away},
    {"comes and goes", redis_comes_and_goes},
    {"away for one", one_node_is_cut_off},
    {"away for one for long", one_node_is_cut_off_for_long},
    {"away, and a node is killed", one_node_is_killed_while_alone},
};

/* So many at the beginning lose nothing. */
#define N_HARMLESS 3

/* --- The test --- */

static void
set_up (Fixture *f, gconstpointer losses)
{
  memset (f, 0, sizeof *f);
  test_outage_init (&f->outage, TEST_OUTAGE_KILLED);
  test_outage_restart_nodes (
      &f->outage, GPOINTER_TO_INT (losses) ? OPTIONS " --grace=4000" : OPTIONS);
}

static void
tear_down (Fixture *f, gconstpointer losses)
{
  test_talkers_clear (&f->talkers);
  test_outage_clear (&f->outage);
}

static void
test_outages_under_talk (Fixture *f, gconstpointer losses)
{
  guint n = get_setting ("RW_CHAOS_EVENTS", 4);
  guint seed = get_setting ("RW_CHAOS_SEED", 1);

  g_test_message ("RW_CHAOS_SEED=%u", seed);
  test_talkers_init (&f->talkers, &f->outage,
                     MAX (4, get_setting ("RW_CHAOS_CLIENTS", 12)),
                     GPOINTER_TO_INT (losses), seed);
  test_talkers_settle (&f->talkers);
  for (guint i = 0; i < n; i++) {
    guint which = test_talkers_roll (
        &f->talkers, f->talkers.losses ? G_N_ELEMENTS (mishaps) : N_HARMLESS);

    if (f->outage.kind != TEST_OUTAGE_NEVER)
      f->outage.kind = test_talkers_roll (&f->talkers, TEST_OUTAGE_NEVER);
    test_talkers_talk (&f->talkers, TALK_MS);
    g_test_message ("Redis (%s) %s", test_outage_get_name (f->outage.kind),
                    mishaps[which].name);
    mishaps[which].happens (f);
    test_talkers_talk (&f->talkers, TALK_MS);
    test_talkers_settle (&f->talkers);
  }
  test_talkers_assert_well (&f->talkers);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/server/nodes/alone-chaos/outages", Fixture,
              GINT_TO_POINTER (FALSE), set_up, test_outages_under_talk,
              tear_down);
  if (g_getenv ("RW_FULL") != NULL)
    g_test_add ("/server/nodes/alone-chaos/losses", Fixture,
                GINT_TO_POINTER (TRUE), set_up, test_outages_under_talk,
                tear_down);
  return g_test_run ();
}
