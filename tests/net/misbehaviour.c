/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-failure.h"
#include "rw-process.h"
#include "rw-test-server.h"
#include "rw-ws-signaller.h"

#include <string.h>

/* Servers that behave badly: each costs a clear word and a bounded number of
 * attempts, and nothing else. */

#define MS G_GINT64_CONSTANT (1000)

typedef struct {
  RwTestServer *server;
  RwClock *clock;
  RwWsSignaller *ws;
  GPtrArray *delays; /* of each "closed" */
  GError *error;     /* the last one told */
  guint n_opened;
  guint n_failed;
  guint n_ended; /* sessions */
  guint n_wanted;
} Fixture;

static void
on_opened (RwSignaller *signaller, const char *peer_id, Fixture *f)
{
  f->n_opened++;
}

static void
take_error (Fixture *f, const GError *error)
{
  g_clear_error (&f->error);
  f->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
on_closed (RwSignaller *signaller, const GError *error, gboolean will_retry,
           gint64 delay_us, Fixture *f)
{
  take_error (f, error);
  g_ptr_array_add (f->delays, GSIZE_TO_POINTER ((gsize) delay_us));
}

static void
on_failed (RwSignaller *signaller, const GError *error, Fixture *f)
{
  f->n_failed++;
  take_error (f, error);
}

static void
on_session_ended (RwSignaller *signaller, const char *session_id,
                  const char *reason, Fixture *f)
{
  f->n_ended++;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->clock = rw_clock_new ();
  f->server = rw_test_server_new ();
  f->delays = g_ptr_array_new ();
}

static void
stop (Fixture *f)
{
  if (f->ws != NULL)
    g_assert_finalize_object (f->ws);
  f->ws = NULL;
  g_clear_error (&f->error);
  g_ptr_array_set_size (f->delays, 0);
  f->n_opened = f->n_failed = f->n_ended = 0;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  stop (f);
  g_ptr_array_unref (f->delays);
  g_object_unref (f->server);
  g_object_unref (f->clock);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
start (Fixture *f)
{
  g_autofree char *uri = rw_test_server_get_uri (f->server);
  const char *uris[] = {uri, NULL};
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;
  g_autoptr (GError) error = NULL;

  config.uris = uris;
  config.backoff.delay_us = 100 * MS;
  config.backoff.jitter = 0;
  config.spread_us = 0;
  f->ws = rw_ws_signaller_new (f->clock, NULL, NULL, &config, &error);
  g_assert_no_error (error);
  g_signal_connect (f->ws, "opened", G_CALLBACK (on_opened), f);
  g_signal_connect (f->ws, "closed", G_CALLBACK (on_closed), f);
  g_signal_connect (f->ws, "failed", G_CALLBACK (on_failed), f);
  g_signal_connect (f->ws, "session-ended", G_CALLBACK (on_session_ended), f);
  rw_signaller_start (RW_SIGNALLER (f->ws));
}

static gint64
get_delay_us (Fixture *f, guint i)
{
  return (gint64) GPOINTER_TO_SIZE (f->delays->pdata[i]);
}

/* Clocks go on between the plan and its announcement. */
static void
assert_delay (Fixture *f, guint i, gint64 delay_us)
{
  g_assert_cmpint (get_delay_us (f, i), <=, delay_us);
  g_assert_cmpint (get_delay_us (f, i), >, delay_us - 50 * MS);
}

static guint64
count_attempts (Fixture *f)
{
  RwWsSignallerCounts counts;

  rw_ws_signaller_get_counts (f->ws, &counts);
  return counts.attempts;
}

static guint64
count_malformed (Fixture *f)
{
  RwWsSignallerCounts counts;

  rw_ws_signaller_get_counts (f->ws, &counts);
  return counts.malformed;
}

static gboolean
is_opened (gpointer data)
{
  Fixture *f = data;

  return f->n_opened >= f->n_wanted;
}

static void
wait_opened (Fixture *f, guint n)
{
  f->n_wanted = n;
  rw_test_wait (is_opened, f);
}

static gboolean
has_closed_or_failed (gpointer data)
{
  Fixture *f = data;

  return f->delays->len >= f->n_wanted || f->n_failed > 0;
}

static gboolean
has_ended (gpointer data)
{
  Fixture *f = data;

  return f->n_ended >= f->n_wanted;
}

/* What each answer to a handshake comes to: retried, each time later and told
 * once, or given up and told once. */
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
      {500, NULL, RW_FAILURE_PROTOCOL, 100 * MS, "HTTP 500"},
      {503, NULL, RW_FAILURE_RATE_LIMITED, 100 * MS, "too busy"},
      {503, "7", RW_FAILURE_RATE_LIMITED, 7000 * MS, "too busy"},
      {429, "3", RW_FAILURE_RATE_LIMITED, 3000 * MS, "too busy"},
      {429, "soon", RW_FAILURE_RATE_LIMITED, 100 * MS, "too busy"},
      {401, NULL, RW_FAILURE_UNAUTHORIZED, 0, "auth-token"},
      {403, NULL, RW_FAILURE_UNAUTHORIZED, 0, "auth-token"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gboolean final = cases[i].first_delay_us == 0;

    g_test_message ("HTTP %u, Retry-After %s", cases[i].status,
                    cases[i].retry_after != NULL ? cases[i].retry_after : "-");
    rw_test_server_refuse (f->server, cases[i].status, cases[i].retry_after);
    start (f);
    f->n_wanted = cases[i].first_delay_us == 100 * MS ? 2 : 1;
    rw_test_wait (has_closed_or_failed, f);
    g_assert_error (f->error, RW_FAILURE_ERROR, (int) cases[i].failure);
    g_assert_nonnull (strstr (f->error->message, cases[i].says));
    g_assert_cmpuint (f->n_failed, ==, final ? 1 : 0);
    if (final)
      g_assert_cmpuint (f->delays->len, ==, 0);
    else
      assert_delay (f, 0, cases[i].first_delay_us);
    if (f->n_wanted == 2)
      assert_delay (f, 1, 200 * MS);
    g_assert_cmpuint (count_attempts (f), ==, final ? 1 : f->n_wanted);
    stop (f);
  }
}

/* Taken in, and thrown out at once: the first time it is called again, and then
 * later and later. */
static void
test_hanging_up_after_each_welcome (Fixture *f, gconstpointer data)
{
  start (f);
  for (guint i = 1; i <= 5; i++) {
    wait_opened (f, i);
    rw_test_server_hang_up (f->server, 1000);
    f->n_wanted = i;
    rw_test_wait (has_closed_or_failed, f);
    g_test_message ("%u: %" G_GINT64_FORMAT " us", i, get_delay_us (f, i - 1));
  }
  g_assert_cmpuint (count_attempts (f), ==, 5);
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
  wait_opened (f, 1);
  rw_test_server_say (f->server, giant);
  f->n_wanted = 1;
  rw_test_wait (has_closed_or_failed, f);
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE);
  g_test_message ("%s", f->error->message);
  wait_opened (f, 2);
}

