/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-brain.h"

#include <string.h>

/* The brain in memory. What comes out is rendered as one line a message,
 * "<client> <type> <fields>", and compared whole: nothing may be missing, out
 * of order, or there without being asked for. */

typedef struct {
  RwBrain *brain;
  guint n_ids;
} Fixture;

static char *
next_session_id (gpointer user_data)
{
  Fixture *f = user_data;

  return g_strdup_printf ("s%u", ++f->n_ids);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->brain = rw_brain_new (next_session_id, f);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_brain_free (f->brain);
}

static void
render_roles (GString *line, RwRoles roles)
{
  g_string_append (line, " [");
  if (roles & RW_ROLE_PRODUCER)
    g_string_append_c (line, 'P');
  if (roles & RW_ROLE_LISTENER)
    g_string_append_c (line, 'L');
  if (roles & RW_ROLE_CONSUMER)
    g_string_append_c (line, 'C');
  g_string_append_c (line, ']');
}

static const char *
name_of (RwSignalType type)
{
  switch (type) {
  case RW_SIGNAL_WELCOME:
    return "welcome";
  case RW_SIGNAL_PEER_STATUS_CHANGED:
    return "status";
  case RW_SIGNAL_SESSION_STARTED:
    return "started";
  case RW_SIGNAL_START_SESSION:
    return "start";
  case RW_SIGNAL_END_SESSION:
    return "end";
  case RW_SIGNAL_END_SESSION_V1_1:
    return "end-v1_1";
  case RW_SIGNAL_PEER:
    return "peer";
  case RW_SIGNAL_LIST:
    return "list";
  case RW_SIGNAL_LIST_CONSUMERS:
    return "list-consumers";
  case RW_SIGNAL_ERROR_REPLY:
    return "error";
  default:
    return "?";
  }
}

static void
append_field (GString *line, const char *field)
{
  if (field != NULL)
    g_string_append_printf (line, " %s", field);
}

static char *
render (const char *id, const RwBrainMessage *message)
{
  GString *line = g_string_new (id);

  append_field (line, name_of (message->type));
  append_field (line, message->peer_id);
  append_field (line, message->session_id);
  if (message->type == RW_SIGNAL_PEER_STATUS_CHANGED)
    render_roles (line, message->roles);
  append_field (line, message->meta);
  append_field (line, message->offer);
  append_field (line, message->body);
  append_field (line, message->reason);
  append_field (line, message->code);
  if (message->request != NULL)
    g_string_append_printf (line, " %s@%" G_GUINT64_FORMAT,
                            message->request->consumer_id,
                            message->request->next);
  for (guint i = 0; message->peers != NULL && i < message->peers->len; i++) {
    const RwBrainPeer *peer = g_ptr_array_index (message->peers, i);

    g_string_append_printf (line, " %s=%s", peer->id,
                            peer->meta != NULL ? peer->meta : "null");
  }

  return g_string_free (line, FALSE);
}

static void G_GNUC_NULL_TERMINATED
expect (Fixture *f, const char *first, ...)
{
  const char *line = first;
  va_list lines;

  va_start (lines, first);
  for (;;) {
    g_autofree char *id = NULL;
    g_autofree char *got = NULL;
    g_autoptr (RwBrainMessage) message = rw_brain_pop (f->brain, &id);

    if (message != NULL)
      got = render (id, message);
    g_assert_cmpstr (got, ==, line);
    if (line == NULL)
      break;
    line = va_arg (lines, const char *);
  }
  va_end (lines);
}

static void
expect_silence (Fixture *f)
{
  g_autofree char *id = NULL;

  g_assert_null (rw_brain_pop (f->brain, &id));
}

static void
forget_output (Fixture *f)
{
  for (;;) {
    g_autofree char *id = NULL;
    g_autoptr (RwBrainMessage) message = rw_brain_pop (f->brain, &id);

    if (message == NULL)
      return;
  }
}

static void
say (Fixture *f, const char *id, RwBrainMessage *message)
{
  rw_brain_handle (f->brain, id, message);
  rw_brain_message_unref (message);
}

static void
say_type (Fixture *f, const char *id, RwSignalType type)
{
  say (f, id, rw_brain_message_new (type));
}

