/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "room-member.h"

#include <string.h>

#include "rw-failure.h"
#include "test-host.h"
#include "test-relay.h"
#include "test-server.h"

/* Clients in a room of the real server, which is on a thread of its own. Their
 * connections break by simulation; what they receive is written in words. */

static void
host_set_up (TestHost *host, gconstpointer grace_ms)
{
  RwServerConfig *config = rw_server_config_new ();

  if (grace_ms != NULL)
    config->grace_ms = GPOINTER_TO_UINT (grace_ms) - 1;
  test_host_start (host, config);
}

static void
host_tear_down (TestHost *host, gconstpointer data)
{
  test_host_stop (host);
}

static void
test_members_hear_each_other (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = member_join (host->port, FALSE, "{\"name\":\"Ann\"}");
  g_autoptr (Member) b = member_join (host->port, FALSE, NULL);

  g_assert_nonnull (strstr (a->log->str, "joined r 1 holder nobody;"));
  g_assert_nonnull (strstr (b->log->str, "joined r 2 holder nobody;"));
  member_wait_noted (a, "other came -;");
  member_publish (a, "\"hi\"");
  member_wait_noted (b, "other said \"hi\";");
  member_wait_noted (a, "me said \"hi\";");
  member_publish (b, "{\"deep\":[1,null]}");
  member_wait_messages (a, 2);
  rw_ws_rooms_leave (member_get_rooms (b), "r");
  member_wait_noted (a, "other left;");
}

static void
test_who_returns_gets_what_it_missed (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = member_join (host->port, FALSE, NULL);
  g_autoptr (Member) b = member_join (host->port, FALSE, NULL);

  member_publish_numbers (a, 5);
  member_wait_messages (b, 5);
  member_lose_connection (b, 300 * MS);
  member_publish_numbers (a, 20);
  member_wait_messages (a, 25);
  member_wait_messages (b, 25);
  g_assert_cmpuint (b->n_returns, ==, 1);
  g_assert_cmpuint (b->missed, <=, 20);
  g_assert_cmpuint (b->outage_ms, >=, 200);
  g_assert_cmpuint (b->n_opened, ==, 2);
  member_publish_numbers (a, 1);
  member_wait_messages (b, 26);
}

static void
test_what_is_sent_while_away_is_sent_once (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = member_join (host->port, FALSE, NULL);
  g_autoptr (Member) b = member_join (host->port, FALSE, NULL);

  for (guint i = 0; i < 5; i++) {
    member_publish_numbers (b, 3);
    member_lose_connection (b, 50 * MS);
    member_publish_numbers (b, 3);
    member_wait_opened (b, i + 2);
  }
  member_wait_messages (a, 30);
  member_wait_messages (b, 30);
}

static void
test_floor_goes_round (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = member_join (host->port, FALSE, NULL);
  g_autoptr (Member) b = member_join (host->port, FALSE, NULL);

  rw_ws_rooms_request_floor (member_get_rooms (a), "r", 0, TRUE);
  member_wait_noted (a, "granted;");
  member_wait_noted (b, "taken by other;");
  rw_ws_rooms_request_floor (member_get_rooms (b), "r", 0, FALSE);
  member_wait_noted (b, "denied for other;");
  rw_ws_rooms_request_floor (member_get_rooms (b), "r", 9, TRUE);
  member_wait_noted (b, "queued 1;");
  rw_ws_rooms_release_floor (member_get_rooms (a), "r");
  member_wait_noted (b, "released by other: released;");
  member_wait_noted (a, "released by me: released;");
  member_wait_noted (b, "granted;");
  rw_ws_rooms_leave (member_get_rooms (b), "r");
  member_wait_noted (a, "released by other: left;");
}

static void
test_holder_that_drops_and_returns_keeps_it (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = member_join (host->port, FALSE, NULL);
  g_autoptr (Member) b = member_join (host->port, FALSE, NULL);

  rw_ws_rooms_request_floor (member_get_rooms (a), "r", 0, TRUE);
  member_wait_noted (a, "granted;");
  member_wait_noted (b, "taken by other;");
  member_clear_log (a);
  member_lose_connection (a, 300 * MS);
  member_wait_noted (a, "granted;");
  /* Nobody else has noticed. */
  rw_ws_rooms_request_floor (member_get_rooms (b), "r", 0, FALSE);
  member_wait_noted (b, "denied for other;");
  g_assert_null (strstr (b->log->str, "released"));
  g_assert_null (strstr (b->log->str, "left"));
}

