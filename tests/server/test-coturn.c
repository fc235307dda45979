/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-coturn.h"

#include <glib/gstdio.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>

static guint16
find_free_udp_port (void)
{
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                    G_SOCKET_PROTOCOL_UDP, NULL);
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;

  g_assert_true (g_socket_bind (socket, any, FALSE, NULL));
  bound = g_socket_get_local_address (socket, NULL);
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
}

/* libnice sends nothing to 127.0.0.1. */
static char *
find_address (void)
{
  g_autofree char *found = NULL;
  struct ifaddrs *all = NULL;

  g_assert_cmpint (getifaddrs (&all), ==, 0);
  for (struct ifaddrs *a = all; a != NULL && found == NULL; a = a->ifa_next) {
    g_autoptr (GSocketAddress) address = NULL;

    if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_INET ||
        !(a->ifa_flags & IFF_UP) || (a->ifa_flags & IFF_LOOPBACK))
      continue;
    address = g_socket_address_new_from_native (a->ifa_addr,
                                                sizeof (struct sockaddr_in));
    found = g_inet_address_to_string (
        g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
  }
  freeifaddrs (all);
  return g_steal_pointer (&found);
}

/* A test that fails leaves nothing behind. */
static void
die_with_parent (gpointer unused)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

gboolean
test_coturn_start (TestCoturn *self)
{
  g_autofree char *program = g_find_program_in_path ("turnserver");
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autofree char *pid = NULL;
  g_autofree char *db = NULL;
  g_autoptr (GError) error = NULL;

  if (program == NULL) {
    g_test_skip ("coturn is not there");
    return FALSE;
  }
  self->address = find_address ();
  if (self->address == NULL) {
    g_test_skip ("there is no address but loopback");
    return FALSE;
  }
  self->dir = g_dir_make_tmp ("rw-coturn-XXXXXX", NULL);
  self->port = g_strdup_printf ("%u", find_free_udp_port ());
  self->secret_file = g_build_filename (self->dir, "secret", NULL);
  pid = g_build_filename (self->dir, "pid", NULL);
  db = g_build_filename (self->dir, "db", NULL);
  g_assert_true (
      g_file_set_contents (self->secret_file, TEST_COTURN_SECRET, -1, NULL));
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  self->process = g_subprocess_launcher_spawn (
      launcher, &error, program, "-n", "--use-auth-secret",
      "--static-auth-secret=" TEST_COTURN_SECRET, "--realm=test",
      "--listening-ip", self->address, "--relay-ip", self->address, "-p",
      self->port, "--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout",
      "--pidfile", pid, "-b", db, NULL);
  g_assert_no_error (error);
  return TRUE;
}

static void
remove_dir (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *file = g_build_filename (path, name, NULL);

    g_unlink (file);
  }
  g_rmdir (path);
}

void
test_coturn_stop (TestCoturn *self)
{
  g_subprocess_force_exit (self->process);
  g_assert_true (g_subprocess_wait (self->process, NULL, NULL));
  g_clear_object (&self->process);
  remove_dir (self->dir);
  g_clear_pointer (&self->address, g_free);
  g_clear_pointer (&self->dir, g_free);
  g_clear_pointer (&self->port, g_free);
  g_clear_pointer (&self->secret_file, g_free);
}