static void
say_version (Fixture *f, const char *id, RwSignalVersion version,
             gboolean resilient)
{
  RwBrainMessage *m = rw_brain_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  m->version = version;
  m->resilient = resilient;
  say (f, id, m);
}

static void
say_status (Fixture *f, const char *id, RwRoles roles, const char *meta,
            const char *name)
{
  RwBrainMessage *m = rw_brain_message_new (RW_SIGNAL_SET_PEER_STATUS);

  m->roles = roles;
  m->meta = meta != NULL ? g_ref_string_new (meta) : NULL;
  m->name = g_strdup (name);
  say (f, id, m);
}

static void
say_start (Fixture *f, const char *id, const char *peer, const char *offer)
{
  RwBrainMessage *m = rw_brain_message_new (RW_SIGNAL_START_SESSION);

  m->peer_id = g_strdup (peer);
  m->offer = g_strdup (offer);
  say (f, id, m);
}

static void
say_end (Fixture *f, const char *id, const char *session, const char *reason)
{
  RwBrainMessage *m = rw_brain_message_new (
      reason != NULL ? RW_SIGNAL_END_SESSION_V1_1 : RW_SIGNAL_END_SESSION);

  m->session_id = g_strdup (session);
  m->reason = g_strdup (reason);
  say (f, id, m);
}

static void
say_peer (Fixture *f, const char *id, const char *session, const char *body)
{
  RwBrainMessage *m = rw_brain_message_new (RW_SIGNAL_PEER);

  m->session_id = g_strdup (session);
  m->body = g_ref_string_new (body);
  say (f, id, m);
}

static void
add (Fixture *f, const char *id, RwRoles roles)
{
  rw_brain_add_client (f->brain, id);
  if (roles != RW_ROLE_NONE)
    say_status (f, id, roles, NULL, NULL);
  forget_output (f);
}

/* Producer "p" and consumer "c" in the session "s1". */
static void
add_pair (Fixture *f)
{
  add (f, "p", RW_ROLE_PRODUCER);
  add (f, "c", RW_ROLE_NONE);
  say_start (f, "c", "p", NULL);
  forget_output (f);
}

static void
test_a_newcomer_is_welcomed_by_its_id (Fixture *f, gconstpointer unused)
{
  rw_brain_add_client (f->brain, "a");
  expect (f, "a welcome a", NULL);
  g_assert_true (rw_brain_has_client (f->brain, "a"));
  g_assert_false (rw_brain_has_client (f->brain, "b"));
}

static void
test_status_goes_to_listeners_and_is_echoed (Fixture *f, gconstpointer unused)
{
  add (f, "deaf", RW_ROLE_CONSUMER);
  add (f, "ear", RW_ROLE_LISTENER);
  add (f, "p", RW_ROLE_NONE);

  say_status (f, "p", RW_ROLE_PRODUCER | RW_ROLE_LISTENER, "{}", NULL);
  expect (f, "ear status p [PL] {}", "p status p [PL] {}", NULL);
  say_status (f, "p", RW_ROLE_PRODUCER, "{}", NULL);
  expect (f, "ear status p [P] {}", NULL);
  say_status (f, "p", RW_ROLE_NONE, NULL, NULL);
  expect (f, "ear status p []", NULL);
}

static void
test_an_unchanged_status_is_echoed_to_its_sender_only (Fixture *f,
                                                       gconstpointer unused)
{
  add (f, "ear", RW_ROLE_LISTENER);
  add (f, "p", RW_ROLE_PRODUCER | RW_ROLE_LISTENER);

  say_status (f, "p", RW_ROLE_PRODUCER | RW_ROLE_LISTENER, NULL, NULL);
  expect (f, "p status p [PL]", NULL);
  say_status (f, "p", RW_ROLE_PRODUCER | RW_ROLE_LISTENER, "1", NULL);
  expect (f, "ear status p [PL] 1", "p status p [PL] 1", NULL);
}

