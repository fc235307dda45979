/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-privileges.h"

#include <errno.h>
#include <gio/gio.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

static gboolean
fail (const char *user, const char *what, GError **error)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
               "cannot become the user \"%s\": %s: %s", user, what,
               g_strerror (errno));
  return FALSE;
}

gboolean
rw_privileges_drop (const char *user, GError **error)
{
  const struct passwd *entry;

  errno = 0;
  entry = getpwnam (user);
  if (entry == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                 "there is no user \"%s\" to become", user);
    return FALSE;
  }
  /* The groups first: afterwards there is no right to. Of root, each sets the
   * saved id as well, so that there is no way back. */
  if (initgroups (user, entry->pw_gid) != 0)
    return fail (user, "its groups", error);
  if (setgid (entry->pw_gid) != 0)
    return fail (user, "its group", error);
  if (setuid (entry->pw_uid) != 0)
    return fail (user, "its id", error);

  return TRUE;
}

gboolean
rw_privileges_are_root (void)
{
  return geteuid () == 0;
}
