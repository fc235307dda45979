/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies and records from a hostile hand, and a Redis that comes and goes,
 * without a Redis. */
#include "rw-cluster-peers.h"
#include "rw-entry-id.h"
#include "rw-redis-uri.h"
#include "test-fake-redis.h"

#include <string.h>

typedef struct {
  guint n_ids;
  RwClients *clients;
  RwClusterStore *store;
  RwClusterReader *reader;
  RwClusterPeers *peers;
  RwRedis *commands;
  guint n_answers;
} Fixture;

static char *
new_id (gpointer user_data)
{
  return g_strdup_printf ("local%u", ++((Fixture *) user_data)->n_ids);
}

static void
on_up (gpointer user_data)
{
  rw_cluster_store_open (((Fixture *) user_data)->store);
}

static void
on_down (const GError *error, gpointer user_data)
{
}

static void
on_answered (gpointer user_data)
{
}

static void
on_entry (const char *key, const char *id, const redisReply *fields,
          gpointer user_data)
{
}

static void
go_up (Fixture *f)
{
  test_fake_redis_go_up (f->commands);
  test_fake_redis_go_up (test_fake_redis_get (1));
  /* The scripts are loaded first. */
  for (guint i = 0; i < RW_N_SCRIPTS; i++)
    test_fake_redis_answer (f->commands, "+OK\r\n", -1);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  static const RwClusterStoreFuncs funcs = {on_up, on_down, on_answered};
  const RwClientsConfig config = {.new_id = new_id,
                                  .new_token = new_id,
                                  .user_data = f,
                                  .grace_us = G_USEC_PER_SEC,
                                  .max_kept = 100,
                                  .max_kept_bytes = 1000000,
                                  .max_waiting = 100};
  g_autoptr (GUri) uri = rw_redis_uri_parse ("unix:///nowhere", NULL);

  f->clients = rw_clients_new (&config);
  f->store = rw_cluster_store_new (uri, "p", "me", NULL, &funcs, f);
  f->reader = rw_cluster_reader_new (f->store, "p:mailbox:me", on_entry, f);
  f->peers = rw_cluster_peers_new (f->store, f->reader, f->clients, "me");
  f->commands = test_fake_redis_get (0);
  go_up (f);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_cluster_store_free (f->store);
  rw_cluster_peers_free (f->peers);
  rw_cluster_reader_free (f->reader);
  rw_clients_free (f->clients);
}

/* --- Replies --- */

static redisReply *
parse (const GString *resp)
{
  redisReader *reader = redisReaderCreate ();
  gpointer reply = NULL;

  redisReaderFeed (reader, resp->str, resp->len);
  g_assert_cmpint (redisReaderGetReply (reader, &reply), ==, REDIS_OK);
  redisReaderFree (reader);
  return reply;
}

static void
test_fields_of_wrong_types_read_as_absent (void)
{
  g_autoptr (GString) resp = g_string_new (NULL);
  g_autofree char *large = g_strnfill (RW_REPLY_MAX_TEXT + 1, 'x');
  redisReply *fields;

  test_resp_add_array (resp, 15);
  g_string_append (resp, "$6\r\nnumber\r\n:-5\r\n$5\r\narray\r\n*1\r\n:1\r\n");
  test_resp_add_text (resp, "large", -1);
  test_resp_add_text (resp, large, -1);
  test_resp_add_text (resp, "nul", -1);
  test_resp_add_text (resp, "a\0b", 3);
  test_resp_add_text (resp, "latin", -1);
  test_resp_add_text (resp, "\xff\xfe", -1);
  test_resp_add_text (resp, "overflow", -1);
  test_resp_add_text (resp, "18446744073709551616", -1);
  g_string_append (resp, "*0\r\n$5\r\nvalue\r\n$4\r\nlone\r\n");
  fields = parse (resp);

  g_assert_cmpuint (rw_fields_get_number (fields, "number"), ==, 0);
  g_assert_cmpuint (rw_fields_get_number (fields, "overflow"), ==, 0);
  g_assert_null (rw_fields_get_text (fields, "array"));
  g_assert_null (rw_fields_get_text (fields, "large"));
  g_assert_null (rw_fields_get_text (fields, "nul"));
  g_assert_null (rw_fields_get_text (fields, "latin"));
  g_assert_null (rw_fields_get_text (fields, "lone"));
  g_assert_null (rw_fields_get_variant (fields, "latin", "a{sv}"));
  g_assert_true (rw_fields_has (fields, "latin"));
  g_assert_false (rw_fields_has (fields, "absent"));
  freeReplyObject (fields);
  g_assert_null (rw_fields_get_text (NULL, "absent"));
  g_assert_cmpuint (rw_reply_get_number (NULL, 3), ==, 0);
}