static void
test_lists_hold_those_in_the_role (Fixture *f, gconstpointer unused)
{
  add (f, "ask", RW_ROLE_NONE);
  say_type (f, "ask", RW_SIGNAL_LIST);
  expect (f, "ask list", NULL);

  add (f, "p", RW_ROLE_PRODUCER);
  add (f, "c", RW_ROLE_CONSUMER);
  add (f, "l", RW_ROLE_LISTENER);
  add (f, "q", RW_ROLE_NONE);
  say_status (f, "q", RW_ROLE_PRODUCER, "[1]", NULL);
  say_type (f, "ask", RW_SIGNAL_LIST);
  say_type (f, "ask", RW_SIGNAL_LIST_CONSUMERS);
  expect (f, "l status q [P] [1]", "ask list p=null q=[1]",
          "ask list-consumers c=null", NULL);
}

/* Five thousand producers that come back at once ask for no more than a sign
 * of life. */
static void
test_a_brief_list_names_nobody (Fixture *f, gconstpointer unused)
{
  RwBrainMessage *list = rw_brain_message_new (RW_SIGNAL_LIST);

  add (f, "ask", RW_ROLE_PRODUCER);
  list->brief = TRUE;
  say (f, "ask", list);
  expect (f, "ask list", NULL);
}

static void
test_producer_and_consumer_at_once_is_an_error (Fixture *f,
                                                gconstpointer unused)
{
  add (f, "ear", RW_ROLE_LISTENER);
  add (f, "a", RW_ROLE_PRODUCER);

  say_status (f, "a", RW_ROLE_PRODUCER | RW_ROLE_CONSUMER, NULL, NULL);
  expect (f, "a error bad-roles", NULL);
  say_type (f, "ear", RW_SIGNAL_LIST);
  expect (f, "ear list a=null", NULL);
}

static void
test_a_consumer_calls_a_producer (Fixture *f, gconstpointer unused)
{
  add (f, "p", RW_ROLE_PRODUCER);
  add (f, "c", RW_ROLE_NONE);

  say_start (f, "c", "p", NULL);
  expect (f, "c started p s1", "p start c s1", NULL);
  say_start (f, "c", "p", "offer");
  expect (f, "c started p s2", "p start c s2 offer", NULL);
}

static void
test_a_producer_calls_a_consumer (Fixture *f, gconstpointer unused)
{
  add (f, "p", RW_ROLE_NONE);
  add (f, "c", RW_ROLE_CONSUMER);

  say_start (f, "p", "c", NULL);
  expect (f, "c started p s1", "p start c s1", NULL);
}

static void
test_the_receivers_position_is_passed_on (Fixture *f, gconstpointer unused)
{
  RwBrainMessage *m = rw_brain_message_new (RW_SIGNAL_START_SESSION);

  add (f, "p", RW_ROLE_PRODUCER);
  add (f, "c", RW_ROLE_NONE);
  m->peer_id = g_strdup ("p");
  m->request = rw_session_request_new ("me");
  m->request->next = 42;
  say (f, "c", m);
  expect (f, "c started p s1", "p start c s1 me@42", NULL);
}

static void
test_starting_with_nobody_is_an_error (Fixture *f, gconstpointer unused)
{
  add (f, "a", RW_ROLE_PRODUCER);
  add (f, "l", RW_ROLE_LISTENER);

  say_start (f, "a", "nobody", NULL);
  expect (f, "a error unknown-peer", NULL);
  say_start (f, "a", "l", NULL);
  expect (f, "a error unknown-peer", NULL);
  say_start (f, "a", "a", NULL);
  expect (f, "a error unknown-peer", NULL);
}

static void
test_peer_messages_reach_the_other_side (Fixture *f, gconstpointer unused)
{
  add_pair (f);

  say_peer (f, "p", "s1", "offer");
  say_peer (f, "c", "s1", "answer");
  say_peer (f, "p", "s1", "candidate");
  expect (f, "c peer s1 offer", "p peer s1 answer", "c peer s1 candidate",
          NULL);
}

static void
test_strangers_cannot_touch_a_session (Fixture *f, gconstpointer unused)
{
  add_pair (f);
  add (f, "x", RW_ROLE_PRODUCER);

  say_peer (f, "x", "s1", "evil");
  expect (f, "x error s1 unknown-session", NULL);
  say_end (f, "x", "s1", NULL);
  expect (f, "x error s1 unknown-session", NULL);
  say_peer (f, "p", "no", "body");
  expect (f, "p error no unknown-session", NULL);
  say_end (f, "p", "no", "why");
  expect (f, "p error no unknown-session", NULL);
  say_peer (f, "p", "s1", "still");
  expect (f, "c peer s1 still", NULL);
}

