/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-later-version.h"
#include "test-resumable.h"
#include "test-session.h"

#include <string.h>

/*
 * Two servers of different versions share a Redis. The later one writes a
 * member into messages and a field into records that the other one does not
 * know; its clients, too, send members that no server knows.
 */

#define OPTIONS "--floor-grace=100"

typedef struct {
  TestRedis redis;
  TestNode now;
  TestNode later;
  TestLink link; /* of the later one */
  TestLaterVersion *version;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  memset (f, 0, sizeof *f);
  test_redis_init (&f->redis, FALSE);
  test_redis_start (&f->redis);
  f->version = test_later_version_new ();
  test_link_start (&f->link, f->redis.dir, f->redis.socket);
  test_later_version_add_link (f->version, &f->link);
  test_node_start_with (&f->now, f->redis.uri, OPTIONS);
  test_node_start_with (&f->later, f->link.uri, OPTIONS);
  test_node_wait_ready (&f->now);
  test_node_wait_ready (&f->later);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_node_kill (&f->now);
  test_node_kill (&f->later);
  test_link_stop (&f->link);
  test_later_version_free (f->version);
  test_redis_clear (&f->redis);
}

/* --- What is written --- */

typedef struct {
  TestRedis *redis;
  const char *id;
} Record;

static gboolean
has_field (gpointer user_data)
{
  const Record *record = user_data;
  g_autofree char *value = test_redis_do (
      record->redis, "HGET resilient-signalling:client:%s " TEST_LATER_FIELD,
      record->id);

  return g_strcmp0 (value, "x") == 0;
}

static void
wait_field (Fixture *f, const char *id)
{
  Record record = {&f->redis, id};

  test_wait_until (has_field, &record, "the later version's record");
}

/* Entries of the stream @key that have the field. */
static guint64
count_entries (Fixture *f, const char *key)
{
  g_autofree char *n = test_redis_do (
      &f->redis, "EVAL %s 1 resilient-signalling:%s",
      "local n = 0 "
      "for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do"
      "  for i = 1, #entry[2], 2 do"
      "    if entry[2][i] == '" TEST_LATER_FIELD "' then n = n + 1 end "
      "  end "
      "end "
      "return n",
      key);

  return g_ascii_strtoull (n, NULL, 10);
}

/* --- One session --- */

/* Numbers as those of a session, with a member that no server knows. */
static void
say_with_member (TestSession *session)
{
  for (guint side = 0; side < 2; side++)
    test_client_send (session->sides[side],
                      "'type':'peer','sessionId':'%s','%s':{'a':[1,null]},"
                      "'ice':{'candidate':'%u','sdpMLineIndex':0,'%s':1}",
                      session->id, TEST_LATER_FIELD, session->said[side]++,
                      TEST_LATER_FIELD);
}

static void
check_session (Fixture *f, TestNode *consumer_at, TestNode *producer_at,
               gboolean opted_in)
{
  g_auto (TestPair) pair;

  test_pair_connect (&pair, consumer_at, producer_at, opted_in);
  test_pair_meet (&pair);
  say_with_member (&pair.session);
  test_session_receive (&pair.session);
  test_session_talk (&pair.session);
  wait_field (f,
              consumer_at == &f->later ? pair.consumer->id : pair.producer->id);
  test_session_end (&pair.session);
}

static void
test_one_session (Fixture *f, gconstpointer opted_in)
{
  check_session (f, &f->now, &f->later, GPOINTER_TO_INT (opted_in));
  check_session (f, &f->later, &f->now, GPOINTER_TO_INT (opted_in));
  g_assert_cmpuint (test_later_version_count_messages (f->version), >=, 8);
}

/* --- One room --- */

static void
publish (TestResumable *client, guint n)
{
  test_resumable_send (client,
                       "'type':'publish','roomId':'r','data':'m%u','%s':true",
                       n, TEST_LATER_FIELD);
}

static void
test_one_room (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;
  g_auto (TestResumable) late;

  test_resumable_meet (&one, &f->later, &two, &f->now);
  for (guint i = 0; i < 20; i++) {
    publish (i % 2 == 0 ? &one : &two, i);
    test_resumable_receive_published (&one, i);
    test_resumable_receive_published (&two, i);
  }
  g_assert_cmpuint (count_entries (f, "log:r"), >=, 10);

  test_resumable_open (&late, &f->now);
  test_resumable_join (&late);
  g_free (test_resumable_receive (&one, "memberJoined"));
  g_free (test_resumable_receive (&two, "memberJoined"));
  test_resumable_send (&one, "'type':'leaveRoom','roomId':'%s'", "r");
  g_free (test_resumable_receive (&two, "memberLeft"));
  g_free (test_resumable_receive (&late, "memberLeft"));
}

/* The arbiter dies, and a server of the other version goes on with the state
 * that it has saved. */
