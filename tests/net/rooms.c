/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-failure.h"
#include "rw-fake-clock.h"
#include "rw-test-relay.h"
#include "rw-test-server.h"
#include "rw-ws-rooms.h"
#include "test-host.h"

#include <string.h>

/* Clients in a room of the real server, which is on a thread of its own. Their
 * lines break by rehearsal; what they hear is told in words. */

#define MS G_GINT64_CONSTANT (1000)

typedef struct {
  RwClock *clock;
  RwFakeClock *fake; /* the same, or NULL */
  RwWsSignaller *ws;
  RwSignaller *signaller;
  char *id;
  GString *log;
  guint n_opened;
  guint n_closed;
  guint n_messages;
  guint64 sequence; /* of the last message */
  guint64 missed;
  guint64 outage_ms;
  guint n_returns;
} Member;

static void
note (Member *m, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_string_append_vprintf (m->log, format, args);
  g_string_append_c (m->log, ';');
  va_end (args);
}

/* Peers by what they are to us. */
static const char *
name_of (Member *m, const char *id)
{
  return id == NULL ? "nobody" : g_strcmp0 (id, m->id) == 0 ? "me" : "other";
}

static void
on_opened (RwWsSignaller *ws, const char *id, Member *m)
{
  g_free (m->id);
  m->id = g_strdup (id);
  m->n_opened++;
}

static void
on_closed (RwWsSignaller *ws, GError *error, gboolean will_retry,
           gint64 delay_us, Member *m)
{
  m->n_closed++;
}

static void
on_room_joined (RwWsSignaller *ws, const char *room_id, guint64 sequence,
                GPtrArray *members, const char *holder, Member *m)
{
  note (m, "joined %s %u holder %s", room_id, members->len,
        name_of (m, holder));
}

static void
on_member_joined (RwWsSignaller *ws, const char *room_id, const char *id,
                  const char *meta, Member *m)
{
  note (m, "%s came %s", name_of (m, id), meta != NULL ? meta : "-");
}

static void
on_member_left (RwWsSignaller *ws, const char *room_id, const char *id,
                Member *m)
{
  note (m, "%s left", name_of (m, id));
}

/* Each once, in order. */
static void
on_room_message (RwWsSignaller *ws, const char *room_id, guint64 sequence,
                 const char *id, const char *data, Member *m)
{
  if (m->n_messages > 0)
    g_assert_cmpuint (sequence, ==, m->sequence + 1);
  m->sequence = sequence;
  m->n_messages++;
  if (*data == '"')
    note (m, "%s said %s", name_of (m, id), data);
}

static void
on_reconnection_detected (RwWsSignaller *ws, const char *room_id,
                          guint64 outage_ms, guint64 missed, guint64 lost,
                          const char *holder, Member *m)
{
  m->outage_ms = outage_ms;
  g_assert_cmpuint (lost, ==, 0);
  m->missed += missed;
  m->n_returns++;
}

static void
on_floor_granted (RwWsSignaller *ws, const char *room_id, guint64 max_hold_ms,
                  Member *m)
{
  g_assert_cmpuint (max_hold_ms, <=, 60000);
  note (m, "granted");
}

static void
on_floor_queued (RwWsSignaller *ws, const char *room_id, guint position,
                 Member *m)
{
  note (m, "queued %u", position);
}

static void
on_floor_denied (RwWsSignaller *ws, const char *room_id, const char *id,
                 Member *m)
{
  note (m, "denied for %s", name_of (m, id));
}

static void
on_floor_taken (RwWsSignaller *ws, const char *room_id, const char *id,
                Member *m)
{
  note (m, "taken by %s", name_of (m, id));
}

static void
on_floor_released (RwWsSignaller *ws, const char *room_id, const char *id,
                   const char *reason, Member *m)
{
  note (m, "released by %s: %s", name_of (m, id), reason);
}

static void
on_room_error (RwWsSignaller *ws, const char *room_id, const char *code,
               const char *details, Member *m)
{
  note (m, "error %s %s", room_id, code);
}