static void
test_either_side_ends_a_session (Fixture *f, gconstpointer unused)
{
  add_pair (f);
  say_start (f, "c", "p", NULL);
  forget_output (f);

  say_end (f, "c", "s1", NULL);
  expect (f, "p end s1", NULL);
  say_end (f, "p", "s2", NULL);
  expect (f, "c end s2", NULL);
}

static void
test_what_crosses_an_end_is_passed_over (Fixture *f, gconstpointer unused)
{
  add_pair (f);

  say_end (f, "c", "s1", NULL);
  expect (f, "p end s1", NULL);
  say_peer (f, "p", "s1", "late");
  say_end (f, "p", "s1", NULL);
  say_end (f, "c", "s1", NULL);
  expect_silence (f);
}

static void
test_ends_are_told_in_each_ones_version (Fixture *f, gconstpointer unused)
{
  rw_brain_add_client (f->brain, "p");
  say_version (f, "p", RW_SIGNAL_VERSION_1_1, FALSE);
  say_status (f, "p", RW_ROLE_PRODUCER, NULL, NULL);
  rw_brain_add_client (f->brain, "c");
  say_version (f, "c", RW_SIGNAL_VERSION_1_0, FALSE);
  forget_output (f);

  say_start (f, "c", "p", NULL);
  say_start (f, "c", "p", NULL);
  say_start (f, "c", "p", NULL);
  forget_output (f);
  say_end (f, "c", "s1", NULL);
  expect (f, "p end-v1_1 s1", NULL);
  say_end (f, "p", "s2", "broken");
  expect (f, "c end s2", NULL);
  say_end (f, "c", "s3", "broken");
  expect (f, "p end-v1_1 s3 broken", NULL);
}

static void
test_the_version_comes_first_or_never (Fixture *f, gconstpointer unused)
{
  add (f, "a", RW_ROLE_LISTENER);
  rw_brain_add_client (f->brain, "b");
  rw_brain_add_client (f->brain, "c");
  rw_brain_fail (f->brain, "c", "bad-message", "what?", 0);
  forget_output (f);

  say_version (f, "a", RW_SIGNAL_VERSION_1_1, FALSE);
  expect (f, "a error out-of-order", NULL);
  say_version (f, "b", RW_SIGNAL_VERSION_1_1, FALSE);
  expect_silence (f);
  say_version (f, "b", RW_SIGNAL_VERSION_1_1, FALSE);
  expect (f, "b error out-of-order", NULL);
  say_version (f, "c", RW_SIGNAL_VERSION_1_1, TRUE);
  expect (f, "c error out-of-order", NULL);
}

static void
test_a_servers_message_is_refused (Fixture *f, gconstpointer unused)
{
  static const RwSignalType types[] = {
      RW_SIGNAL_WELCOME,           RW_SIGNAL_PEER_STATUS_CHANGED,
      RW_SIGNAL_SESSION_STARTED,   RW_SIGNAL_ERROR_REPLY,
      RW_SIGNAL_RESILIENT_WELCOME,
  };

  add (f, "a", RW_ROLE_NONE);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    say_type (f, "a", types[i]);
    expect (f, "a error wrong-direction", NULL);
  }
}

static void
test_a_lost_client_ends_its_sessions_and_is_announced (Fixture *f,
                                                       gconstpointer unused)
{
  add (f, "ear", RW_ROLE_LISTENER);
  add_pair (f);
  add (f, "d", RW_ROLE_NONE);
  say_start (f, "d", "p", NULL);
  forget_output (f);

  rw_brain_remove_client (f->brain, "c", "gone");
  expect (f, "p end s1", NULL);
  rw_brain_remove_client (f->brain, "p", "gone");
  expect (f, "d end s2", "ear status p []", NULL);
  rw_brain_remove_client (f->brain, "p", "gone");
  expect_silence (f);
  say_type (f, "ear", RW_SIGNAL_LIST);
  expect (f, "ear list", NULL);
  say_end (f, "d", "s2", NULL);
  expect_silence (f);
}

