/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-hub.h"

/* Roles and meta of clients, lists, and what is no message for the hub. */

static void
test_a_newcomer_is_welcomed_by_its_id (TestHub *f, gconstpointer unused)
{
  rw_hub_add_client (f->hub, "a");
  test_hub_expect (f, "a welcome a", NULL);
  g_assert_true (rw_hub_has_client (f->hub, "a"));
  g_assert_false (rw_hub_has_client (f->hub, "b"));
}

static void
test_status_goes_to_listeners_and_is_echoed (TestHub *f, gconstpointer unused)
{
  test_hub_add (f, "not_receiving", RW_ROLE_CONSUMER);
  test_hub_add (f, "ear", RW_ROLE_LISTENER);
  test_hub_add (f, "p", RW_ROLE_NONE);

  test_hub_send_status (f, "p", RW_ROLE_PRODUCER | RW_ROLE_LISTENER, "{}",
                        NULL);
  test_hub_expect (f, "ear status p [PL] {}", "p status p [PL] {}", NULL);
  test_hub_send_status (f, "p", RW_ROLE_PRODUCER, "{}", NULL);
  test_hub_expect (f, "ear status p [P] {}", NULL);
  test_hub_send_status (f, "p", RW_ROLE_NONE, NULL, NULL);
  test_hub_expect (f, "ear status p []", NULL);
}

static void
test_an_unchanged_status_is_echoed_to_its_sender_only (TestHub *f,
                                                       gconstpointer unused)
{
  test_hub_add (f, "ear", RW_ROLE_LISTENER);
  test_hub_add (f, "p", RW_ROLE_PRODUCER | RW_ROLE_LISTENER);

  test_hub_send_status (f, "p", RW_ROLE_PRODUCER | RW_ROLE_LISTENER, NULL,
                        NULL);
  test_hub_expect (f, "p status p [PL]", NULL);
  test_hub_send_status (f, "p", RW_ROLE_PRODUCER | RW_ROLE_LISTENER, "1", NULL);
  test_hub_expect (f, "ear status p [PL] 1", "p status p [PL] 1", NULL);
}

static void
test_lists_hold_those_in_the_role (TestHub *f, gconstpointer unused)
{
  test_hub_add (f, "ask", RW_ROLE_NONE);
  test_hub_send_type (f, "ask", RW_SIGNAL_LIST);
  test_hub_expect (f, "ask list", NULL);

  test_hub_add (f, "p", RW_ROLE_PRODUCER);
  test_hub_add (f, "c", RW_ROLE_CONSUMER);
  test_hub_add (f, "l", RW_ROLE_LISTENER);
  test_hub_add (f, "q", RW_ROLE_NONE);
  test_hub_send_status (f, "q", RW_ROLE_PRODUCER, "[1]", NULL);
  test_hub_send_type (f, "ask", RW_SIGNAL_LIST);
  test_hub_send_type (f, "ask", RW_SIGNAL_LIST_CONSUMERS);
  test_hub_expect (f, "l status q [P] [1]", "ask list p=null q=[1]",
                   "ask list-consumers c=null", NULL);
}

/* Five thousand producers that come back at once ask for no more than a sign
 * of life. */
static void
test_a_brief_list_names_nobody (TestHub *f, gconstpointer unused)
{
  RwSignalMessage *list = rw_signal_message_new (RW_SIGNAL_LIST);

  test_hub_add (f, "ask", RW_ROLE_PRODUCER);
  list->brief = TRUE;
  test_hub_send (f, "ask", list);
  test_hub_expect (f, "ask list", NULL);
}

static void
test_producer_and_consumer_at_once_is_an_error (TestHub *f,
                                                gconstpointer unused)
{
  test_hub_add (f, "ear", RW_ROLE_LISTENER);
  test_hub_add (f, "a", RW_ROLE_PRODUCER);

  test_hub_send_status (f, "a", RW_ROLE_PRODUCER | RW_ROLE_CONSUMER, NULL,
                        NULL);
  test_hub_expect (f, "a error bad-roles", NULL);
  test_hub_send_type (f, "ear", RW_SIGNAL_LIST);
  test_hub_expect (f, "ear list a=null", NULL);
}

static void
test_the_version_comes_first_or_never (TestHub *f, gconstpointer unused)
{
  test_hub_add (f, "a", RW_ROLE_LISTENER);
  rw_hub_add_client (f->hub, "b");
  rw_hub_add_client (f->hub, "c");
  rw_hub_fail (f->hub, "c", "bad-message", "what?", 0);
  test_hub_drop_output (f);

  test_hub_send_version (f, "a", RW_SIGNAL_VERSION_1_1, FALSE);
  test_hub_expect (f, "a error out-of-order", NULL);
  test_hub_send_version (f, "b", RW_SIGNAL_VERSION_1_1, FALSE);
  test_hub_expect_nothing (f);
  test_hub_send_version (f, "b", RW_SIGNAL_VERSION_1_1, FALSE);
  test_hub_expect (f, "b error out-of-order", NULL);
  test_hub_send_version (f, "c", RW_SIGNAL_VERSION_1_1, TRUE);
  test_hub_expect (f, "c error out-of-order", NULL);
}

static void
test_a_servers_message_is_refused (TestHub *f, gconstpointer unused)
{
  static const RwSignalType types[] = {
      RW_SIGNAL_WELCOME,           RW_SIGNAL_PEER_STATUS_CHANGED,
      RW_SIGNAL_SESSION_STARTED,   RW_SIGNAL_ERROR_REPLY,
      RW_SIGNAL_RESILIENT_WELCOME,
  };

  test_hub_add (f, "a", RW_ROLE_NONE);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    test_hub_send_type (f, "a", types[i]);
    test_hub_expect (f, "a error wrong-direction", NULL);
  }
}

#define ADD(path, func)                                                        \
  g_test_add ("/hub-status/" path, TestHub, NULL, test_hub_set_up, func,       \
              test_hub_tear_down)

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
  ADD ("the-version-comes-first-or-never",
       test_the_version_comes_first_or_never);
  ADD ("a-servers-message-is-refused", test_a_servers_message_is_refused);

  return g_test_run ();
}
