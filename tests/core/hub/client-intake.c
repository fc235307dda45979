/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-clients.h"

/* The messages a client may send: "meta" of a bounded length, and what its
 * token allows. */

/* Each may have ten thousand of them kept. */
static void
test_long_meta_is_refused (TestClients *f, gconstpointer unused)
{
  g_autofree char *book = g_strnfill (16385, 'x');

  rw_clients_connect (f->clients, 1, NULL, f->now_us);
  test_clients_expect (f, "1 welcome i1", NULL);
  test_clients_send_meta (f, 1, book);
  test_clients_expect (f, "1 meta-too-large", NULL);
}

/* The answer to "list" has the meta of all, in one message. */
static void
test_the_meta_of_all_is_bounded (TestClients *f, gconstpointer unused)
{
  g_autofree char *pages = g_strnfill (4000, 'x');

  for (guint i = 1; i <= 3; i++)
    rw_clients_connect (f->clients, i, NULL, f->now_us);
  test_clients_drop_output (f);
  test_clients_send_meta (f, 1, pages);
  test_clients_send_meta (f, 2, pages);
  test_clients_expect_nothing (f);
  test_clients_send_meta (f, 3, pages);
  test_clients_expect (f, "3 meta-too-large", NULL);
  pages[256] = '\0';
  test_clients_send_meta (f, 3, pages);
  test_clients_expect_nothing (f);
}

static RwGrants *
grants_of (const char *user)
{
  RwGrants *grants = rw_grants_new (user);

  grants->roles = RW_ROLE_CONSUMER;
  return grants;
}

static void
test_grants_are_enforced (TestClients *f, gconstpointer unused)
{
  rw_clients_connect (f->clients, 1, grants_of ("ann"), f->now_us);
  test_clients_drop_output (f);
  test_clients_send_status (f, 1, RW_ROLE_PRODUCER, "studio");
  test_clients_expect (f, "1 not-allowed", NULL);
  test_clients_send_status (f, 1, RW_ROLE_CONSUMER | RW_ROLE_LISTENER, NULL);
  test_clients_expect (f, "1 status i1", NULL);
}

static RwGrants *
grants_for (const char *user, RwRoles roles)
{
  RwGrants *grants = rw_grants_new (user);

  grants->roles = roles;
  return grants;
}

/* To start a session one needs to announce no role. */
static void
test_sessions_are_in_granted_roles (TestClients *f, gconstpointer unused)
{
  test_clients_connect_plain (f, 1, RW_ROLE_PRODUCER);
  test_clients_connect_plain (f, 2, RW_ROLE_CONSUMER);
  rw_clients_connect (f->clients, 3, grants_for ("pat", RW_ROLE_PRODUCER),
                      f->now_us);
  rw_clients_connect (f->clients, 4, grants_for ("cat", RW_ROLE_CONSUMER),
                      f->now_us);
  rw_clients_connect (f->clients, 5, grants_for ("lea", RW_ROLE_LISTENER),
                      f->now_us);
  test_clients_drop_output (f);

  test_clients_send_start (f, 3, "i1", 0);
  test_clients_expect (f, "3 not-allowed", NULL);
  test_clients_send_start (f, 3, "i2", 0);
  test_clients_expect (f, "2 started i3", "3 start i2", NULL);
  test_clients_send_start (f, 4, "i1", 0);
  test_clients_expect (f, "4 started i1", "1 start i4", NULL);
  test_clients_send_start (f, 4, "i2", 0);
  test_clients_expect (f, "4 not-allowed", NULL);
  test_clients_send_start (f, 5, "i1", 0);
  test_clients_send_start (f, 5, "i2", 0);
  test_clients_expect (f, "5 not-allowed", "5 not-allowed", NULL);
  test_clients_send_start (f, 5, "nobody", 0);
  test_clients_expect (f, "5 unknown-peer", NULL);
}