static void
test_giving_up_a_role_ends_its_sessions (Fixture *f, gconstpointer unused)
{
  add (f, "p", RW_ROLE_PRODUCER);
  add (f, "c", RW_ROLE_CONSUMER);
  say_start (f, "c", "p", NULL);
  say_start (f, "p", "c", NULL);
  forget_output (f);

  say_status (f, "c", RW_ROLE_NONE, NULL, NULL);
  expect (f, "p end s1", "c end s1", "p end s2", "c end s2", NULL);
  say_start (f, "c", "p", NULL);
  forget_output (f);
  say_status (f, "p", RW_ROLE_PRODUCER, "{\"new\":1}", NULL);
  expect_silence (f);
  say_status (f, "p", RW_ROLE_LISTENER, NULL, NULL);
  expect (f, "p end s3", "c end s3", "p status p [L]", NULL);
}

static void
test_sessions_of_one_client_are_bounded (Fixture *f, gconstpointer unused)
{
  add (f, "p", RW_ROLE_PRODUCER);
  add (f, "c", RW_ROLE_NONE);
  for (guint i = 0; i < RW_BRAIN_MAX_SESSIONS_PER_CLIENT; i++)
    say_start (f, "c", "p", NULL);
  forget_output (f);

  say_start (f, "c", "p", NULL);
  expect (f, "c error too-many-sessions", NULL);
  say_end (f, "c", "s7", NULL);
  expect (f, "p end s7", NULL);
  say_start (f, "c", "p", NULL);
  expect (f, "c started p s1025", "p start c s1025", NULL);
}

static void
add_named (Fixture *f, const char *id, const char *name)
{
  rw_brain_add_client (f->brain, id);
  say_version (f, id, RW_SIGNAL_VERSION_1_1, TRUE);
  forget_output (f);
  say_status (f, id, RW_ROLE_PRODUCER, NULL, name);
}

static void
opt_in_as (Fixture *f, const char *id, const char *secret)
{
  g_autoptr (RwBrainMessage) m =
      rw_brain_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  rw_brain_add_client (f->brain, id);
  m->version = RW_SIGNAL_VERSION_1_1;
  m->resilient = TRUE;
  m->client_id = g_strdup (secret);
  rw_brain_handle (f->brain, id, m);
}

static void
test_a_producer_takes_its_name_from_its_ghost (Fixture *f, gconstpointer unused)
{
  static const char *const meta = "{\"name\":\"studio\",\"streamId\":\"1\"}";

  rw_brain_add_client (f->brain, "l");
  say_status (f, "l", RW_ROLE_LISTENER, NULL, NULL);
  opt_in_as (f, "a", "secret");
  say_status (f, "a", RW_ROLE_PRODUCER, meta, "studio");
  opt_in_as (f, "b", "secret");
  opt_in_as (f, "thief", "guess");
  forget_output (f);

  say_status (f, "thief", RW_ROLE_PRODUCER, meta, "studio");
  expect (f, "thief error name-taken", NULL);
  say_status (f, "b", RW_ROLE_PRODUCER, meta, "studio");
  expect (f, "l status a [] {\"name\":\"studio\",\"streamId\":\"1\"}",
          "l status b [P] {\"name\":\"studio\",\"streamId\":\"1\"}", NULL);
  /* The ghost's last words do no harm. */
  say_type (f, "a", RW_SIGNAL_LIST);
  forget_output (f);
  rw_brain_remove_client (f->brain, "a", NULL);
  expect_silence (f);
}

static void
test_a_second_producer_of_a_name_is_refused (Fixture *f, gconstpointer unused)
{
  g_autofree char *id = NULL;
  g_autoptr (RwBrainMessage) error = NULL;

  add_named (f, "a", "studio");
  expect_silence (f);
  add_named (f, "b", "studio");
  error = rw_brain_pop (f->brain, &id);
  g_assert_cmpstr (id, ==, "b");
  g_assert_cmpstr (error->code, ==, "name-taken");
  g_assert_nonnull (strstr (error->details, "\"studio\""));
  g_assert_nonnull (strstr (error->details, " a "));
  say_type (f, "a", RW_SIGNAL_LIST);
  expect (f, "a list a=null", NULL);

  say_status (f, "a", RW_ROLE_PRODUCER, NULL, "hall");
  say_status (f, "b", RW_ROLE_PRODUCER, NULL, "studio");
  expect_silence (f);
  rw_brain_remove_client (f->brain, "b", NULL);
  add_named (f, "c", "studio");
  expect_silence (f);
  say_status (f, "c", RW_ROLE_LISTENER, NULL, "studio");
  forget_output (f);
  add_named (f, "d", "studio");
  expect (f, "c status d [P]", NULL);
}

