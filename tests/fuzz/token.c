/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-auth.h"

#include <glib/gstdio.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static RwServerAuth *
new_auth (void)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("rw-fuzz-XXXXXX", &path, NULL);
  RwServerAuth *auth;

  g_close (fd, NULL);
  g_file_set_contents (path, "0123456789abcdef0123456789abcdef", -1, NULL);
  auth = rw_server_auth_new (path, "HS256", NULL);
  g_unlink (path);
  return auth;
}

/* Nothing that anybody makes up may be let in: the secret is not in here. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static RwServerAuth *auth;
  g_autofree char *token = g_strndup ((const char *) data, size);

  if (auth == NULL)
    auth = new_auth ();
  g_assert (rw_server_auth_check (auth, token, 0, NULL) == NULL);
  return 0;
}
