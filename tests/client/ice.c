/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-fake-clock.h"
#include "test-server.h"
#include "rw-ws-signaller.h"

/* The STUN and TURN servers that a signalling server hands out, on their way
 * to the application. */

#define S G_GINT64_CONSTANT (1000000)

#define WELCOME                                                                \
  "{\"type\":\"resilientWelcome\",\"peerId\":\"resumable\",\"version\":1,"     \
  "\"token\":\"secret\",\"graceMs\":30000,\"resumed\":%s%s}"
#define SERVERS                                                                \
  "\"iceServers\":[{\"urls\":[\"turn:h\"],\"username\":\"%s\","                \
  "\"credential\":\"c\"}],\"iceTtlMs\":80000"

typedef struct {
  TestServer *server;
  TestFakeClock *clock;
  RwWsSignaller *ws;
  RwSignaller *signaller;
  GString *log;
  const char *awaited;
  guint n_awaited;
} Fixture;

static void
on_opened (RwSignaller *signaller, const char *peer_id, Fixture *f)
{
  g_string_append (f->log, "opened ");
}

static void
on_ice_servers (RwSignaller *signaller, GPtrArray *servers, Fixture *f)
{
  const RwIceServer *server = servers->len > 0 ? servers->pdata[0] : NULL;

  g_string_append_printf (f->log, "%s ",
                          server != NULL ? server->username : "none");
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *uri = NULL;
  const char *uris[] = {NULL, NULL};
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;
  g_autoptr (GError) error = NULL;

  f->server = test_server_new ();
  test_server_set_producers (f->server, NULL);
  f->clock = test_fake_clock_new ();
  f->log = g_string_new (NULL);
  uri = test_server_get_uri (f->server);
  uris[0] = uri;
  config.uris = uris;
  config.spread_us = 0;
  /* The clock is turned faster than pongs come. */
  config.ping_interval_us = 0;
  f->ws =
      rw_ws_signaller_new (RW_CLOCK (f->clock), NULL, NULL, &config, &error);
  g_assert_no_error (error);
  f->signaller = RW_SIGNALLER (f->ws);
  g_signal_connect (f->ws, "opened", G_CALLBACK (on_opened), f);
  g_signal_connect (f->ws, "ice-servers", G_CALLBACK (on_ice_servers), f);
  rw_signaller_start (f->signaller);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_finalize_object (f->ws);
  g_object_unref (f->server);
  g_object_unref (f->clock);
  g_string_free (f->log, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static gboolean
is_logged (gpointer data)
{
  Fixture *f = data;

  return g_str_equal (f->log->str, f->awaited);
}

static void
wait_log (Fixture *f, const char *log)
{
  f->awaited = log;
  test_wait (is_logged, f);
}

static gboolean
is_received (gpointer data)
{
  Fixture *f = data;

  return test_server_count (f->server, f->awaited) >= f->n_awaited;
}

static void
wait_received (Fixture *f, const char *part, guint n)
{
  f->awaited = part;
  f->n_awaited = n;
  test_wait (is_received, f);
}

/* Answers the @n-th greeting with credentials of that name, or none. */
static void
welcome (Fixture *f, guint n, const char *username)
{
  g_autofree char *servers = g_strdup_printf ("," SERVERS, username);
  g_autofree char *text = g_strdup_printf (WELCOME, n > 1 ? "true" : "false",
                                           *username != '\0' ? servers : "");

  wait_received (f, "setProtocolVersion", n);
  test_server_send (f->server, text);
}

static void
test_are_reported_before_the_connection_is_open (Fixture *f, gconstpointer data)
{
  welcome (f, 1, "ann");
  wait_log (f, "ann opened ");
}

static void
test_are_reported_again_on_each_connection (Fixture *f, gconstpointer data)
{
  welcome (f, 1, "ann");
  wait_log (f, "ann opened ");
  test_server_hang_up (f->server, 1001);
  while (test_server_get_n_accepted (f->server) < 2)
    test_fake_clock_advance (f->clock, S / 10);
  welcome (f, 2, "bea");
  wait_log (f, "ann opened bea opened ");
}

static void
test_a_server_without_them_takes_them_back (Fixture *f, gconstpointer data)
{
  welcome (f, 1, "ann");
  wait_log (f, "ann opened ");
  test_server_hang_up (f->server, 1001);
  while (test_server_get_n_accepted (f->server) < 2)
    test_fake_clock_advance (f->clock, S / 10);
  welcome (f, 2, "");
  wait_log (f, "ann opened none opened ");
}

static void
test_are_renewed_before_they_expire (Fixture *f, gconstpointer data)
{
  g_autofree char *fresh =
      g_strdup_printf ("{\"type\":\"iceServers\"," SERVERS "}", "bea");

  welcome (f, 1, "ann");
  wait_log (f, "ann opened ");
  test_fake_clock_advance (f->clock, 59 * S);
  g_assert_cmpuint (test_server_count (f->server, "getIceServers"), ==, 0);
  test_fake_clock_advance (f->clock, 1 * S);
  wait_received (f, "getIceServers", 1);
  /* The answer may have been lost. */
  test_fake_clock_advance (f->clock, 5 * S);
  wait_received (f, "getIceServers", 2);
  test_server_send (f->server, fresh);
  wait_log (f, "ann opened bea ");
  test_fake_clock_advance (f->clock, 59 * S);
  g_assert_cmpuint (test_server_count (f->server, "getIceServers"), ==, 2);
  test_fake_clock_advance (f->clock, 1 * S);
  wait_received (f, "getIceServers", 3);
}

#define ADD(name, func)                                                        \
  g_test_add ("/client/ice/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("are-reported-before-the-connection-is-open",
       test_are_reported_before_the_connection_is_open);
  ADD ("are-reported-again-on-each-connection",
       test_are_reported_again_on_each_connection);
  ADD ("a-server-without-them-takes-them-back",
       test_a_server_without_them_takes_them_back);
  ADD ("are-renewed-before-they-expire", test_are_renewed_before_they_expire);
  return g_test_run ();
}
