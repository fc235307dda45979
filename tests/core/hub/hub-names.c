/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-hub.h"

#include <string.h>

/* Which producer has a stream name. */

static void
add_named (TestHub *f, const char *id, const char *name)
{
  rw_hub_add_client (f->hub, id);
  test_hub_send_version (f, id, RW_SIGNAL_VERSION_1_1, TRUE);
  test_hub_drop_output (f);
  test_hub_send_status (f, id, RW_ROLE_PRODUCER, NULL, name);
}

static void
request_as (TestHub *f, const char *id, const char *secret)
{
  g_autoptr (RwSignalMessage) m =
      rw_signal_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  rw_hub_add_client (f->hub, id);
  m->version = RW_SIGNAL_VERSION_1_1;
  m->extension_version = 1;
  m->client_id = g_strdup (secret);
  rw_hub_handle (f->hub, id, m);
}

static void
test_a_producer_takes_its_name_from_its_old_connection (TestHub *f,
                                                        gconstpointer unused)
{
  static const char *const meta = "{\"name\":\"studio\",\"streamId\":\"1\"}";

  rw_hub_add_client (f->hub, "l");
  test_hub_send_status (f, "l", RW_ROLE_LISTENER, NULL, NULL);
  request_as (f, "a", "secret");
  test_hub_send_status (f, "a", RW_ROLE_PRODUCER, meta, "studio");
  request_as (f, "b", "secret");
  request_as (f, "thief", "guess");
  test_hub_drop_output (f);

  test_hub_send_status (f, "thief", RW_ROLE_PRODUCER, meta, "studio");
  test_hub_expect (f, "thief error name-taken", NULL);
  test_hub_send_status (f, "b", RW_ROLE_PRODUCER, meta, "studio");
  test_hub_expect (f, "l status a [] {\"name\":\"studio\",\"streamId\":\"1\"}",
                   "l status b [P] {\"name\":\"studio\",\"streamId\":\"1\"}",
                   NULL);
  /* The ghost's last words do no harm. */
  test_hub_send_type (f, "a", RW_SIGNAL_LIST);
  test_hub_drop_output (f);
  rw_hub_remove_client (f->hub, "a", NULL);
  test_hub_expect_nothing (f);
}

/* A request for the name would else get either. */
static void
test_an_ordinary_client_takes_no_name_in_use (TestHub *f, gconstpointer unused)
{
  add_named (f, "a", "studio");
  rw_hub_add_client (f->hub, "plain");
  test_hub_drop_output (f);
  test_hub_send_status (f, "plain", RW_ROLE_PRODUCER, NULL, "studio");
  test_hub_expect (f, "plain error name-taken", NULL);
  test_hub_send_type (f, "plain", RW_SIGNAL_LIST);
  test_hub_expect (f, "plain list a=null", NULL);

  rw_hub_set_connected (f->hub, "a", FALSE);
  test_hub_send_status (f, "plain", RW_ROLE_PRODUCER, NULL, "studio");
  test_hub_expect_nothing (f);
  g_assert_true (rw_hub_has_client (f->hub, "a"));
}

static void
test_a_second_producer_of_a_name_is_refused (TestHub *f, gconstpointer unused)
{
  g_autofree char *id = NULL;
  g_autoptr (RwSignalMessage) error = NULL;

  add_named (f, "a", "studio");
  test_hub_expect_nothing (f);
  add_named (f, "b", "studio");
  error = rw_hub_pop (f->hub, &id);
  g_assert_cmpstr (id, ==, "b");
  g_assert_cmpstr (error->code, ==, "name-taken");
  g_assert_nonnull (strstr (error->details, "\"studio\""));
  g_assert_nonnull (strstr (error->details, " a "));
  test_hub_send_type (f, "a", RW_SIGNAL_LIST);
  test_hub_expect (f, "a list a=null", NULL);

  test_hub_send_status (f, "a", RW_ROLE_PRODUCER, NULL, "hall");
  test_hub_send_status (f, "b", RW_ROLE_PRODUCER, NULL, "studio");
  test_hub_expect_nothing (f);
  rw_hub_remove_client (f->hub, "b", NULL);
  add_named (f, "c", "studio");
  test_hub_expect_nothing (f);
  test_hub_send_status (f, "c", RW_ROLE_LISTENER, NULL, "studio");
  test_hub_drop_output (f);
  add_named (f, "d", "studio");
  test_hub_expect (f, "c status d [P]", NULL);
}

static void
test_ordinary_clients_reserve_no_name (TestHub *f, gconstpointer unused)
{
  test_hub_add (f, "a", RW_ROLE_NONE);
  test_hub_add (f, "b", RW_ROLE_NONE);
  test_hub_send_status (f, "a", RW_ROLE_PRODUCER, NULL, "studio");
  test_hub_send_status (f, "b", RW_ROLE_PRODUCER, NULL, "studio");
  test_hub_expect_nothing (f);
  add_named (f, "c", "studio");
  test_hub_expect_nothing (f);
}

static void
test_a_holder_without_connection_gives_way (TestHub *f, gconstpointer unused)
{
  add_named (f, "ghost", "studio");
  test_hub_add (f, "c", RW_ROLE_LISTENER);
  test_hub_send_start (f, "c", "ghost", NULL);
  rw_hub_set_connected (f->hub, "ghost", FALSE);
  test_hub_drop_output (f);

  add_named (f, "new", "studio");
  test_hub_expect (f, "c end s1", "c status ghost []", "c status new [P]",
                   NULL);
  g_assert_false (rw_hub_has_client (f->hub, "ghost"));
}

#define ADD(path, func)                                                        \
  g_test_add ("/hub-names/" path, TestHub, NULL, test_hub_set_up, func,        \
              test_hub_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-producer-takes-its-name-from-its-old-connection",
       test_a_producer_takes_its_name_from_its_old_connection);
  ADD ("an-ordinary-client-takes-no-name-in-use",
       test_an_ordinary_client_takes_no_name_in_use);
  ADD ("a-second-producer-of-a-name-is-refused",
       test_a_second_producer_of_a_name_is_refused);
  ADD ("ordinary-clients-reserve-no-name",
       test_ordinary_clients_reserve_no_name);
  ADD ("a-holder-without-connection-gives-way",
       test_a_holder_without_connection_gives_way);

  return g_test_run ();
}