static void
test_names_of_ordinary_clients_are_not_checked (Fixture *f,
                                                gconstpointer unused)
{
  add_named (f, "a", "studio");
  add (f, "b", RW_ROLE_NONE);
  say_status (f, "b", RW_ROLE_PRODUCER, NULL, "studio");
  expect_silence (f);
  rw_brain_remove_client (f->brain, "a", NULL);
  add_named (f, "c", "studio");
  expect_silence (f);
}

static void
test_a_holder_without_connection_gives_way (Fixture *f, gconstpointer unused)
{
  add_named (f, "ghost", "studio");
  add (f, "c", RW_ROLE_LISTENER);
  say_start (f, "c", "ghost", NULL);
  rw_brain_set_connected (f->brain, "ghost", FALSE);
  forget_output (f);

  add_named (f, "new", "studio");
  expect (f, "c end s1", "c status ghost []", "c status new [P]", NULL);
  g_assert_false (rw_brain_has_client (f->brain, "ghost"));
}

/* --- Hostile orderings: anything, by anyone, in any order --- */

#define N_CLIENTS 6

typedef struct {
  GHashTable *open[N_CLIENTS];
  guint n_started;
  guint n_ended;
} Model;

/* Each client sees each session begin once and end at most once. */
static void
check_output (Fixture *f, Model *model)
{
  for (;;) {
    g_autofree char *id = NULL;
    g_autoptr (RwBrainMessage) m = rw_brain_pop (f->brain, &id);
    GHashTable *open;

    if (m == NULL)
      return;

    open = model->open[id[0] - 'a'];
    if (m->type == RW_SIGNAL_SESSION_STARTED ||
        m->type == RW_SIGNAL_START_SESSION)
      g_assert_true (g_hash_table_add (open, g_strdup (m->session_id)));
    else if (m->type == RW_SIGNAL_END_SESSION ||
             m->type == RW_SIGNAL_END_SESSION_V1_1)
      g_assert_true (g_hash_table_remove (open, m->session_id));
    else if (m->type == RW_SIGNAL_PEER)
      g_assert_true (g_hash_table_contains (open, m->session_id));
  }
}

static void
do_anything (Fixture *f, Model *model)
{
  char id[2] = {'a' + g_test_rand_int_range (0, N_CLIENTS), '\0'};
  char other[2] = {'a' + g_test_rand_int_range (0, N_CLIENTS), '\0'};
  g_autofree char *session =
      g_strdup_printf ("s%d", g_test_rand_int_range (0, (int) f->n_ids + 2));
  GHashTable *open = model->open[id[0] - 'a'];

  if (!rw_brain_has_client (f->brain, id)) {
    g_hash_table_remove_all (open);
    rw_brain_add_client (f->brain, id);
    return;
  }

  switch (g_test_rand_int_range (0, 12)) {
  case 0:
    rw_brain_remove_client (f->brain, id, "gone");
    g_hash_table_remove_all (open);
    break;
  case 1:
    say_version (f, id, g_test_rand_int_range (0, 2), g_test_rand_bit ());
    break;
  case 2:
  case 3:
    say_status (f, id, g_test_rand_int_range (0, 8), NULL,
                g_test_rand_bit () ? "n" : NULL);
    break;
  case 4:
  case 5:
  case 6:
    say_start (f, id, other, NULL);
    break;
  case 7:
    say_end (f, id, session, NULL);
    g_hash_table_remove (open, session);
    break;
  case 8:
    rw_brain_set_connected (f->brain, id, g_test_rand_bit ());
    break;
  case 9:
    say_type (f, id, RW_SIGNAL_LIST);
    break;
  case 10:
    say_type (f, id, RW_SIGNAL_WELCOME);
    break;
  default:
    say_peer (f, id, session, "x");
    break;
  }
}