static void
test_ids_of_entries_are_checked (void)
{
  static const char *const wrong[] = {
      NULL, "", "-", "1", "1-", "-1", "1-2-3", "x-1", "1-18446744073709551615"};
  RwEntryId id;
  RwEntryId next = {8, 0};

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_false (rw_entry_id_parse (&id, wrong[i]));
  g_assert_true (rw_entry_id_parse (&id, "7-3"));
  g_assert_true (rw_entry_id_follows (&next, &id));
  g_assert_false (rw_entry_id_follows (&id, &next));
  g_assert_cmpint (rw_entry_id_compare (&id, &next), <, 0);
}

static void
test_uris_are_checked (void)
{
  static const char *const wrong[] = {
      "",           "redis:",          "redis:///0",      "http://host",
      "unix://",    "redis://host/x",  "redis://host/-1", "redis://h/65536",
      "redis://[x", "unix:///s?db=1x", "redis://h:99999", "host:6379"};

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (rw_redis_uri_parse (wrong[i], &error));
    g_assert_nonnull (error);
  }
}

static void
test_a_password_is_not_shown (void)
{
  g_autoptr (GUri) uri =
      rw_redis_uri_parse ("redis://user:secret@host:1/3", NULL);
  g_autofree char *text = rw_redis_uri_to_log (uri);

  g_assert_cmpstr (text, ==, "redis://host:1/3");
  g_assert_cmpstr (rw_redis_uri_get_database (uri), ==, "3");
  g_assert_cmpuint (rw_redis_uri_get_port (uri), ==, 1);
}

/* --- Calls --- */

static void
on_called (const redisReply *reply, const GError *error, gpointer user_data)
{
  ((Fixture *) user_data)->n_answers++;
}

static void
call (Fixture *f, const char *arg)
{
  rw_cluster_store_call (f->store, RW_SCRIPT_DROP, rw_command_new (arg, NULL),
                         on_called, f);
}

static void
assert_next_ends (Fixture *f, const char *end)
{
  g_autofree char *args = test_fake_redis_dup_args (f->commands);

  g_assert_true (g_str_has_suffix (args, end));
}

static void
test_calls_are_sent_again_until_answered (Fixture *f, gconstpointer unused)
{
  call (f, "one");
  call (f, "two");
  call (f, "three");
  assert_next_ends (f, " me 1 one");
  test_fake_redis_answer (f->commands, ":1\r\n", -1);
  test_fake_redis_go_down (f->commands);
  g_assert_cmpuint (f->n_answers, ==, 1);
  call (f, "four");
  g_assert_cmpuint (rw_cluster_store_get_pending_bytes (f->store), >, 0);

  go_up (f);
  assert_next_ends (f, " me 2 two");
  test_fake_redis_answer (f->commands, ":1\r\n", -1);
  assert_next_ends (f, " me 3 three");
  test_fake_redis_answer (f->commands, "-ERR wrong key\r\n", -1);
  assert_next_ends (f, " me 4 four");
  test_fake_redis_answer (f->commands, ":1\r\n", -1);
  g_assert_cmpuint (f->n_answers, ==, 4);
  g_assert_cmpuint (rw_cluster_store_get_pending_bytes (f->store), ==, 0);
}

/* --- States of clients --- */

static void
add_state (GString *resp, const char *id, const char *home,
           const char *generation, const char *roles, const char *meta)
{
  const char *const texts[] = {"client", id,         "home",       home,
                               "roles",  roles,      "meta",       meta,
                               "away",   "nonsense", "generation", generation,
                               "name",   "\xff",     "sessions",   "\1\2\3"};

  test_resp_add_array (resp, G_N_ELEMENTS (texts));
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    test_resp_add_text (resp, texts[i], -1);
}

