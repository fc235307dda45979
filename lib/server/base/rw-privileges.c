/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-privileges.h"

#include <errno.h>
#include <gio/gio.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

static gboolean
fail (const char *user, const char *what, GError **error)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
               "cannot change to the user \"%s\": %s: %s", user, what,
               g_strerror (errno));
  return FALSE;
}

/* So that no program that is executed later gets back what was given up, not
 * even one that is set-user-id or has file capabilities. Kernels know more or
 * fewer capabilities than the headers: the first that does not exist is the
 * end. */
static gboolean
drop_for_good (const char *user, GError **error)
{
  for (unsigned long capability = 0;
       prctl (PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
    if (prctl (PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
      return fail (user, "its capabilities", error);
  }
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return fail (user, "no new privileges", error);
  return TRUE;
}

gboolean
rw_privileges_drop (const char *user, GError **error)
{
  const struct passwd *entry;

  errno = 0;
  entry = getpwnam (user);
  if (entry == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                 "there is no user \"%s\" to change to", user);
    return FALSE;
  }
  if (!drop_for_good (user, error))
    return FALSE;
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