static void
connect_signals (Member *m)
{
  static const struct {
    const char *signal;
    GCallback handler;
  } handlers[] = {
      {"opened", G_CALLBACK (on_opened)},
      {"closed", G_CALLBACK (on_closed)},
      {"room-joined", G_CALLBACK (on_room_joined)},
      {"member-joined", G_CALLBACK (on_member_joined)},
      {"member-left", G_CALLBACK (on_member_left)},
      {"room-message", G_CALLBACK (on_room_message)},
      {"reconnection-detected", G_CALLBACK (on_reconnection_detected)},
      {"floor-granted", G_CALLBACK (on_floor_granted)},
      {"floor-queued", G_CALLBACK (on_floor_queued)},
      {"floor-denied", G_CALLBACK (on_floor_denied)},
      {"floor-taken", G_CALLBACK (on_floor_taken)},
      {"floor-released", G_CALLBACK (on_floor_released)},
      {"room-error", G_CALLBACK (on_room_error)},
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (m->ws, handlers[i].signal, handlers[i].handler, m);
}

static Member *
member_new (guint port, gboolean fake_clock)
{
  Member *m = g_new0 (Member, 1);
  g_autofree char *uri = g_strdup_printf ("ws://127.0.0.1:%u", port);
  const char *uris[] = {uri, NULL};
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;
  g_autoptr (GError) error = NULL;

  config.uris = uris;
  config.backoff.delay_us = 20 * MS;
  config.backoff.delay_max_us = 100 * MS;
  config.spread_us = 0;
  m->fake = fake_clock ? rw_fake_clock_new () : NULL;
  m->clock = fake_clock ? RW_CLOCK (m->fake) : rw_clock_new ();
  /* A clock turned by hand outruns every pong. */
  config.ping_interval_us = fake_clock ? 0 : config.ping_interval_us;
  m->log = g_string_new (NULL);
  m->ws = rw_ws_signaller_new (m->clock, NULL, NULL, &config, &error);
  g_assert_no_error (error);
  m->signaller = RW_SIGNALLER (m->ws);
  connect_signals (m);
  return m;
}

static void
member_free (Member *m)
{
  g_assert_finalize_object (m->ws);
  g_object_unref (m->clock);
  g_string_free (m->log, TRUE);
  g_free (m->id);
  g_free (m);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Member, member_free)

/* ---- waiting ---- */

typedef struct {
  Member *member;
  const char *part;
  guint n;
} Wanted;

static gboolean
is_noted (gpointer data)
{
  Wanted *wanted = data;

  return strstr (wanted->member->log->str, wanted->part) != NULL;
}

static void
wait_noted (Member *m, const char *part)
{
  Wanted wanted = {m, part, 0};

  rw_test_wait (is_noted, &wanted);
}

static gboolean
has_messages (gpointer data)
{
  Wanted *wanted = data;

  return wanted->member->n_messages >= wanted->n;
}

static void
wait_messages (Member *m, guint n)
{
  Wanted wanted = {m, NULL, n};

  rw_test_wait (has_messages, &wanted);
  g_assert_cmpuint (m->n_messages, ==, n);
}

static gboolean
has_closed (gpointer data)
{
  Wanted *wanted = data;

  return wanted->member->n_closed >= wanted->n;
}

static gboolean
has_opened (gpointer data)
{
  Wanted *wanted = data;

  return wanted->member->n_opened >= wanted->n;
}

static void
wait_opened (Member *m, guint n)
{
  Wanted wanted = {m, NULL, n};

  rw_test_wait (has_opened, &wanted);
}

/* Its line is gone for so long. */
static void
lose_line (Member *m, gint64 duration_us)
{
  Wanted wanted = {m, NULL, m->n_closed + 1};

  rw_ws_signaller_simulate_outage (m->ws, duration_us);
  rw_test_wait (has_closed, &wanted);
}

static void
forget_log (Member *m)
{
  g_string_truncate (m->log, 0);
}

static Member *
join (guint port, gboolean fake_clock, const char *meta)
{
  Member *m = member_new (port, fake_clock);
  g_autoptr (GError) error = NULL;

  rw_signaller_start (m->signaller);
  g_assert_true (rw_ws_signaller_join_room (m->ws, "r", meta, &error));
  g_assert_no_error (error);
  wait_noted (m, "joined r");
  return m;
}

static void
publish (Member *m, const char *data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (rw_ws_signaller_publish (m->ws, "r", data, &error));
  g_assert_no_error (error);
}

static void
publish_numbers (Member *m, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_autofree char *data = g_strdup_printf ("%u", i);

    publish (m, data);
  }
}