static guint64
count_stale (Member *m)
{
  RwWsSignallerCounts counts;

  rw_ws_signaller_get_counts (m->ws, &counts);
  return counts.dropped_stale;
}

static void
test_stale_press_is_dropped (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = member_join (host->port, FALSE, NULL);
  g_autoptr (Member) b = member_join (host->port, TRUE, NULL);

  member_lose_connection (b, 3000 * MS);
  member_publish (b, "\"before\"");
  rw_ws_rooms_request_floor (member_get_rooms (b), "r", 0, TRUE);
  member_publish (b, "\"after\"");
  test_fake_clock_advance (b->fake, 3100 * MS);
  member_wait_opened (b, 2);
  member_wait_noted (a, "other said \"before\";other said \"after\";");
  g_assert_null (strstr (a->log->str, "taken"));
  g_assert_cmpuint (count_stale (b), ==, 1);
}

static void
test_fresh_press_is_kept (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = member_join (host->port, FALSE, NULL);
  g_autoptr (Member) b = member_join (host->port, TRUE, NULL);

  member_lose_connection (b, 1000 * MS);
  rw_ws_rooms_request_floor (member_get_rooms (b), "r", 0, TRUE);
  test_fake_clock_advance (b->fake, 1100 * MS);
  member_wait_opened (b, 2);
  member_wait_noted (a, "taken by other;");
  member_wait_noted (b, "granted;");
  g_assert_cmpuint (count_stale (b), ==, 0);
}

/* The server has forgotten us: its grace is none. */
static void
test_forgotten_member_joins_again (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = member_join (host->port, FALSE, NULL);
  g_autoptr (Member) b = member_join (host->port, FALSE, "1");

  member_clear_log (b);
  member_lose_connection (b, 100 * MS);
  member_publish (b, "\"still here\"");
  member_wait_noted (b, "joined r 2 holder nobody;");
  member_wait_noted (a, "other left;other came 1;other said \"still here\";");
  member_wait_messages (b, 1);
  g_assert_cmpuint (b->n_returns, ==, 1);
  g_assert_cmpuint (b->missed, ==, 0);
  g_assert_cmpuint (b->outage_ms, >=, 90);
}

/* But not the room, in which another one has stayed. */
static void
test_forgotten_member_gets_what_it_missed (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = member_join (host->port, FALSE, NULL);
  g_autoptr (Member) b = member_join (host->port, FALSE, NULL);

  member_publish_numbers (a, 5);
  member_wait_messages (b, 5);
  for (guint i = 1; i <= 3; i++) {
    member_lose_connection (b, 200 * MS);
    member_clear_log (a);
    member_publish_numbers (a, 10);
    member_wait_messages (a, 5 + 10 * i);
    member_wait_messages (b, 5 + 10 * i);
    g_assert_cmpuint (b->n_opened, ==, i + 1);
    g_assert_cmpuint (b->n_returns, ==, i);
    g_assert_cmpuint (b->outage_ms, >=, 190);
    member_wait_noted (a, "other came -;");
  }
  g_assert_cmpuint (b->missed, <=, 30);
  member_publish_numbers (b, 1);
  member_wait_messages (b, 36);
}

/* The last one takes the room along. */
static void
test_room_of_one_begins_anew (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) b = member_join (host->port, FALSE, NULL);

  member_publish_numbers (b, 5);
  member_wait_messages (b, 5);
  member_clear_log (b);
  member_lose_connection (b, 100 * MS);
  member_wait_noted (b, "joined r 1 holder nobody;");
  b->n_messages = 0;
  member_publish_numbers (b, 1);
  member_wait_messages (b, 1);
  g_assert_cmpuint (b->sequence, ==, 1);
  g_assert_cmpuint (b->n_returns, ==, 0);
}

static void
test_what_cannot_be_sent_is_rejected (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = member_join (host->port, FALSE, NULL);
  g_autofree char *long_id = g_strnfill (257, 'r');
  const char *bad_ids[] = {"", long_id, "\xff"};
  const char *bad_data[] = {"", "{", "{} x", "nan", "\"\xff\""};

  for (guint i = 0; i < G_N_ELEMENTS (bad_ids); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (
        rw_ws_rooms_join (member_get_rooms (a), bad_ids[i], NULL, &error));
    g_assert_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS);
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad_data); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (
        rw_ws_rooms_publish (member_get_rooms (a), "r", bad_data[i], &error));
    g_assert_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS);
  }
  g_assert_false (
      rw_ws_rooms_publish (member_get_rooms (a), "elsewhere", "1", NULL));
  rw_ws_rooms_request_floor (member_get_rooms (a), "elsewhere", 0, TRUE);
  member_wait_noted (a, "error elsewhere unknown-room;");
}

