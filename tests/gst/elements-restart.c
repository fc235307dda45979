/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-element-side.h"
#include "rw-process.h"
#include "test-balancer.h"
#include "test-redis.h"

#include <gio/gio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* The signalling server is killed and started again under live streams, each
 * of which says a packet of 20 ms every 20 ms all the while; or it is one of
 * two that share a Redis, and the other one takes over, or Redis itself is
 * restarted. Media must not notice; everybody is to be registered again, and
 * new sessions are possible. RW_STREAMS=50 for the full number. */

#define DEADLINE_US (120 * G_USEC_PER_SEC)
#define ROUND_US    60000
#define PER_ROUND   3

/* In rounds: before the server is killed, and until it is started again. */
#define ROUNDS_BEFORE 25
#define ROUNDS_AWAY   33

/* For which a server keeps the seat of a client that is away. */
#define GRACE_US (30 * G_USEC_PER_SEC)

/* A hundred elements of one process may keep each other waiting: that is no
 * session lost. */
#define PATIENT "stall-timeout=5000 "

typedef struct {
  RwSide *sink;
  RwSide *src;
} Stream;

typedef struct {
  guint n;
  Stream *streams;
  GSubprocess *server;
  guint port;       /* of the server that is asked for its metrics */
  const char *uris; /* of all */
  guint64 said;
  gint64 next_us;
} Fixture;

static guint
free_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();

  return g_socket_listener_add_any_inet_port (listener, NULL, NULL);
}

static void
start_server (Fixture *f)
{
  g_autofree char *program = g_test_build_filename (
      G_TEST_BUILT, "..", "lib", "server", "resilient-signalling-server", NULL);
  g_autofree char *port = g_strdup_printf ("--port=%u", f->port);
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;

  f->server = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
      &error, program, "--host=127.0.0.1", port, NULL);
  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (f->server));
  line = g_data_input_stream_read_line (output, NULL, NULL, NULL);
  g_assert_nonnull (line);
}

static void
kill_server (Fixture *f)
{
  g_subprocess_send_signal (f->server, SIGKILL);
  g_subprocess_wait (f->server, NULL, NULL);
  g_clear_object (&f->server);
}

/* One of the server's metrics, such as "clients". */
static guint
get_metric (Fixture *f, const char *name)
{
  static const char request[] = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) line = g_socket_client_connect_to_host (
      client, "127.0.0.1", (guint16) f->port, NULL, NULL);
  g_autofree char *key = g_strdup_printf ("\nresilient_signalling_%s ", name);
  char text[32768] = "";
  gsize len = 0;
  const char *value;

  g_assert_nonnull (line);
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (line)),
                             request, strlen (request), NULL, NULL, NULL);
  g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (line)),
                           text, sizeof text - 1, &len, NULL, NULL);
  value = strstr (text, key);
  g_assert_nonnull (value);
  return (guint) strtoul (value + strlen (key), NULL, 10);
}

/* Says what is due, and waits until the next is: in time with the clock, so
 * that a late round is made good and the streams are live. */
static void
play_round (Fixture *f)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockID due;

  for (guint i = 0; i < f->n; i++)
    rw_side_push (f->streams[i].sink, f->said, PER_ROUND);
  f->said += PER_ROUND;

  f->next_us += ROUND_US;
  due = gst_clock_new_single_shot_id (clock, (GstClockTime) f->next_us * 1000);
  gst_clock_id_wait (due, NULL);
  gst_clock_id_unref (due);
}

static void
play_rounds (Fixture *f, guint n)
{
  for (guint i = 0; i < n; i++)
    play_round (f);
}

/* Says on while it waits for @n of @what at the server. */
static void
play_until (Fixture *f, const char *what, guint n)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;

  while (get_metric (f, what) != n) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
    play_round (f);
  }
}

static RwSide *
new_sink (Fixture *f, guint i)
{
  return rw_side_new (
      "appsrc name=in format=time is-live=true max-bytes=0 "
      "caps=audio/x-opus,channel-mapping-family=0,channels=2,rate=48000 "
      "! resilientwebrtcsink name=it stream-name=stream-%u " PATIENT
      "signaller-uris=\"%s\"",
      i, f->uris);
}

static RwSide *
new_src (Fixture *f, guint i, const char *consumer)
{
  return rw_side_new (
      "resilientwebrtcsrc name=it producer-name=stream-%u " PATIENT
      "consumer-id=%s signaller-uris=\"%s\" "
      "! audio/x-opus ! fakesink sync=false async=false",
      i, consumer, f->uris);
}

