/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-program.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/prctl.h>

static void
die_with_parent (gpointer unused)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

GSubprocess *
test_program_spawn (const char *const *argv, GSubprocessFlags flags)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (flags);
  g_autoptr (GError) error = NULL;
  GSubprocess *program;

  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  program = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  return program;
}

void
test_program_kill (GSubprocess **program)
{
  if (*program == NULL)
    return;

  g_subprocess_force_exit (*program);
  g_assert_true (g_subprocess_wait (*program, NULL, NULL));
  g_clear_object (program);
}

void
test_program_remove_dir (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    test_program_remove_dir (child);
  }
  g_remove (path);
}

static GSocket *
bind_any_port (GSocketType type, GSocketProtocol protocol, guint *port)
{
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, type, protocol, NULL);
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;

  g_assert_true (g_socket_bind (socket, any, TRUE, NULL));
  bound = g_socket_get_local_address (socket, NULL);
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  return g_steal_pointer (&socket);
}

/* A socket that is bound and never listens: with SO_REUSEADDR at both, another
 * one may listen at its port. */
guint
test_program_reserve_port (void)
{
  static GPtrArray *reserved = NULL;
  guint port;

  if (reserved == NULL)
    reserved = g_ptr_array_new ();
  g_ptr_array_add (reserved, bind_any_port (G_SOCKET_TYPE_STREAM,
                                            G_SOCKET_PROTOCOL_TCP, &port));
  return port;
}

guint
test_program_find_udp_port (void)
{
  guint port;

  g_object_unref (
      bind_any_port (G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, &port));
  return port;
}