static void
check_floor (Fixture *f, TestNode *arbiter, TestNode *other)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, arbiter, &two, other);
  test_resumable_send (&one, "'type':'requestFloor','roomId':'%s'", "r");
  g_free (test_resumable_receive (&one, "floorGranted"));
  g_free (test_resumable_receive (&two, "floorTaken"));
  test_resumable_send (&two, "'type':'requestFloor','roomId':'%s'", "r");
  g_free (test_resumable_receive (&two, "floorQueued"));
  test_resumable_leave (&one);
  test_node_kill (arbiter);
  g_free (test_resumable_receive (&two, "floorReleased"));
  g_free (test_resumable_receive (&two, "floorGranted"));
}

static void
test_one_floor (Fixture *f, gconstpointer unused)
{
  check_floor (f, &f->now, &f->later);
}

static void
test_one_floor_of_the_later_version (Fixture *f, gconstpointer unused)
{
  check_floor (f, &f->later, &f->now);
}

/* --- One resume --- */

static gboolean
is_home (gpointer user_data)
{
  const Record *record = user_data;
  g_autofree char *n = test_redis_do (
      record->redis, "HEXISTS resilient-signalling:client:%s from", record->id);

  return g_str_equal (n, "0");
}

/* Until the client's new home has written its record. The field that the other
 * version has written there is kept. */
static void
wait_home (Fixture *f, const char *id)
{
  Record record = {&f->redis, id};

  test_wait_until (is_home, &record, "the new home to write the record");
  g_assert_true (has_field (&record));
}

/* To and fro, while the other client sends to it. */
static void
test_one_resume (Fixture *f, gconstpointer unused)
{
  g_auto (TestPair) pair;

  test_pair_connect (&pair, &f->now, &f->now, TRUE);
  test_pair_meet (&pair);
  for (guint i = 0; i < 6; i++) {
    test_client_drop (pair.producer);
    test_session_send (&pair.session, 3);
    test_client_come (pair.producer, i % 2 == 0 ? &f->later : &f->now);
    say_with_member (&pair.session);
    test_session_receive (&pair.session);
    wait_home (f, pair.producer->id);
  }
  test_session_talk (&pair.session);
  g_assert_cmpuint (pair.producer->n_begun, ==, 1);
  g_assert_cmpuint (test_later_version_count_states (f->version), >=, 2);
}

/* The home dies: the other version has its record alone. */
static void
check_restored (Fixture *f, TestNode *home, TestNode *other)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, home, &two, other);
  publish (&two, 0);
  test_resumable_receive_published (&one, 0);
  test_node_kill (home);
  publish (&two, 1);
  test_resumable_restore (&one, other);
  test_resumable_receive_published (&one, 1);
  test_resumable_receive_range (&two, 0, 2);
}

static void
test_one_home_that_died (Fixture *f, gconstpointer unused)
{
  check_restored (f, &f->now, &f->later);
}

static void
test_one_home_of_the_later_version_that_died (Fixture *f, gconstpointer unused)
{
  check_restored (f, &f->later, &f->now);
}

/* --- What has no counterpart --- */

/* Entries of a kind that this version does not know. */
static void
test_unknown_entries_are_passed_over (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, &f->now, &two, &f->later);
  g_free (test_redis_do (
      &f->redis, "EVAL %s 0",
      "for _, key in ipairs(redis.call('KEYS', '*:mailbox:*')) do"
      "  redis.call('XADD', key, '*', 'kind', 'later', 'server', 'x',"
      "             'epoch', '1', 'number', '1', 'of', '1', 'ack', '0') "
      "end "
      "return 1"));
  test_resumable_publish (&two, 0);
  test_resumable_receive_range (&two, 0, 1);
  test_resumable_resume (&one, &f->later);
  test_resumable_receive_range (&one, 0, 1);
  test_resumable_resume (&one, &f->now);
  wait_field (f, one.id);
}

#define VERSIONS_TEST(name, data, func)                                        \
  g_test_add ("/server/nodes/versions/" name, Fixture, GINT_TO_POINTER (data), \
              set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  VERSIONS_TEST ("session", TRUE, test_one_session);
  VERSIONS_TEST ("session/plain", FALSE, test_one_session);
  VERSIONS_TEST ("room", 0, test_one_room);
  VERSIONS_TEST ("floor", 0, test_one_floor);
  VERSIONS_TEST ("floor/later", 0, test_one_floor_of_the_later_version);
  VERSIONS_TEST ("resume", 0, test_one_resume);
  VERSIONS_TEST ("restored", 0, test_one_home_that_died);
  VERSIONS_TEST ("restored/later", 0,
                 test_one_home_of_the_later_version_that_died);
  VERSIONS_TEST ("unknown-entries", 0, test_unknown_entries_are_passed_over);
  return g_test_run ();
}