static void
start_streams (Fixture *f)
{
  f->streams = g_new0 (Stream, f->n);
  for (guint i = 0; i < f->n; i++) {
    f->streams[i].sink = new_sink (f, i);
    rw_side_play (f->streams[i].sink);
  }
  for (guint i = 0; i < f->n; i++) {
    f->streams[i].src = new_src (f, i, "first");
    rw_side_play (f->streams[i].src);
  }
  for (guint i = 0; i < f->n; i++)
    rw_side_wait_stat (f->streams[i].sink, "consumers", 1);
}

static guint
count_states (RwSide *side, const char *state)
{
  guint n = 0;

  g_mutex_lock (&side->lock);
  for (guint i = 0; i < side->messages->len; i++) {
    const GstStructure *s =
        gst_message_get_structure (side->messages->pdata[i]);

    if (s != NULL && gst_structure_has_name (s, "resilient-webrtc-state") &&
        g_strcmp0 (gst_structure_get_string (s, "state"), state) == 0)
      n++;
  }
  g_mutex_unlock (&side->lock);
  return n;
}

/* One that comes now gets what is said from now on. */
static void
check_new_session (Fixture *f)
{
  g_autoptr (RwSide) src = new_src (f, 0, "second");
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;

  rw_side_play (src);
  while (rw_side_get_stat (f->streams[0].sink, "consumers") < 2) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
    play_round (f);
  }
  play_rounds (f, 5);
  rw_side_wait_buffers (src, PER_ROUND);
}

/* Every packet once and in order, and nobody has lost a session. A doubt that
 * passed again may be the machine's. */
static void
check_media (Fixture *f)
{
  guint doubts = 0;

  for (guint i = 0; i < f->n; i++)
    rw_side_end (f->streams[i].sink);
  for (guint i = 0; i < f->n; i++) {
    RwSide *src = f->streams[i].src;

    rw_side_wait_eos (src);
    rw_side_assert_numbers (src, 0, (guint) f->said);
    g_assert_cmpuint (count_states (src, "reconnecting"), ==, 0);
    g_assert_cmpuint (count_states (src, "connected"), >=, 1);
    doubts += count_states (src, "suspect");
  }
  g_test_message ("%u streams, %" G_GUINT64_FORMAT
                  " packets each, none lost, 0 reconnected, %u doubts",
                  f->n, f->said, doubts);
}

static void
begin (Fixture *f)
{
  start_streams (f);
  f->next_us = g_get_monotonic_time ();
  play_rounds (f, ROUNDS_BEFORE);
  g_assert_cmpuint (get_metric (f, "producers"), ==, f->n);
}

static void
wait_until_all_are_back (Fixture *f)
{
  gint64 from_us = g_get_monotonic_time ();

  play_until (f, "connections", 2 * f->n);
  play_until (f, "producers", f->n);
  play_until (f, "seats_waiting", 0);
  g_test_message ("all %u registered again after %.1f s", 2 * f->n,
                  (double) (g_get_monotonic_time () - from_us) / 1e6);
}

static void
finish (Fixture *f)
{
  check_new_session (f);
  check_media (f);
  for (guint i = 0; i < f->n; i++) {
    rw_side_free (f->streams[i].src);
    rw_side_free (f->streams[i].sink);
  }
  g_free (f->streams);
}

static guint
get_n_streams (void)
{
  const char *n = g_getenv ("RW_STREAMS");

  return n != NULL ? (guint) atoi (n) : 6;
}

static void
test_killed_under_live_streams (void)
{
  guint port = free_port ();
  g_autofree char *uri = g_strdup_printf ("<ws://127.0.0.1:%u>", port);
  Fixture f = {.n = get_n_streams (), .port = port, .uris = uri};

  start_server (&f);
  begin (&f);
  kill_server (&f);
  play_rounds (&f, ROUNDS_AWAY);
  start_server (&f);
  wait_until_all_are_back (&f);
  finish (&f);
  kill_server (&f);
}

/* --- Two servers that know nothing of each other --- */

/* Nobody has been moved to another session: where there was no doubt there is
 * one state. The line was lost once; what followed was no loss. */
