/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-json.h"
#include "test-relay.h"
#include "test-server.h"
#include "rw-ws-signaller.h"

#include <string.h>

/* A client and a server with resumption, with a cable between them that breaks.
 * Each message must reach the other side exactly once and in order. */

#define N_MESSAGES 6

typedef struct {
  TestServer *server;
  TestRelay *relay;
  RwClock *clock;
  RwWsSignaller *ws;
  RwSignaller *signaller;
  GPtrArray *candidates; /* received by the client */
  guint n_opened;
  guint n_awaited;
} Fixture;

static void
on_opened (RwSignaller *signaller, const char *peer_id, Fixture *f)
{
  g_assert_cmpstr (peer_id, ==, "resumable");
  f->n_opened++;
}

static void
on_candidate (RwSignaller *signaller, const char *session_id, guint mline,
              const char *candidate, Fixture *f)
{
  g_ptr_array_add (f->candidates, g_strdup (candidate));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *uri = NULL;
  const char *uris[] = {NULL, NULL};
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;
  g_autoptr (GError) error = NULL;

  f->server = test_server_new ();
  test_server_keep_client (f->server);
  f->relay = test_relay_new (test_server_get_port (f->server));
  f->clock = rw_clock_new ();
  f->candidates = g_ptr_array_new_with_free_func (g_free);
  uri = g_strdup_printf ("ws://127.0.0.1:%u", test_relay_get_port (f->relay));
  uris[0] = uri;
  config.uris = uris;
  config.backoff.delay_us = 1000;
  config.backoff.delay_max_us = 20000;
  config.spread_us = 0;
  f->ws = rw_ws_signaller_new (f->clock, NULL, NULL, &config, &error);
  g_assert_no_error (error);
  f->signaller = RW_SIGNALLER (f->ws);
  g_signal_connect (f->ws, "opened", G_CALLBACK (on_opened), f);
  g_signal_connect (f->ws, "candidate", G_CALLBACK (on_candidate), f);
  rw_signaller_set_status (f->signaller, RW_ROLE_PRODUCER, "studio", "s");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_finalize_object (f->ws);
  test_relay_free (f->relay);
  g_object_unref (f->server);
  g_object_unref (f->clock);
  g_ptr_array_unref (f->candidates);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static gboolean
is_open (gpointer data)
{
  Fixture *f = data;

  return f->n_opened >= f->n_awaited && rw_ws_signaller_is_open (f->ws);
}

static void
wait_open (Fixture *f, guint n)
{
  f->n_awaited = n;
  test_wait (is_open, f);
}

static gboolean
is_all_heard (gpointer data)
{
  Fixture *f = data;

  return test_server_get_heard (f->server)->len >= f->n_awaited &&
         f->candidates->len >= f->n_awaited;
}

static void
wait_heard (Fixture *f, guint n)
{
  f->n_awaited = n;
  test_wait (is_all_heard, f);
}

/* Each side sends its @i-th. */
static void
say_both (Fixture *f, guint i)
{
  g_autofree char *candidate = g_strdup_printf ("candidate:%u", i);
  g_autofree char *text =
      g_strdup_printf ("{\"type\":\"peer\",\"sessionId\":\"s\",\"ice\":{"
                       "\"candidate\":\"%s\",\"sdpMLineIndex\":0}}",
                       candidate);

  rw_signaller_send_candidate (f->signaller, "s", 0, candidate);
  test_server_send_numbered (f->server, text);
}

static void
check_both (Fixture *f, guint n)
{
  GPtrArray *heard = test_server_get_heard (f->server);

  g_assert_cmpuint (heard->len, ==, n);
  g_assert_cmpuint (f->candidates->len, ==, n);
  for (guint i = 0; i < n; i++) {
    g_autofree char *candidate = g_strdup_printf ("candidate:%u", i);
    g_autofree char *quoted = g_strdup_printf ("\"%s\"", candidate);

    g_assert_cmpstr (f->candidates->pdata[i], ==, candidate);
    g_assert_nonnull (strstr (heard->pdata[i], quoted));
  }
}

static void
test_both_ways_without_a_cut (Fixture *f, gconstpointer data)
{
  RwWsSignallerCounts counts;

  rw_signaller_start (f->signaller);
  wait_open (f, 1);
  for (guint i = 0; i < 500; i++) {
    say_both (f, i);
    if (i % 50 == 0)
      wait_heard (f, i);
  }
  wait_heard (f, 500);
  check_both (f, 500);
  rw_ws_signaller_get_counts (f->ws, &counts);
  g_assert_cmpuint (counts.resent, ==, 0);
  g_assert_cmpuint (counts.dropped_overflow, ==, 0);
}

/* How many bytes the exchange takes without a cut. */
static gsize
measure (void)
{
  Fixture f = {0};
  gsize n_bytes;

  set_up (&f, NULL);
  rw_signaller_start (f.signaller);
  wait_open (&f, 1);
  n_bytes = test_relay_get_n_bytes (f.relay);
  for (guint i = 0; i < N_MESSAGES; i++)
    say_both (&f, i);
  wait_heard (&f, N_MESSAGES);
  n_bytes = test_relay_get_n_bytes (f.relay) - n_bytes;
  tear_down (&f, NULL);
  return n_bytes;
}

static void
cut_after (gsize n_bytes)
{
  Fixture f = {0};

  set_up (&f, NULL);
  rw_signaller_start (f.signaller);
  wait_open (&f, 1);
  test_relay_cut_after (f.relay, (gssize) n_bytes);
  for (guint i = 0; i < N_MESSAGES; i++)
    say_both (&f, i);
  wait_heard (&f, N_MESSAGES);
  check_both (&f, N_MESSAGES);
  tear_down (&f, NULL);
}

static void
test_cut_at_every_byte (void)
{
  gsize n_bytes = measure ();
  /* 0.1 s each: all of them only where there is time (-m thorough). */
  gsize step = g_test_thorough () ? 1 : 43;

  g_assert_cmpuint (n_bytes, >, 200);
  for (gsize n = 0; n <= n_bytes; n += step)
    cut_after (n);
  g_test_message ("cut at %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
                  " positions, both directions together",
                  n_bytes / step + 1, n_bytes + 1);
}

/* The resumption itself is cut, again and again, a little further each time. */
static void
test_cut_while_resuming (Fixture *f, gconstpointer data)
{
  rw_signaller_start (f->signaller);
  wait_open (f, 1);
  for (guint i = 0; i < 40; i++) {
    guint64 n_bytes = test_relay_get_n_bytes (f->relay);

    test_relay_cut_after (f->relay, (gssize) (i * 37));
    say_both (f, i);
    while (test_relay_get_n_bytes (f->relay) < n_bytes + i * 37)
      g_main_context_iteration (NULL, TRUE);
  }
  test_relay_cut_after (f->relay, -1);
  wait_heard (f, 40);
  check_both (f, 40);
  g_assert_cmpuint (test_server_get_n_resumed (f->server), >, 0);
}

static void
test_silent_connection_is_resumed_beside_itself (Fixture *f, gconstpointer data)
{
  rw_signaller_start (f->signaller);
  wait_open (f, 1);
  say_both (f, 0);
  wait_heard (f, 1);
  test_relay_forget_all (f->relay);
  say_both (f, 1);
  rw_signaller_retry_now (f->signaller);
  say_both (f, 2);
  wait_heard (f, 3);
  check_both (f, 3);
  g_assert_cmpuint (test_server_get_n_resumed (f->server), ==, 1);
}

static void
test_forgotten_client_begins_anew (Fixture *f, gconstpointer data)
{
  RwWsSignallerCounts counts;

  rw_signaller_start (f->signaller);
  wait_open (f, 1);
  say_both (f, 0);
  wait_heard (f, 1);
  test_server_forget_client (f->server);
  test_server_stop (f->server);
  /* On a session that the server will know nothing of. */
  rw_signaller_send_candidate (f->signaller, "s", 0, "lost");
  test_server_listen_again (f->server);
  wait_open (f, 2);
  say_both (f, 1);
  wait_heard (f, 2);
  check_both (f, 2);
  rw_ws_signaller_get_counts (f->ws, &counts);
  g_assert_cmpuint (counts.resumed, ==, 0);
  g_assert_cmpuint (counts.dropped_stale, >=, 1);
}

/* --- What the client reports of itself when it connects --- */

static RwSignalMessage *
get_last_hello (Fixture *f)
{
  GPtrArray *texts = test_server_get_received (f->server);

  for (guint i = texts->len; i > 0; i--) {
    const char *text = texts->pdata[i - 1];
    RwSignalMessage *message =
        rw_signal_message_parse (text, strlen (text), NULL);

    if (message->type == RW_SIGNAL_SET_PROTOCOL_VERSION)
      return message;
    rw_signal_message_unref (message);
  }
  g_assert_not_reached ();
}

static void
come_again (Fixture *f)
{
  test_server_stop (f->server);
  test_server_listen_again (f->server);
  wait_open (f, f->n_opened + 1);
}

static void
test_attempts_are_counted (Fixture *f, gconstpointer data)
{
  guint64 last = 0;

  rw_signaller_start (f->signaller);
  wait_open (f, 1);
  for (guint i = 0; i < 4; i++) {
    g_autoptr (RwSignalMessage) hello = get_last_hello (f);

    g_assert_cmpuint (hello->attempt, >, last);
    last = hello->attempt;
    come_again (f);
  }
}

static gboolean
has_candidate (gpointer data)
{
  return ((Fixture *) data)->candidates->len > 0;
}

static void
test_degraded_server_is_used_all_the_same (Fixture *f, gconstpointer data)
{
  rw_signaller_start (f->signaller);
  wait_open (f, 1);
  test_server_send (f->server, "{\"type\":\"serverStatus\",\"degraded\":true}");
  test_server_send_numbered (f->server,
                             "{\"type\":\"peer\",\"sessionId\":\"s\",\"ice\":{"
                             "\"candidate\":\"c\",\"sdpMLineIndex\":0}}");
  test_wait (has_candidate, f);
  g_assert_cmpuint (f->n_opened, ==, 1);
}

#define ADD(name, func)                                                        \
  g_test_add ("/client/resume/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("both-ways-without-a-cut", test_both_ways_without_a_cut);
  g_test_add_func ("/client/resume/cut-at-every-byte", test_cut_at_every_byte);
  ADD ("cut-while-resuming", test_cut_while_resuming);
  ADD ("silent-connection-is-resumed-beside-itself",
       test_silent_connection_is_resumed_beside_itself);
  ADD ("forgotten-client-begins-anew", test_forgotten_client_begins_anew);
  ADD ("attempts-are-counted", test_attempts_are_counted);
  ADD ("degraded-server-is-used-all-the-same",
       test_degraded_server_is_used_all_the_same);
  return g_test_run ();
}