static void
test_any_order_keeps_the_books_right (Fixture *f, gconstpointer unused)
{
  Model model = {{NULL}, 0, 0};
  RwBrainCounts counts;

  for (guint i = 0; i < N_CLIENTS; i++)
    model.open[i] =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < 30000; i++) {
    guint open = 0;

    do_anything (f, &model);
    check_output (f, &model);
    for (guint c = 0; c < N_CLIENTS; c++) {
      char id[2] = {'a' + c, '\0'};

      if (rw_brain_has_client (f->brain, id))
        open += g_hash_table_size (model.open[c]);
    }
    rw_brain_get_counts (f->brain, &counts);
    g_assert_cmpuint (open, ==, 2 * counts.sessions);
  }

  for (guint c = 0; c < N_CLIENTS; c++) {
    char id[2] = {'a' + c, '\0'};

    rw_brain_remove_client (f->brain, id, NULL);
  }
  rw_brain_get_counts (f->brain, &counts);
  g_assert_cmpuint (counts.clients, ==, 0);
  g_assert_cmpuint (counts.producers, ==, 0);
  g_assert_cmpuint (counts.sessions, ==, 0);
  forget_output (f);
  for (guint i = 0; i < N_CLIENTS; i++)
    g_hash_table_unref (model.open[i]);
}

#define ADD(path, func)                                                        \
  g_test_add ("/brain/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-newcomer-is-welcomed-by-its-id",
       test_a_newcomer_is_welcomed_by_its_id);
  ADD ("status-goes-to-listeners-and-is-echoed",
       test_status_goes_to_listeners_and_is_echoed);
  ADD ("an-unchanged-status-is-echoed-to-its-sender-only",
       test_an_unchanged_status_is_echoed_to_its_sender_only);
  ADD ("lists-hold-those-in-the-role", test_lists_hold_those_in_the_role);
  ADD ("a-brief-list-names-nobody", test_a_brief_list_names_nobody);
  ADD ("producer-and-consumer-at-once-is-an-error",
       test_producer_and_consumer_at_once_is_an_error);
  ADD ("a-consumer-calls-a-producer", test_a_consumer_calls_a_producer);
  ADD ("a-producer-calls-a-consumer", test_a_producer_calls_a_consumer);
  ADD ("the-receivers-position-is-passed-on",
       test_the_receivers_position_is_passed_on);
  ADD ("starting-with-nobody-is-an-error",
       test_starting_with_nobody_is_an_error);
  ADD ("peer-messages-reach-the-other-side",
       test_peer_messages_reach_the_other_side);
  ADD ("strangers-cannot-touch-a-session",
       test_strangers_cannot_touch_a_session);
  ADD ("either-side-ends-a-session", test_either_side_ends_a_session);
  ADD ("what-crosses-an-end-is-passed-over",
       test_what_crosses_an_end_is_passed_over);
  ADD ("ends-are-told-in-each-ones-version",
       test_ends_are_told_in_each_ones_version);
  ADD ("the-version-comes-first-or-never",
       test_the_version_comes_first_or_never);
  ADD ("a-servers-message-is-refused", test_a_servers_message_is_refused);
  ADD ("a-lost-client-ends-its-sessions-and-is-announced",
       test_a_lost_client_ends_its_sessions_and_is_announced);
  ADD ("giving-up-a-role-ends-its-sessions",
       test_giving_up_a_role_ends_its_sessions);
  ADD ("sessions-of-one-client-are-bounded",
       test_sessions_of_one_client_are_bounded);
  ADD ("a-second-producer-of-a-name-is-refused",
       test_a_second_producer_of_a_name_is_refused);
  ADD ("a-producer-takes-its-name-from-its-ghost",
       test_a_producer_takes_its_name_from_its_ghost);
  ADD ("names-of-ordinary-clients-are-not-checked",
       test_names_of_ordinary_clients_are_not_checked);
  ADD ("a-holder-without-connection-gives-way",
       test_a_holder_without_connection_gives_way);
  ADD ("any-order-keeps-the-books-right", test_any_order_keeps_the_books_right);

  return g_test_run ();
}
