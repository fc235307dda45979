/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-outage.h"

#include <string.h>

const char *
test_outage_get_name (TestOutageKind kind)
{
  static const char *const names[] = {"killed", "emptied", "frozen",
                                      "cut",    "held",    "never"};

  return names[kind];
}

static void
set_up (TestOutage *f, gconstpointer kind)
{
  test_outage_init (f, GPOINTER_TO_INT (kind));
}

static void
tear_down (TestOutage *f, gconstpointer kind)
{
  test_outage_clear (f);
}

/**
 * test_outage_add:
 * @usual: the kinds, as bits, with which @test is run
 * @possible: those with which it is run where RW_FULL is set
 */
void
test_outage_add (const char *path, guint usual, guint possible,
                 TestOutageFunc test)
{
  guint chosen = g_getenv ("RW_FULL") != NULL ? possible : usual;

  for (guint kind = 0; kind < TEST_OUTAGE_NEVER; kind++) {
    g_autofree char *full =
        g_strdup_printf ("%s/%s", path, test_outage_get_name (kind));

    if ((chosen & (1u << kind)) != 0)
      g_test_add (full, TestOutage, GUINT_TO_POINTER (kind), set_up, test,
                  tear_down);
  }
}

void
test_outage_init (TestOutage *self, TestOutageKind kind)
{
  memset (self, 0, sizeof *self);
  self->kind = kind;
  if (g_strcmp0 (g_getenv ("RW_OUTAGE"), "never") == 0)
    self->kind = TEST_OUTAGE_NEVER;
  test_redis_init (&self->redis, TRUE);
  test_redis_start (&self->redis);
  for (guint i = 0; i < TEST_OUTAGE_N_NODES; i++) {
    test_link_start (&self->links[i], self->redis.dir, self->redis.socket);
    test_outage_start_node (self, i);
  }
  test_outage_wait_ready (self);
}

void
test_outage_clear (TestOutage *self)
{
  for (guint i = 0; i < TEST_OUTAGE_N_NODES; i++) {
    test_node_kill (&self->nodes[i]);
    test_link_stop (&self->links[i]);
  }
  test_redis_clear (&self->redis);
}

void
test_outage_start_node (TestOutage *self, guint node)
{
  test_node_start_with (&self->nodes[node], self->links[node].uri,
                        self->options);
}

/** test_outage_restart_nodes: with a Redis that knows nothing of before.
 * @options: static ones */
void
test_outage_restart_nodes (TestOutage *self, const char *options)
{
  self->options = options;
  for (guint i = 0; i < TEST_OUTAGE_N_NODES; i++)
    test_node_kill (&self->nodes[i]);
  g_free (test_redis_do (&self->redis, "FLUSHALL"));
  for (guint i = 0; i < TEST_OUTAGE_N_NODES; i++)
    test_outage_start_node (self, i);
  test_outage_wait_ready (self);
}

static TestLinkState
get_link_state (TestOutage *self)
{
  switch (self->kind) {
  case TEST_OUTAGE_CUT:
    return TEST_LINK_CUT;
  case TEST_OUTAGE_HELD:
    return TEST_LINK_HELD;
  default:
    return TEST_LINK_WHOLE;
  }
}

/** test_outage_begin_at: of what is between one node and Redis. */
void
test_outage_begin_at (TestOutage *self, guint node)
{
  test_link_set_state (&self->links[node], get_link_state (self));
}

void
test_outage_end_at (TestOutage *self, guint node)
{
  test_link_set_state (&self->links[node], TEST_LINK_WHOLE);
}

/** test_outage_begin: for both nodes. */
void
test_outage_begin (TestOutage *self)
{
  switch (self->kind) {
  case TEST_OUTAGE_KILLED:
    test_redis_kill (&self->redis);
    break;
  case TEST_OUTAGE_EMPTIED:
    test_redis_kill (&self->redis);
    test_redis_forget (&self->redis);
    break;
  case TEST_OUTAGE_FROZEN:
    test_redis_freeze (&self->redis, TRUE);
    break;
  default:
    for (guint i = 0; i < TEST_OUTAGE_N_NODES; i++)
      test_outage_begin_at (self, i);
    break;
  }
}

void
test_outage_end (TestOutage *self)
{
  switch (self->kind) {
  case TEST_OUTAGE_KILLED:
  case TEST_OUTAGE_EMPTIED:
    test_redis_start (&self->redis);
    break;
  case TEST_OUTAGE_FROZEN:
    test_redis_freeze (&self->redis, FALSE);
    break;
  default:
    for (guint i = 0; i < TEST_OUTAGE_N_NODES; i++)
      test_outage_end_at (self, i);
    break;
  }
}

/** test_outage_wait_ready: all nodes that run. */
void
test_outage_wait_ready (TestOutage *self)
{
  for (guint i = 0; i < TEST_OUTAGE_N_NODES; i++)
    if (self->nodes[i].process != NULL)
      test_node_wait_ready (&self->nodes[i]);
}

static guint
count_ids (const char *ids)
{
  g_auto (GStrv) each = g_strsplit (ids, " ", -1);

  return g_strv_length (each);
}

/** test_outage_wait_agreed: both nodes tell of the same producers. */
void
test_outage_wait_agreed (TestOutage *self, guint n_producers)
{
  g_autoptr (TestClient) at_a = test_client_new (&self->nodes[0], FALSE);
  g_autoptr (TestClient) at_b = test_client_new (&self->nodes[1], FALSE);
  gint64 end_us = g_get_monotonic_time () + TEST_DEADLINE_S * G_USEC_PER_SEC;

  for (;;) {
    g_autofree char *a = test_client_list (at_a, "producers");
    g_autofree char *b = test_client_list (at_b, "producers");

    if (g_str_equal (a, b) && count_ids (a) == n_producers)
      return;
    if (g_get_monotonic_time () > end_us)
      g_error ("%u producers were waited for, but the one node tells of \"%s\""
               " and the other of \"%s\"",
               n_producers, a, b);
    test_client_pause ();
  }
}