static gboolean
is_known (Fixture *f, const char *id, RwHubRecord *record)
{
  return rw_hub_get_record (rw_clients_get_hub (f->clients), id, record);
}

static void
test_forged_states_harm_no_other (Fixture *f, gconstpointer unused)
{
  g_autoptr (GString) resp = g_string_new (NULL);
  g_autofree char *large = g_strnfill (RW_REPLY_MAX_ID + 1, 'x');
  RwHubRecord record;

  rw_clients_connect (f->clients, 1, NULL, 0);
  rw_cluster_peers_list (f->peers, FALSE);
  test_fake_redis_skip (test_fake_redis_get (1));
  g_string_append (resp, "*3\r\n$1\r\n7\r\n$3\r\n1-0\r\n");
  test_resp_add_array (resp, 7);
  g_string_append (resp, ":5\r\n*1\r\n*0\r\n");
  add_state (resp, "good", "other", "1", "1", "{}");
  add_state (resp, "local1", "other", "18446744073709551615", "1", "{}");
  add_state (resp, large, "other", "1", "1", "{}");
  add_state (resp, "mine", "me", "1", "1", "{}");
  add_state (resp, "odd", "\xff", "-1", "99999999999999999999999", "\xff");
  test_fake_redis_answer (f->commands, resp->str, (gssize) resp->len);

  g_assert_true (rw_cluster_peers_are_listed (f->peers));
  g_assert_true (is_known (f, "good", &record));
  g_assert_cmpstr (record.home, ==, "other");
  g_assert_null (record.name);
  g_assert_true (is_known (f, "local1", &record));
  g_assert_null (record.home);
  g_assert_cmpuint (record.generation, ==, 0);
  g_assert_false (is_known (f, large, &record));
  g_assert_false (is_known (f, "mine", &record));
  g_assert_false (is_known (f, "odd", &record));
}

static void
take_change (Fixture *f, const char *number, const char *id)
{
  g_autoptr (GString) resp = g_string_new (NULL);
  redisReply *change;

  test_resp_add_array (resp, 8);
  test_resp_add_text (resp, "number", -1);
  test_resp_add_text (resp, number, -1);
  test_resp_add_text (resp, "client", -1);
  test_resp_add_text (resp, id, -1);
  test_resp_add_text (resp, "home", -1);
  test_resp_add_text (resp, "other", -1);
  test_resp_add_text (resp, "roles", -1);
  test_resp_add_text (resp, "1", -1);
  change = parse (resp);
  rw_cluster_peers_take (f->peers, change);
  freeReplyObject (change);
}

static void
test_a_hole_in_the_changes_is_listed_once (Fixture *f, gconstpointer unused)
{
  RwHubRecord record;

  rw_cluster_peers_list (f->peers, FALSE);
  test_fake_redis_answer (f->commands, "*3\r\n:7\r\n$3\r\n1-0\r\n*0\r\n", -1);
  test_fake_redis_skip (f->commands);
  take_change (f, "8", "next");
  g_assert_true (is_known (f, "next", &record));
  take_change (f, "8", "again");
  g_assert_false (is_known (f, "again", &record));
  g_assert_cmpuint (test_fake_redis_get_n (f->commands), ==, 0);
  take_change (f, "18446744073709551615", "far");
  take_change (f, "10", "hole");
  g_assert_false (is_known (f, "far", &record));
  g_assert_cmpuint (test_fake_redis_get_n (f->commands), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cluster/reply/wrong-types",
                   test_fields_of_wrong_types_read_as_absent);
  g_test_add_func ("/cluster/entry-id", test_ids_of_entries_are_checked);
  g_test_add_func ("/cluster/uri/wrong", test_uris_are_checked);
  g_test_add_func ("/cluster/uri/password", test_a_password_is_not_shown);
#define ADD(name, func)                                                        \
  g_test_add ("/cluster/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("store/calls", test_calls_are_sent_again_until_answered);
  ADD ("peers/forged", test_forged_states_harm_no_other);
  ADD ("peers/hole", test_a_hole_in_the_changes_is_listed_once);
  return g_test_run ();
}
