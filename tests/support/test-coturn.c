/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-coturn.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "test-program.h"

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

gboolean
test_coturn_start (TestCoturn *self)
{
  g_autofree char *program = g_find_program_in_path ("turnserver");
  g_autofree char *pid = NULL;
  g_autofree char *db = NULL;

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
  self->port = g_strdup_printf ("%u", test_program_find_udp_port ());
  self->secret_file = g_build_filename (self->dir, "secret", NULL);
  self->log_file = g_build_filename (self->dir, "log", NULL);
  pid = g_build_filename (self->dir, "pid", NULL);
  db = g_build_filename (self->dir, "db", NULL);
  g_assert_true (
      g_file_set_contents (self->secret_file, TEST_COTURN_SECRET, -1, NULL));
  self->process = test_program_spawn (
      (const char *const[]){program,
                            "-n",
                            "--use-auth-secret",
                            "--static-auth-secret=" TEST_COTURN_SECRET,
                            "--realm=test",
                            "--listening-ip",
                            self->address,
                            "--relay-ip",
                            self->address,
                            "-p",
                            self->port,
                            "--no-tls",
                            "--no-dtls",
                            "--no-cli",
                            "--simple-log",
                            "--verbose",
                            "--log-file",
                            self->log_file,
                            "--pidfile",
                            pid,
                            "-b",
                            db,
                            NULL},
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  return TRUE;
}

void
test_coturn_stop (TestCoturn *self)
{
  test_program_kill (&self->process);
  test_program_remove_dir (self->dir);
  g_clear_pointer (&self->address, g_free);
  g_clear_pointer (&self->dir, g_free);
  g_clear_pointer (&self->port, g_free);
  g_clear_pointer (&self->secret_file, g_free);
  g_clear_pointer (&self->log_file, g_free);
}

static guint
count_lines (TestCoturn *self, const char *pattern)
{
  g_autofree char *text = NULL;
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  guint n = 0;

  if (!g_file_get_contents (self->log_file, &text, NULL, NULL))
    return 0;
  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match);
       g_match_info_next (match, NULL))
    n++;
  return n;
}

guint
test_coturn_count_allocations (TestCoturn *self)
{
  return count_lines (self, "session \\d+: new, ");
}

guint
test_coturn_count_returned (TestCoturn *self)
{
  return count_lines (self, "session \\d+: refreshed, .*lifetime=0\\b");
}
