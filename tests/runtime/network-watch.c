/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "rw-network-watch.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

/* A network namespace of our own. Its loopback is link enough, and, unlike
 * others, sends everything before ip returns. */
static gboolean in_namespace;

typedef struct {
  RwNetworkWatch *watch;
  guint n_changes;
  guint n_gains;
} Fixture;

static void
on_changed (RwNetworkWatch *watch, gboolean gained, Fixture *f)
{
  f->n_changes++;
  if (gained)
    f->n_gains++;
}

static gboolean
run_ip (const char *arguments)
{
  g_autofree char *line = g_strconcat ("ip ", arguments, NULL);
  int status = -1;

  return g_spawn_command_line_sync (line, NULL, NULL, &status, NULL) &&
         status == 0;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->watch = rw_network_watch_new (NULL);
  g_signal_connect (f->watch, "changed", G_CALLBACK (on_changed), f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_finalize_object (f->watch);
  if (in_namespace)
    run_ip ("addr flush dev lo");
}

static gboolean
can_run (Fixture *f)
{
  if (!in_namespace || !rw_network_watch_is_active (f->watch) ||
      !run_ip ("link set lo down")) {
    g_test_skip ("needs a network namespace of its own, and ip");
    return FALSE;
  }
  return TRUE;
}

/* ip has returned, so that the kernel has sent everything. */
static void
drain (Fixture *f)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
forget (Fixture *f)
{
  drain (f);
  f->n_changes = 0;
  f->n_gains = 0;
}

static void
test_new_address_is_a_gain (Fixture *f, gconstpointer data)
{
  if (!can_run (f))
    return;
  g_assert_true (run_ip ("link set lo up"));
  forget (f);
  g_assert_true (run_ip ("addr add 10.9.8.7/24 dev lo"));
  drain (f);
  g_assert_cmpuint (f->n_gains, ==, 1);
}

static void
test_loss_is_no_gain (Fixture *f, gconstpointer data)
{
  if (!can_run (f))
    return;
  g_assert_true (run_ip ("link set lo up"));
  g_assert_true (run_ip ("addr add 10.9.8.7/24 dev lo"));
  forget (f);
  g_assert_true (run_ip ("addr del 10.9.8.7/24 dev lo"));
  drain (f);
  g_assert_cmpuint (f->n_changes, >, 0);
  g_assert_cmpuint (f->n_gains, ==, 0);
  g_assert_true (run_ip ("link set lo down"));
  drain (f);
  g_assert_cmpuint (f->n_gains, ==, 0);
  g_assert_true (run_ip ("link set lo up"));
  drain (f);
  g_assert_cmpuint (f->n_gains, >, 0);
}

static void
test_repetition_is_no_change (Fixture *f, gconstpointer data)
{
  if (!can_run (f))
    return;
  g_assert_true (run_ip ("link set lo up"));
  g_assert_true (run_ip ("addr add 10.9.8.7/24 dev lo valid_lft 1000 "
                         "preferred_lft 1000"));
  forget (f);
  /* As a router's advertisement or a DHCP lease does. */
  g_assert_true (run_ip ("addr change 10.9.8.7/24 dev lo valid_lft 2000 "
                         "preferred_lft 2000"));
  drain (f);
  g_assert_cmpuint (f->n_changes, ==, 0);
}

static void
test_route_counts (Fixture *f, gconstpointer data)
{
  if (!can_run (f))
    return;
  g_assert_true (run_ip ("link set lo up"));
  g_assert_true (run_ip ("addr add 10.9.8.7/24 dev lo"));
  forget (f);
  g_assert_true (run_ip ("route add 10.1.0.0/16 dev lo"));
  drain (f);
  g_assert_cmpuint (f->n_gains, >, 0);
}

static guint
count_fds (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
test_leaves_no_socket (void)
{
  guint n_fds;

  g_object_unref (rw_network_watch_new (NULL));
  n_fds = count_fds ();
  for (int i = 0; i < 100; i++)
    g_object_unref (rw_network_watch_new (NULL));
  g_assert_cmpuint (count_fds (), ==, n_fds);
}

#define ADD(name, func)                                                        \
  g_test_add ("/session/network-watch/" name, Fixture, NULL, set_up, func,     \
              tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* Before there is any other thread. */
  in_namespace = unshare (CLONE_NEWNET) == 0 ||
                 unshare (CLONE_NEWUSER | CLONE_NEWNET) == 0;
  ADD ("new-address-is-a-gain", test_new_address_is_a_gain);
  ADD ("loss-is-no-gain", test_loss_is_no_gain);
  ADD ("repetition-is-no-change", test_repetition_is_no_change);
  ADD ("route-counts", test_route_counts);
  g_test_add_func ("/session/network-watch/leaves-no-socket",
                   test_leaves_no_socket);
  return g_test_run ();
}