/* ---- tests ---- */

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
  g_autoptr (Member) a = join (host->port, FALSE, "{\"name\":\"Ann\"}");
  g_autoptr (Member) b = join (host->port, FALSE, NULL);

  g_assert_nonnull (strstr (a->log->str, "joined r 1 holder nobody;"));
  g_assert_nonnull (strstr (b->log->str, "joined r 2 holder nobody;"));
  wait_noted (a, "other came -;");
  publish (a, "\"hi\"");
  wait_noted (b, "other said \"hi\";");
  wait_noted (a, "me said \"hi\";");
  publish (b, "{\"deep\":[1,null]}");
  wait_messages (a, 2);
  rw_ws_signaller_leave_room (b->ws, "r");
  wait_noted (a, "other left;");
}

static void
test_who_returns_gets_what_it_missed (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = join (host->port, FALSE, NULL);
  g_autoptr (Member) b = join (host->port, FALSE, NULL);

  publish_numbers (a, 5);
  wait_messages (b, 5);
  lose_line (b, 300 * MS);
  publish_numbers (a, 20);
  wait_messages (a, 25);
  wait_messages (b, 25);
  g_assert_cmpuint (b->n_returns, ==, 1);
  g_assert_cmpuint (b->missed, <=, 20);
  g_assert_cmpuint (b->outage_ms, >=, 200);
  g_assert_cmpuint (b->n_opened, ==, 2);
  publish_numbers (a, 1);
  wait_messages (b, 26);
}

static void
test_what_is_said_while_away_is_said_once (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = join (host->port, FALSE, NULL);
  g_autoptr (Member) b = join (host->port, FALSE, NULL);

  for (guint i = 0; i < 5; i++) {
    publish_numbers (b, 3);
    lose_line (b, 50 * MS);
    publish_numbers (b, 3);
    wait_opened (b, i + 2);
  }
  wait_messages (a, 30);
  wait_messages (b, 30);
}

static void
test_floor_goes_round (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = join (host->port, FALSE, NULL);
  g_autoptr (Member) b = join (host->port, FALSE, NULL);

  rw_ws_signaller_request_floor (a->ws, "r", 0, TRUE);
  wait_noted (a, "granted;");
  wait_noted (b, "taken by other;");
  rw_ws_signaller_request_floor (b->ws, "r", 0, FALSE);
  wait_noted (b, "denied for other;");
  rw_ws_signaller_request_floor (b->ws, "r", 9, TRUE);
  wait_noted (b, "queued 1;");
  rw_ws_signaller_release_floor (a->ws, "r");
  wait_noted (b, "released by other: released;");
  wait_noted (a, "released by me: released;");
  wait_noted (b, "granted;");
  rw_ws_signaller_leave_room (b->ws, "r");
  wait_noted (a, "released by other: left;");
}

static void
test_holder_that_drops_and_returns_keeps_it (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = join (host->port, FALSE, NULL);
  g_autoptr (Member) b = join (host->port, FALSE, NULL);

  rw_ws_signaller_request_floor (a->ws, "r", 0, TRUE);
  wait_noted (a, "granted;");
  wait_noted (b, "taken by other;");
  forget_log (a);
  lose_line (a, 300 * MS);
  wait_noted (a, "granted;");
  /* Nobody else has noticed. */
  rw_ws_signaller_request_floor (b->ws, "r", 0, FALSE);
  wait_noted (b, "denied for other;");
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
  g_autoptr (Member) a = join (host->port, FALSE, NULL);
  g_autoptr (Member) b = join (host->port, TRUE, NULL);

  lose_line (b, 3000 * MS);
  publish (b, "\"before\"");
  rw_ws_signaller_request_floor (b->ws, "r", 0, TRUE);
  publish (b, "\"after\"");
  rw_fake_clock_advance (b->fake, 3100 * MS);
  wait_opened (b, 2);
  wait_noted (a, "other said \"before\";other said \"after\";");
  g_assert_null (strstr (a->log->str, "taken"));
  g_assert_cmpuint (count_stale (b), ==, 1);
}