/* Else it would keep what the old token allowed. */
static void
test_a_resume_needs_a_token_that_allows_as_much (TestClients *f,
                                                 gconstpointer unused)
{
  rw_clients_connect (f->clients, 1,
                      grants_for ("ann", RW_ROLE_PRODUCER | RW_ROLE_LISTENER),
                      f->now_us);
  test_clients_request (f, 1, NULL, 0);
  test_clients_send_status (f, 1, RW_ROLE_PRODUCER, "studio");
  test_clients_disconnect (f, 1);
  test_clients_drop_output (f);
  rw_clients_connect (f->clients, 2,
                      grants_for ("ann", RW_ROLE_CONSUMER | RW_ROLE_LISTENER),
                      f->now_us);
  test_clients_request (f, 2, "t1", 0);
  test_clients_expect (f, "2 welcome i2", "2 new i2 t2 <0", NULL);
  rw_clients_connect (f->clients, 3, rw_grants_new ("ann"), f->now_us);
  test_clients_request (f, 3, "t1", 0);
  test_clients_expect (f, "3 welcome i3", "3 resumed i1 t1 <0", NULL);
}

static void
test_what_a_token_allows_is_compared_whole (void)
{
  static const char *const one[] = {"r1", NULL};
  static const char *const two[] = {"r1", "r2", NULL};
  g_autoptr (RwGrants) all = rw_grants_new ("ann");
  g_autoptr (RwGrants) named = rw_grants_new ("ann");
  g_autoptr (RwGrants) narrow = rw_grants_new ("ann");
  g_autoptr (RwGrants) wide = rw_grants_new ("ann");

  named->name = g_strdup ("studio");
  narrow->rooms = g_strdupv ((char **) one);
  wide->rooms = g_strdupv ((char **) two);
  g_assert_true (rw_grants_include (NULL, NULL));
  g_assert_false (rw_grants_include (NULL, all));
  g_assert_false (rw_grants_include (all, NULL));
  g_assert_true (rw_grants_include (all, named));
  g_assert_true (rw_grants_include (named, named));
  g_assert_false (rw_grants_include (named, all));
  g_assert_true (rw_grants_include (wide, narrow));
  g_assert_false (rw_grants_include (narrow, wide));
  g_assert_false (rw_grants_include (narrow, all));
}

static void
test_a_resumption_is_its_users_own (TestClients *f, gconstpointer unused)
{
  rw_clients_connect (f->clients, 1, grants_of ("ann"), f->now_us);
  test_clients_request (f, 1, NULL, 0);
  test_clients_disconnect (f, 1);
  test_clients_drop_output (f);
  rw_clients_connect (f->clients, 2, grants_of ("eve"), f->now_us);
  test_clients_request (f, 2, "t1", 0);
  test_clients_expect (f, "2 welcome i2", "2 new i2 t2 <0", NULL);
  rw_clients_connect (f->clients, 3, grants_of ("ann"), f->now_us);
  test_clients_request (f, 3, "t1", 0);
  test_clients_expect (f, "3 welcome i3", "3 resumed i1 t1 <0", NULL);
}

#define ADD(path, func)                                                        \
  g_test_add ("/client-intake/" path, TestClients, NULL, test_clients_set_up,  \
              func, test_clients_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("long-meta-is-refused", test_long_meta_is_refused);
  ADD ("the-meta-of-all-is-bounded", test_the_meta_of_all_is_bounded);
  ADD ("grants-are-enforced", test_grants_are_enforced);
  ADD ("sessions-are-in-granted-roles", test_sessions_are_in_granted_roles);
  ADD ("a-resume-needs-a-token-that-allows-as-much",
       test_a_resume_needs_a_token_that_allows_as_much);
  g_test_add_func ("/client-intake/what-a-token-allows-is-compared-whole",
                   test_what_a_token_allows_is_compared_whole);
  ADD ("a-resumption-is-its-users-own", test_a_resumption_is_its_users_own);

  return g_test_run ();
}