/* ---- servers that are not the real one ---- */

static void
test_ordinary_server_has_no_rooms (void)
{
  g_autoptr (TestServer) server = test_server_new ();
  g_autoptr (Member) a = member_new (test_server_get_port (server), FALSE);
  g_autoptr (GError) error = NULL;

  g_assert_true (rw_ws_rooms_join (member_get_rooms (a), "r", NULL, &error));
  rw_signaller_start (a->signaller);
  member_wait_noted (a, "error r seat-needed;");
  member_wait_opened (a, 1);
  g_assert_false (rw_ws_rooms_join (member_get_rooms (a), "q", NULL, &error));
  g_assert_error (error, RW_FAILURE_ERROR, RW_FAILURE_REFUSED);
  rw_ws_rooms_request_floor (member_get_rooms (a), "r", 0, TRUE);
  g_assert_cmpuint (count_stale (a), ==, 2);
  g_assert_cmpuint (test_server_count (server, "oom"), ==, 0);
}

static gboolean
is_resumed (gpointer data)
{
  return test_server_get_n_resumed (data) > 0;
}

static gboolean
has_heard_two (gpointer data)
{
  return test_server_get_heard (data)->len >= 2;
}

/* Said, but swallowed on its way: it has a number already. */
static void
test_press_that_was_swallowed_is_not_repeated (void)
{
  g_autoptr (TestServer) server = test_server_new ();
  g_autoptr (TestRelay) relay = test_relay_new (test_server_get_port (server));
  g_autoptr (Member) a = member_new (test_relay_get_port (relay), TRUE);
  GPtrArray *heard = test_server_get_heard (server);

  test_server_keep_client (server);
  rw_signaller_start (a->signaller);
  member_wait_opened (a, 1);
  test_relay_forget_all (relay);
  rw_ws_rooms_request_floor (member_get_rooms (a), "r", 0, TRUE);
  rw_ws_rooms_release_floor (member_get_rooms (a), "r");
  test_fake_clock_advance (a->fake, 3000 * MS);
  rw_signaller_retry_now (a->signaller);
  test_fake_clock_advance (a->fake, 1000 * MS);
  test_wait (is_resumed, server);
  test_wait (has_heard_two, server);
  g_assert_cmpuint (heard->len, ==, 2);
  g_assert_null (strstr (heard->pdata[0], "requestFloor"));
  g_assert_nonnull (strstr (heard->pdata[1], "releaseFloor"));
  g_assert_cmpuint (count_stale (a), ==, 1);
}

#define ADD(name, func)                                                        \
  g_test_add ("/client/rooms/" name, TestHost, NULL, host_set_up, func,        \
              host_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("members-hear-each-other", test_members_hear_each_other);
  ADD ("who-returns-gets-what-it-missed", test_who_returns_gets_what_it_missed);
  ADD ("what-is-sent-while-away-is-sent-once",
       test_what_is_sent_while_away_is_sent_once);
  ADD ("floor-goes-round", test_floor_goes_round);
  ADD ("holder-that-drops-and-returns-keeps-it",
       test_holder_that_drops_and_returns_keeps_it);
  ADD ("stale-press-is-dropped", test_stale_press_is_dropped);
  ADD ("fresh-press-is-kept", test_fresh_press_is_kept);
  /* No grace at all. */
  g_test_add ("/client/rooms/forgotten-member-joins-again", TestHost,
              GUINT_TO_POINTER (1), host_set_up,
              test_forgotten_member_joins_again, host_tear_down);
  g_test_add ("/client/rooms/forgotten-member-gets-what-it-missed", TestHost,
              GUINT_TO_POINTER (1), host_set_up,
              test_forgotten_member_gets_what_it_missed, host_tear_down);
  g_test_add ("/client/rooms/room-of-one-begins-anew", TestHost,
              GUINT_TO_POINTER (1), host_set_up, test_room_of_one_begins_anew,
              host_tear_down);
  ADD ("what-cannot-be-sent-is-rejected", test_what_cannot_be_sent_is_rejected);
  g_test_add_func ("/client/rooms/ordinary-server-has-no-rooms",
                   test_ordinary_server_has_no_rooms);
  g_test_add_func ("/client/rooms/press-that-was-swallowed-is-not-repeated",
                   test_press_that_was_swallowed_is_not_repeated);
  return g_test_run ();
}