static void
test_fresh_press_is_kept (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = join (host->port, FALSE, NULL);
  g_autoptr (Member) b = join (host->port, TRUE, NULL);

  lose_line (b, 1000 * MS);
  rw_ws_signaller_request_floor (b->ws, "r", 0, TRUE);
  rw_fake_clock_advance (b->fake, 1100 * MS);
  wait_opened (b, 2);
  wait_noted (a, "taken by other;");
  wait_noted (b, "granted;");
  g_assert_cmpuint (count_stale (b), ==, 0);
}

/* The server has forgotten us: its grace is none. */
static void
test_forgotten_member_joins_again (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = join (host->port, FALSE, NULL);
  g_autoptr (Member) b = join (host->port, FALSE, "1");

  forget_log (b);
  lose_line (b, 100 * MS);
  publish (b, "\"still here\"");
  wait_noted (b, "joined r 2 holder nobody;");
  wait_noted (a, "other left;other came 1;other said \"still here\";");
  wait_messages (b, 1);
  g_assert_cmpuint (b->n_returns, ==, 1);
  g_assert_cmpuint (b->missed, ==, 0);
  g_assert_cmpuint (b->outage_ms, >=, 90);
}

/* But not the room, in which another one has stayed. */
static void
test_forgotten_member_gets_what_it_missed (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = join (host->port, FALSE, NULL);
  g_autoptr (Member) b = join (host->port, FALSE, NULL);

  publish_numbers (a, 5);
  wait_messages (b, 5);
  for (guint i = 1; i <= 3; i++) {
    lose_line (b, 200 * MS);
    forget_log (a);
    publish_numbers (a, 10);
    wait_messages (a, 5 + 10 * i);
    wait_messages (b, 5 + 10 * i);
    g_assert_cmpuint (b->n_opened, ==, i + 1);
    g_assert_cmpuint (b->n_returns, ==, i);
    g_assert_cmpuint (b->outage_ms, >=, 190);
    wait_noted (a, "other came -;");
  }
  g_assert_cmpuint (b->missed, <=, 30);
  publish_numbers (b, 1);
  wait_messages (b, 36);
}

/* The last one takes the room along. */
static void
test_room_of_one_begins_anew (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) b = join (host->port, FALSE, NULL);

  publish_numbers (b, 5);
  wait_messages (b, 5);
  forget_log (b);
  lose_line (b, 100 * MS);
  wait_noted (b, "joined r 1 holder nobody;");
  b->n_messages = 0;
  publish_numbers (b, 1);
  wait_messages (b, 1);
  g_assert_cmpuint (b->sequence, ==, 1);
  g_assert_cmpuint (b->n_returns, ==, 0);
}

static void
test_what_cannot_be_said_is_told (TestHost *host, gconstpointer data)
{
  g_autoptr (Member) a = join (host->port, FALSE, NULL);
  g_autofree char *long_id = g_strnfill (257, 'r');
  const char *bad_ids[] = {"", long_id, "\xff"};
  const char *bad_data[] = {"", "{", "{} x", "nan", "\"\xff\""};

  for (guint i = 0; i < G_N_ELEMENTS (bad_ids); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (
        rw_ws_signaller_join_room (a->ws, bad_ids[i], NULL, &error));
    g_assert_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS);
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad_data); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (rw_ws_signaller_publish (a->ws, "r", bad_data[i], &error));
    g_assert_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS);
  }
  g_assert_false (rw_ws_signaller_publish (a->ws, "elsewhere", "1", NULL));
  rw_ws_signaller_request_floor (a->ws, "elsewhere", 0, TRUE);
  wait_noted (a, "error elsewhere unknown-room;");
}

/* ---- servers that are not the real one ---- */