static void
check_nothing_else_was_lost (Fixture *f)
{
  for (guint i = 0; i < f->n; i++) {
    RwSide *sink = f->streams[i].sink;
    RwSide *src = f->streams[i].src;

    g_assert_cmpuint (count_states (src, "reconnecting"), ==, 0);
    g_assert_cmpuint (rw_side_get_stat (sink, "consumers"), ==, 1);
    if (count_states (src, "suspect") > 0)
      continue;
    g_assert_cmpuint (count_states (src, "connected"), ==, 1);
    g_assert_cmpuint (rw_side_count_type (src, GST_MESSAGE_WARNING), ==, 1);
    g_assert_cmpuint (rw_side_count_type (sink, GST_MESSAGE_WARNING), ==, 1);
  }
}

/* They have said goodbye: without it names are kept for the grace period. */
static void
check_server_is_left (Fixture *f)
{
  gint64 from_us = g_get_monotonic_time ();

  play_until (f, "connections", 0);
  play_until (f, "producers", 0);
  play_until (f, "seats_waiting", 0);
  g_assert_cmpint (g_get_monotonic_time () - from_us, <, GRACE_US / 2);
}

static void
test_back_at_the_preferred_server (void)
{
  Fixture second = {.port = free_port ()};
  Fixture f = {.n = get_n_streams (), .port = free_port ()};
  guint preferred = f.port;
  g_autofree char *uris = g_strdup_printf (
      "<ws://127.0.0.1:%u, ws://127.0.0.1:%u>", f.port, second.port);

  f.uris = uris;
  start_server (&f);
  start_server (&second);
  begin (&f);
  kill_server (&f);
  f.port = second.port;
  wait_until_all_are_back (&f);
  f.port = preferred;
  start_server (&f);
  wait_until_all_are_back (&f);
  check_nothing_else_was_lost (&f);
  f.port = second.port;
  check_server_is_left (&f);
  f.port = preferred;
  finish (&f);
  kill_server (&f);
  kill_server (&second);
}

/* --- Two servers that share a Redis --- */

typedef struct {
  Fixture f;
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
  self->f.n = get_n_streams ();
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
  Fixture *f = &shared.f;

  shared_init (&shared, FALSE);
  begin (f);
  test_node_kill (&shared.a);
  f->port = shared.b.port;
  wait_until_all_are_back (f);
  rw_side_wait_stat_at_least (f->streams[0].sink, "signalling-attempts", 2);
  rw_side_wait_stat_at_least (f->streams[0].src, "signalling-resumed", 1);
  finish (f);
  shared_clear (&shared);
}

static void
restart_redis_under_live_streams (gboolean persists)
{
  Shared shared;
  Fixture *f = &shared.f;

  shared_init (&shared, persists);
  begin (f);
  test_redis_kill (&shared.redis);
  play_rounds (f, ROUNDS_AWAY);
  test_redis_start (&shared.redis);
  test_node_wait_ready (&shared.a);
  test_node_wait_ready (&shared.b);
  wait_until_all_are_back (f);
  finish (f);
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
restart_node (Fixture *f, Shared *shared, TestNode *node, TestNode *other)
{
  guint port = node->port;

  test_node_stop (node);
  f->port = other->port;
  wait_until_all_are_back (f);
  start_node_at (node, &shared->redis, port);
}

static void
test_rolling_restart_behind_one_address (void)
{
  Shared shared;
  Fixture *f = &shared.f;
  TestBalancer balancer;
  g_autofree char *uri = NULL;

  shared_init (&shared, FALSE);
  if (!test_balancer_start (&balancer, free_port (), shared.a.port,
                            shared.b.port)) {
    shared_clear (&shared);
    return;
  }
  uri = g_strdup_printf ("<ws://127.0.0.1:%u>", balancer.port);
  f->uris = uri;
  begin (f);
  restart_node (f, &shared, &shared.a, &shared.b);
  restart_node (f, &shared, &shared.b, &shared.a);
  finish (f);
  test_balancer_stop (&balancer);
  shared_clear (&shared);
}

int
main (int argc, char *argv[])
{
  rw_side_init (&argc, &argv);

#define ADD(name, func) g_test_add_func ("/elements-restart/" name, func)
  ADD ("killed-under-live-streams", test_killed_under_live_streams);
  ADD ("back-at-the-preferred-server", test_back_at_the_preferred_server);
  ADD ("another-node-takes-over", test_another_node_takes_over);
  ADD ("rolling-restart-behind-one-address",
       test_rolling_restart_behind_one_address);
  ADD ("redis-restarted", test_redis_restarted);
  ADD ("redis-restarted-empty", test_redis_restarted_empty);
#undef ADD

  return rw_process_run_tests ();
}
