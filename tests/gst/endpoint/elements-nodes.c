/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-program.h"
#include "test-streams.h"
#include "test-balancer.h"
#include "test-redis.h"

/* Live streams at one of two signalling servers that share a Redis: the other
 * one takes over, or Redis itself is away for a while, and new streams begin
 * all the same. RW_STREAMS=50 for the full number. */

/* In rounds: until Redis is started again. */
#define ROUNDS_AWAY 33

typedef struct {
  TestStreams f;
  TestRedis redis;
  TestNode a;
  TestNode b;
  char *uris;
} Shared;

static void
shared_init (Shared *self, gboolean persists)
{
  memset (self, 0, sizeof *self);
  test_redis_init (&self->redis, persists);
  test_redis_start (&self->redis);
  test_node_start (&self->a, self->redis.uri);
  test_node_start (&self->b, self->redis.uri);
  test_node_wait_ready (&self->a);
  test_node_wait_ready (&self->b);
  self->uris = g_strdup_printf ("<ws://127.0.0.1:%u, ws://127.0.0.1:%u>",
                                self->a.port, self->b.port);
  self->f.n = test_streams_get_usual_n ();
  self->f.port = self->a.port;
  self->f.uris = self->uris;
}

static void
shared_clear (Shared *self)
{
  test_node_kill (&self->a);
  test_node_kill (&self->b);
  test_redis_clear (&self->redis);
  g_free (self->uris);
}

static void
test_another_node_takes_over (void)
{
  Shared shared;
  TestStreams *f = &shared.f;

  shared_init (&shared, FALSE);
  test_streams_begin (f);
  test_node_kill (&shared.a);
  f->port = shared.b.port;
  test_streams_wait_until_all_are_back (f);
  test_side_wait_stat_at_least (f->streams[0].sink, "signalling-attempts", 2);
  test_side_wait_stat_at_least (f->streams[0].src, "signalling-resumed", 1);
  test_streams_finish (f);
  shared_clear (&shared);
}

static void
restart_redis_under_live_streams (gboolean persists)
{
  Shared shared;
  TestStreams *f = &shared.f;

  shared_init (&shared, persists);
  test_streams_begin (f);
  test_redis_kill (&shared.redis);
  test_streams_play_rounds (f, ROUNDS_AWAY);
  test_redis_start (&shared.redis);
  test_node_wait_ready (&shared.a);
  test_node_wait_ready (&shared.b);
  test_streams_wait_until_all_are_back (f);
  test_streams_finish (f);
  shared_clear (&shared);
}

static void
test_redis_restarted (void)
{
  restart_redis_under_live_streams (TRUE);
}

static void
test_redis_restarted_empty (void)
{
  restart_redis_under_live_streams (FALSE);
}

/* It has all from its first packet on. */
static void
check_late_one (TestStreams *f, TestSide *src)
{
  g_assert_cmpuint (test_streams_count_states (src, "reconnecting"), ==, 0);
  test_side_wait_eos (src);
  test_side_assert_numbers (src, test_side_get_number (src->buffers->pdata[0]),
                            (guint) f->said);
  test_side_free (src);
}

/* A source that comes while Redis is away receives the audio; and later, one
 * that comes to the other node. */
static void
begin_new_sessions_without_redis (gboolean persists)
{
  Shared shared;
  TestStreams *f = &shared.f;
  g_autofree char *other = NULL;
  TestSide *away;
  TestSide *elsewhere;

  shared_init (&shared, persists);
  test_streams_begin (f);
  test_redis_kill (&shared.redis);
  away = test_streams_begin_new_session (f, "away");
  test_redis_start (&shared.redis);
  test_streams_play_until (f, "connections", 2 * f->n + 1);
  test_streams_play_until (f, "producers", f->n);
  test_node_wait_ready (&shared.a);
  test_node_wait_ready (&shared.b);

  other = g_strdup_printf ("<ws://127.0.0.1:%u>", shared.b.port);
  f->uris = other;
  elsewhere = test_streams_begin_new_session (f, "elsewhere");
  test_streams_check_media (f);
  check_late_one (f, away);
  check_late_one (f, elsewhere);
  test_streams_clear (f);
  shared_clear (&shared);
}

static void
test_new_session_without_redis (void)
{
  begin_new_sessions_without_redis (TRUE);
}

static void
test_new_session_without_redis_that_forgets (void)
{
  begin_new_sessions_without_redis (FALSE);
}

static void
start_node_at (TestNode *node, const TestRedis *redis, guint port)
{
  g_autofree char *option = g_strdup_printf ("--port=%u", port);

  test_node_start_with (node, redis->uri, option);
  g_assert_cmpuint (node->port, ==, port);
  test_node_wait_ready (node);
}

/* To the other one, and back again when its place is taken. */
static void
restart_node (TestStreams *f, Shared *shared, TestNode *node, TestNode *other)
{
  guint port = node->port;

  test_node_stop (node);
  f->port = other->port;
  f->other_port = port;
  test_streams_wait_until_all_are_back (f);
  start_node_at (node, &shared->redis, port);
}

static void
test_rolling_restart_behind_one_address (void)
{
  Shared shared;
  TestStreams *f = &shared.f;
  TestBalancer balancer;
  g_autofree char *uri = NULL;

  shared_init (&shared, FALSE);
  if (!test_balancer_start (&balancer, test_program_reserve_port (),
                            shared.a.port, shared.b.port)) {
    shared_clear (&shared);
    return;
  }
  uri = g_strdup_printf ("<ws://127.0.0.1:%u>", balancer.port);
  f->uris = uri;
  f->other_port = shared.b.port;
  test_streams_begin (f);
  restart_node (f, &shared, &shared.a, &shared.b);
  restart_node (f, &shared, &shared.b, &shared.a);
  test_streams_finish (f);
  test_balancer_stop (&balancer);
  shared_clear (&shared);
}

int
main (int argc, char *argv[])
{
  test_side_init (&argc, &argv);

#define ADD(name, func) g_test_add_func ("/elements-nodes/" name, func)
  ADD ("another-node-takes-over", test_another_node_takes_over);
  ADD ("rolling-restart-behind-one-address",
       test_rolling_restart_behind_one_address);
  ADD ("redis-restarted", test_redis_restarted);
  ADD ("redis-restarted-empty", test_redis_restarted_empty);
  ADD ("new-session-without-redis", test_new_session_without_redis);
  ADD ("new-session-without-redis/forgetful",
       test_new_session_without_redis_that_forgets);
#undef ADD

  return test_process_run_tests ();
}