static void
test_ordinary_server_has_no_rooms (void)
{
  g_autoptr (RwTestServer) server = rw_test_server_new ();
  g_autoptr (Member) a = member_new (rw_test_server_get_port (server), FALSE);
  g_autoptr (GError) error = NULL;

  g_assert_true (rw_ws_signaller_join_room (a->ws, "r", NULL, &error));
  rw_signaller_start (a->signaller);
  wait_noted (a, "error r seat-needed;");
  wait_opened (a, 1);
  g_assert_false (rw_ws_signaller_join_room (a->ws, "q", NULL, &error));
  g_assert_error (error, RW_FAILURE_ERROR, RW_FAILURE_REFUSED);
  rw_ws_signaller_request_floor (a->ws, "r", 0, TRUE);
  g_assert_cmpuint (count_stale (a), ==, 2);
  g_assert_cmpuint (rw_test_server_count (server, "oom"), ==, 0);
}

static gboolean
is_resumed (gpointer data)
{
  return rw_test_server_get_n_resumed (data) > 0;
}

static gboolean
has_heard_two (gpointer data)
{
  return rw_test_server_get_heard (data)->len >= 2;
}

/* Said, but swallowed on its way: it has a number already. */
static void
test_press_that_was_swallowed_is_not_repeated (void)
{
  g_autoptr (RwTestServer) server = rw_test_server_new ();
  g_autoptr (RwTestRelay) relay =
      rw_test_relay_new (rw_test_server_get_port (server));
  g_autoptr (Member) a = member_new (rw_test_relay_get_port (relay), TRUE);
  GPtrArray *heard = rw_test_server_get_heard (server);

  rw_test_server_keep_seat (server);
  rw_signaller_start (a->signaller);
  wait_opened (a, 1);
  rw_test_relay_forget_all (relay);
  rw_ws_signaller_request_floor (a->ws, "r", 0, TRUE);
  rw_ws_signaller_release_floor (a->ws, "r");
  rw_fake_clock_advance (a->fake, 3000 * MS);
  rw_signaller_retry_now (a->signaller);
  rw_fake_clock_advance (a->fake, 1000 * MS);
  rw_test_wait (is_resumed, server);
  rw_test_wait (has_heard_two, server);
  g_assert_cmpuint (heard->len, ==, 2);
  g_assert_null (strstr (heard->pdata[0], "requestFloor"));
  g_assert_nonnull (strstr (heard->pdata[1], "releaseFloor"));
  g_assert_cmpuint (count_stale (a), ==, 1);
}

#define ADD(name, func)                                                        \
  g_test_add ("/net/rooms/" name, TestHost, NULL, host_set_up, func,           \
              host_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("members-hear-each-other", test_members_hear_each_other);
  ADD ("who-returns-gets-what-it-missed", test_who_returns_gets_what_it_missed);
  ADD ("what-is-said-while-away-is-said-once",
       test_what_is_said_while_away_is_said_once);
  ADD ("floor-goes-round", test_floor_goes_round);
  ADD ("holder-that-drops-and-returns-keeps-it",
       test_holder_that_drops_and_returns_keeps_it);
  ADD ("stale-press-is-dropped", test_stale_press_is_dropped);
  ADD ("fresh-press-is-kept", test_fresh_press_is_kept);
  /* No grace at all. */
  g_test_add ("/net/rooms/forgotten-member-joins-again", TestHost,
              GUINT_TO_POINTER (1), host_set_up,
              test_forgotten_member_joins_again, host_tear_down);
  g_test_add ("/net/rooms/forgotten-member-gets-what-it-missed", TestHost,
              GUINT_TO_POINTER (1), host_set_up,
              test_forgotten_member_gets_what_it_missed, host_tear_down);
  g_test_add ("/net/rooms/room-of-one-begins-anew", TestHost,
              GUINT_TO_POINTER (1), host_set_up, test_room_of_one_begins_anew,
              host_tear_down);
  ADD ("what-cannot-be-said-is-told", test_what_cannot_be_said_is_told);
  g_test_add_func ("/net/rooms/ordinary-server-has-no-rooms",
                   test_ordinary_server_has_no_rooms);
  g_test_add_func ("/net/rooms/press-that-was-swallowed-is-not-repeated",
                   test_press_that_was_swallowed_is_not_repeated);
  return g_test_run ();
}
