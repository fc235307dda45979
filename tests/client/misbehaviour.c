/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-signaller.h"
#include "test-server.h"

#include <string.h>

/* Servers that behave badly: each costs a clear word and a bounded number of
 * attempts, and nothing else. */

#define MS G_GINT64_CONSTANT (1000)

typedef struct {
  TestServer *server;
  TestSignaller client;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->server = test_server_new ();
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_signaller_stop (&f->client);
  g_object_unref (f->server);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
start (Fixture *f)
{
  g_autofree char *uri = test_server_get_uri (f->server);
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;

  config.backoff.delay_us = 100 * MS;
  config.backoff.jitter = 0;
  test_signaller_start (&f->client, &config, uri);
}

static gint64
get_delay_us (Fixture *f, guint i)
{
  return g_array_index (f->client.delays_us, gint64, i);
}

/* Clocks go on between the plan and its announcement. */
static void
assert_delay (Fixture *f, guint i, gint64 delay_us)
{
  g_assert_cmpint (get_delay_us (f, i), <=, delay_us);
  g_assert_cmpint (get_delay_us (f, i), >, delay_us - 50 * MS);
}

static guint64
count_malformed (Fixture *f)
{
  RwWsSignallerCounts counts;

  rw_ws_signaller_get_counts (f->client.ws, &counts);
  return counts.malformed;
}

static gboolean
has_ended (gpointer data)
{
  Fixture *f = data;

  return f->client.n_ended >= 1000;
}

/* The effect of each answer to a handshake: retried, each time later and
 * reported once, or given up and reported once. */
static void
test_answer_that_is_no_upgrade (Fixture *f, gconstpointer data)
{
  static const struct {
    guint status;
    const char *retry_after;
    RwFailure failure;
    gint64 first_delay_us; /* 0: final */
    const char *says;
  } cases[] = {
      {200, NULL, RW_FAILURE_PROTOCOL, 100 * MS, "HTTP 200"},
      {204, NULL, RW_FAILURE_PROTOCOL, 100 * MS, "HTTP 204"},
      {301, NULL, RW_FAILURE_PROTOCOL, 100 * MS, "HTTP 301"},
      {404, NULL, RW_FAILURE_PROTOCOL, 100 * MS, "signaller-uri"},
      {500, NULL, RW_FAILURE_REFUSED, 100 * MS, "failed to open"},
      {502, NULL, RW_FAILURE_UNREACHABLE, 100 * MS, "reverse proxy"},
      {504, NULL, RW_FAILURE_UNREACHABLE, 100 * MS, "reverse proxy"},
      {503, NULL, RW_FAILURE_RATE_LIMITED, 100 * MS, "too busy"},
      {503, "7", RW_FAILURE_RATE_LIMITED, 7000 * MS, "too busy"},
      {429, "3", RW_FAILURE_RATE_LIMITED, 3000 * MS, "too busy"},
      {429, "soon", RW_FAILURE_RATE_LIMITED, 100 * MS, "too busy"},
      {401, NULL, RW_FAILURE_UNAUTHORIZED, 0, "auth-token"},
      {403, NULL, RW_FAILURE_UNAUTHORIZED, 0, "auth-token"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gboolean final = cases[i].first_delay_us == 0;
    guint n = cases[i].first_delay_us == 100 * MS ? 2 : 1;

    g_test_message ("HTTP %u, Retry-After %s", cases[i].status,
                    cases[i].retry_after != NULL ? cases[i].retry_after : "-");
    test_server_refuse (f->server, cases[i].status, cases[i].retry_after);
    start (f);
    test_signaller_wait_closed (&f->client, n);
    g_assert_error (f->client.error, RW_FAILURE_ERROR, (int) cases[i].failure);
    g_assert_nonnull (strstr (f->client.error->message, cases[i].says));
    g_assert_cmpuint (f->client.n_failed, ==, final ? 1 : 0);
    if (final)
      g_assert_cmpuint (f->client.n_closed, ==, 0);
    else
      assert_delay (f, 0, cases[i].first_delay_us);
    if (n == 2)
      assert_delay (f, 1, 200 * MS);
    g_assert_cmpuint (test_signaller_count_attempts (&f->client), ==,
                      final ? 1 : n);
  }
}

/* Taken in, and thrown out at once: the first time it is called again, and then
 * later and later. */
static void
test_hanging_up_after_each_welcome (Fixture *f, gconstpointer data)
{
  start (f);
  for (guint i = 1; i <= 5; i++) {
    test_signaller_wait_opened (&f->client, i);
    test_server_hang_up (f->server, 1000);
    test_signaller_wait_closed (&f->client, i);
    g_test_message ("%u: %" G_GINT64_FORMAT " us", i, get_delay_us (f, i - 1));
  }
  g_assert_cmpuint (test_signaller_count_attempts (&f->client), ==, 5);
  for (guint i = 1; i < 5; i++) {
    gint64 whole_us = (100 * MS) << (i - 1);

    g_assert_cmpint (get_delay_us (f, i), >=, whole_us / 2 - 20 * MS);
    g_assert_cmpint (get_delay_us (f, i), <=, whole_us);
  }
}

static void
test_giant_message (Fixture *f, gconstpointer data)
{
  g_autofree char *giant = g_strnfill (2 * 1024 * 1024, ' ');

  start (f);
  test_signaller_wait_opened (&f->client, 1);
  test_server_send (f->server, giant);
  test_signaller_wait_closed (&f->client, 1);
  g_assert_error (f->client.error, RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE);
  test_signaller_wait_opened (&f->client, 2);
}

/* Each is counted, none ends the connection, and later messages are received.
 */
static void
test_ten_thousand_messages (Fixture *f, gconstpointer data)
{
  static const char *const texts[] = {
      "",
      "{\"type\":\"tomorrow\"}",
      "{\"type\":\"ack\",\"ack\":99999}",
      "{\"type\":\"sessionStarted\",\"peerId\":\"p\",\"sessionId\":\"s\"}",
      "{\"type\":\"welcome\",\"peerId\":\"again\"}",
      ("{\"type\":\"peer\",\"sessionId\":\"none\",\"ice\":{\"candidate\":\"c\","
       "\"sdpMLineIndex\":0}}"),
      "{\"type\":\"error\",\"details\":\"so there\"}",
      "{\"type\":\"resilientWelcome\",\"peerId\":\"p\",\"version\":1}",
      "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
      "{\"type\":\"endSession\",\"sessionId\":\"s\"}",
  };
  gint64 start_us;

  start (f);
  test_signaller_wait_opened (&f->client, 1);
  start_us = g_get_monotonic_time ();
  for (guint i = 0; i < 10000; i++)
    test_server_send (f->server, texts[i % G_N_ELEMENTS (texts)]);
  test_wait (has_ended, f);
  g_test_message ("%.3f s",
                  (double) (g_get_monotonic_time () - start_us) / 1e6);
  g_assert_cmpuint (f->client.n_ended, ==, 1000);
  g_assert_cmpuint (count_malformed (f), >=, 3000);
  g_assert_cmpuint (f->client.n_closed, ==, 0);
  g_assert_cmpuint (test_signaller_count_attempts (&f->client), ==, 1);
}

/* With resumption numbers count: a server that has them wrong has lost
 * messages. */
static void
test_ack_of_what_was_never_sent (Fixture *f, gconstpointer data)
{
  test_server_keep_client (f->server);
  start (f);
  test_signaller_wait_opened (&f->client, 1);
  test_server_send (f->server, "{\"type\":\"ack\",\"ack\":4711}");
  test_signaller_wait_opened (&f->client, 2);
  g_assert_cmpuint (test_server_get_n_resumed (f->server), ==, 0);
  g_assert_cmpuint (test_signaller_count_attempts (&f->client), ==, 2);
}

#define ADD(name, func)                                                        \
  g_test_add ("/client/misbehaviour/" name, Fixture, NULL, set_up, func,       \
              tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("answer-that-is-no-upgrade", test_answer_that_is_no_upgrade);
  ADD ("hanging-up-after-each-welcome", test_hanging_up_after_each_welcome);
  ADD ("giant-message", test_giant_message);
  ADD ("ack-of-what-was-never-sent", test_ack_of_what_was_never_sent);
  ADD ("ten-thousand-messages", test_ten_thousand_messages);
  return test_process_run_tests ();
}
