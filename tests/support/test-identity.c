/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-identity.h"

#include "test-program.h"

#include <glib/gstdio.h>

/* See the header. */

/* In a directory of its own. "openssl ca" alone takes any dates. */
static const char script[] =
    "key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'\n"
    "openssl req -x509 $key -days 2 -subj /CN=authority "
    "  -keyout ca-key.pem -out ca.pem\n"
    "openssl req -new $key -subj /CN=test -keyout key.pem -out request.pem\n"
    "printf '%s\\n' '[ca]' 'default_ca=it' '[it]' database=index "
    "  new_certs_dir=. default_md=sha256 policy=any rand_serial=yes "
    "  x509_extensions=names '[any]' commonName=supplied '[names]' "
    "  \"subjectAltName=$1\" > config\n"
    ": > index\n"
    "openssl ca -batch -notext -config config -keyfile ca-key.pem -cert ca.pem "
    "  -in request.pem -out cert.pem -startdate \"$2\" -enddate \"$3\"\n";

static char *
format_date (int days)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) date = g_date_time_add_days (now, days);

  return g_date_time_format (date, "%Y%m%d%H%M%SZ");
}

static gboolean
make_files (const char *dir, const char *name, int from_days, int until_days)
{
  g_autofree char *from = format_date (from_days);
  g_autofree char *until = format_date (until_days);
  const char *argv[] = {"sh", "-ec", script, "sh", name, from, until, NULL};
  int status = 0;

  return g_spawn_sync (dir, (char **) argv, NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                       NULL, NULL, NULL, &status, NULL) &&
         status == 0;
}

TestIdentity *
test_identity_new (const char *name, int from_days, int until_days)
{
  g_autoptr (TestIdentity) self = g_new0 (TestIdentity, 1);
  g_autofree char *openssl = g_find_program_in_path ("openssl");
  g_autoptr (GError) error = NULL;

  self->dir = g_dir_make_tmp ("rw-identity-XXXXXX", &error);
  g_assert_no_error (error);
  self->ca = g_build_filename (self->dir, "ca.pem", NULL);
  self->cert = g_build_filename (self->dir, "cert.pem", NULL);
  self->key = g_build_filename (self->dir, "key.pem", NULL);
  if (openssl == NULL) {
    g_test_skip ("openssl is not installed");
    return NULL;
  }
  g_assert_true (make_files (self->dir, name, from_days, until_days));
  return g_steal_pointer (&self);
}

void
test_identity_free (TestIdentity *self)
{
  test_program_remove_dir (self->dir);
  g_free (self->dir);
  g_free (self->ca);
  g_free (self->cert);
  g_free (self->key);
  g_free (self);
}
