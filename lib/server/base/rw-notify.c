/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-notify.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <unistd.h>

/**
 * rw_notify:
 * @state: such as "READY=1", lines
 *
 * Returns: FALSE if no service manager is listening, which is no error
 */
gboolean
rw_notify (const char *state)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) socket = NULL;

  if (path == NULL || (*path != '/' && *path != '@'))
    return FALSE;

  address = *path == '@' ? g_unix_socket_address_new_with_type (
                               path + 1, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT)
                         : g_unix_socket_address_new (path);
  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
                         G_SOCKET_PROTOCOL_DEFAULT, NULL);
  return socket != NULL && g_socket_send_to (socket, address, state,
                                             strlen (state), NULL, NULL) > 0;
}

/** rw_notify_get_watchdog_us: the longest interval between two messages to it;
 * 0 for not at all. */
gint64
rw_notify_get_watchdog_us (void)
{
  const char *interval = g_getenv ("WATCHDOG_USEC");
  const char *pid = g_getenv ("WATCHDOG_PID");
  guint64 us;
  guint64 meant;

  if (interval == NULL ||
      !g_ascii_string_to_unsigned (interval, 10, 1, G_MAXINT64, &us, NULL))
    return 0;
  if (pid != NULL &&
      (!g_ascii_string_to_unsigned (pid, 10, 1, G_MAXINT32, &meant, NULL) ||
       meant != (guint64) getpid ()))
    return 0;

  return (gint64) us;
}
