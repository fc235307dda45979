/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "limits-fixture.h"

#include <string.h>

/* Messages that wait for clients that do not read them. */

static void
set_up_crowd (Fixture *f, gconstpointer unused)
{
  RwServerConfig *config = rw_server_config_new ();

  config->ping_interval_s = 1;
  config->max_clients = 200;
  config->max_queue_bytes = 16 * 1024 * 1024;
  config->message_rate = 0;
  limits_start (f, config);
}

static void
set_up_full (Fixture *f, gconstpointer unused)
{
  RwServerConfig *config = rw_server_config_new ();

  config->max_queues_bytes = 1024 * 1024;
  config->message_rate = 0;
  limits_start (f, config);
}

static void
say_status (TestPeer *talker, guint n)
{
  g_autofree char *large = g_strnfill (15 * 1024, 'x');

  test_peer_send_json (talker,
                       "{'type':'setPeerStatus','roles':['listener'],"
                       "'meta':['%s',%u]}",
                       large, n);
  g_free (test_peer_expect_type (talker, "peerStatusChanged"));
}

/* Hears more and more, and never reads it. */
static void
test_a_slow_reader_is_cut_off (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) talker = test_peer_new (f->host.port);
  g_autoptr (GSocketConnection) raw = raw_listen (f);

  g_free (test_peer_expect_type (talker, "welcome"));
  for (guint i = 0; i < 2000 && test_host_get_n_clients (&f->host) == 2; i++)
    say_status (talker, i);
  test_wait_until (limits_has_one, &f->host, "the slow reader to be cut off");
  raw_expect_end (raw);
}

/* A hundred that read nothing leave the server with one copy, not with a
 * hundred. */
static void
test_what_is_for_all_is_kept_once (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) talker = test_peer_new (f->host.port);
  g_autoptr (GPtrArray) crowd = g_ptr_array_new_with_free_func (g_object_unref);
  gsize pages;

  g_free (test_peer_expect_type (talker, "welcome"));
  for (guint i = 0; i < 100; i++)
    g_ptr_array_add (crowd, raw_listen (f));
  say_status (talker, 0);
  pages = limits_count_pages ();
  for (guint i = 1; i <= 200; i++)
    say_status (talker, i);

  g_assert_cmpuint (test_host_get_n_clients (&f->host), ==, 101);
  /* 3 MiB, a hundred places for each message, and for each client the piece
   * that is under way. */
  limits_expect_pages (pages + 3 * 1024);
}

/* It would else be cut off as silent: nobody answers pings that do not come. */
static void
test_a_ping_does_not_wait_for_all_that_is_queued (Fixture *f,
                                                  gconstpointer unused)
{
  g_autoptr (TestPeer) talker = test_peer_new (f->host.port);
  g_autoptr (GSocketConnection) slow = raw_listen (f);
  g_autoptr (GSocketConnection) idle = NULL;
  guint n = 0;

  g_free (test_peer_expect_type (talker, "welcome"));
  for (guint i = 0; i < 500; i++)
    say_status (talker, i);
  raw_expect_head (slow);
  for (guint i = 0; i < 20; i++)
    raw_read_frame (slow);
  /* When it has its ping, that of the other is due. */
  idle = raw_upgrade (f);
  raw_expect_head (idle);
  while (raw_read_frame (idle) != 0x89)
    continue;

  while (raw_read_frame (slow) != 0x89)
    g_assert_cmpuint (++n, <, 400);
}

static char *
get_metrics (Fixture *f)
{
  g_autoptr (GSocketConnection) raw = raw_connect (f);
  g_autoptr (GString) answer = g_string_new (NULL);
  char buffer[4096];
  gssize got;

  raw_send (raw, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  while ((got = raw_read (raw, buffer, sizeof buffer, NULL)) > 0)
    g_string_append_len (answer, buffer, got);
  return g_string_free (g_steal_pointer (&answer), FALSE);
}

/* Each is far below its own bound. The talker reads what it is told. */
static void
test_too_much_for_all_ends_those_that_do_not_read (Fixture *f,
                                                   gconstpointer unused)
{
  g_autoptr (TestPeer) talker = test_peer_new (f->host.port);
  g_autoptr (TestPeer) reader = test_peer_new (f->host.port);
  g_autoptr (GSocketConnection) first = raw_listen (f);
  g_autoptr (GSocketConnection) second = raw_listen (f);
  g_autofree char *metrics = NULL;
  guint n;

  g_free (test_peer_expect_type (talker, "welcome"));
  g_free (test_peer_expect_type (reader, "welcome"));
  test_peer_send_json (reader, "{'type':'setPeerStatus','roles':['listener'],"
                               "'meta':null}");
  for (n = 0; n < 2000 && test_host_get_n_clients (&f->host) == 4; n++) {
    say_status (talker, n);
    g_free (test_peer_expect_type (reader, "peerStatusChanged"));
  }

  raw_expect_end (first);
  raw_expect_end (second);
  g_assert_cmpuint (test_host_get_n_clients (&f->host), ==, 2);
  say_status (talker, n);
  g_free (test_peer_expect_type (reader, "peerStatusChanged"));
  metrics = get_metrics (f);
  g_assert_nonnull (strstr (metrics, "cut_total{reason=\"queues\"} 2\n"));
  g_assert_nonnull (strstr (metrics, "cut_total{reason=\"queue\"} 0\n"));
}

#define ADD(path, func)                                                        \
  g_test_add ("/queues/" path, Fixture, NULL, limits_set_up, func,             \
              limits_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-slow-reader-is-cut-off", test_a_slow_reader_is_cut_off);
  g_test_add ("/queues/what-is-for-all-is-kept-once", Fixture, NULL,
              set_up_crowd, test_what_is_for_all_is_kept_once,
              limits_tear_down);
  g_test_add ("/queues/a-ping-does-not-wait-for-all-that-is-queued", Fixture,
              NULL, set_up_crowd,
              test_a_ping_does_not_wait_for_all_that_is_queued,
              limits_tear_down);
  g_test_add ("/queues/too-much-for-all-ends-those-that-do-not-read", Fixture,
              NULL, set_up_full,
              test_too_much_for_all_ends_those_that_do_not_read,
              limits_tear_down);

  return g_test_run ();
}