/* Each is judged, none costs the line, and what comes after is heard. */
static void
test_ten_thousand_messages (Fixture *f, gconstpointer data)
{
  static const char *const texts[] = {
      "",
      "{\"type\":\"tomorrow\"}",
      "{\"type\":\"ack\",\"ack\":99999}",
      "{\"type\":\"sessionStarted\",\"peerId\":\"p\",\"sessionId\":\"s\"}",
      "{\"type\":\"welcome\",\"peerId\":\"again\"}",
      "{\"type\":\"peer\",\"sessionId\":\"none\",\"ice\":{\"candidate\":\"c\","
      "\"sdpMLineIndex\":0}}",
      "{\"type\":\"error\",\"details\":\"so there\"}",
      "{\"type\":\"resilientWelcome\",\"peerId\":\"p\",\"version\":1}",
      "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
      "{\"type\":\"endSession\",\"sessionId\":\"s\"}",
  };
  gint64 start_us;

  start (f);
  wait_opened (f, 1);
  start_us = g_get_monotonic_time ();
  for (guint i = 0; i < 10000; i++)
    rw_test_server_say (f->server, texts[i % G_N_ELEMENTS (texts)]);
  f->n_wanted = 1000;
  rw_test_wait (has_ended, f);
  g_test_message ("%.3f s",
                  (double) (g_get_monotonic_time () - start_us) / 1e6);
  g_assert_cmpuint (f->n_ended, ==, 1000);
  g_assert_cmpuint (count_malformed (f), >=, 3000);
  g_assert_cmpuint (f->delays->len, ==, 0);
  g_assert_cmpuint (count_attempts (f), ==, 1);
}

/* On a seat numbers count: who has got them wrong has lost things, too. */
static void
test_ack_of_what_was_never_said (Fixture *f, gconstpointer data)
{
  rw_test_server_keep_seat (f->server);
  start (f);
  wait_opened (f, 1);
  rw_test_server_say (f->server, "{\"type\":\"ack\",\"ack\":4711}");
  wait_opened (f, 2);
  g_assert_cmpuint (rw_test_server_get_n_resumed (f->server), ==, 0);
  g_assert_cmpuint (count_attempts (f), ==, 2);
}

#define ADD(name, func)                                                        \
  g_test_add ("/net/misbehaviour/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("answer-that-is-no-upgrade", test_answer_that_is_no_upgrade);
  ADD ("hanging-up-after-each-welcome", test_hanging_up_after_each_welcome);
  ADD ("giant-message", test_giant_message);
  ADD ("ack-of-what-was-never-said", test_ack_of_what_was_never_said);
  ADD ("ten-thousand-messages", test_ten_thousand_messages);
  return rw_process_run_tests ();
}
