/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-certificate.h"

gboolean
test_certificate_make (const char *path, const char *name)
{
  g_autofree char *subject = g_strdup_printf ("/CN=%s", name);
  const char *argv[] = {"openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:prime256v1",
                        "-nodes",
                        "-days",
                        "1",
                        "-subj",
                        subject,
                        "-keyout",
                        path,
                        "-out",
                        path,
                        NULL};
  int status = 0;

  return g_spawn_sync (NULL, (char **) argv, NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                       NULL, NULL, NULL, &status, NULL) &&
         status == 0;
}
