/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-balancer.h"

#include "test-program.h"

static const char settings[] =
    "defaults\n"
    "  mode tcp\n"
    "  timeout connect 1s\n"
    "  timeout client 1h\n"
    "  timeout server 1h\n"
    "frontend one_address\n"
    "  bind 127.0.0.1:%u\n"
    "  default_backend servers\n"
    "backend servers\n"
    "  option httpchk GET /readyz\n"
    "  option redispatch\n"
    "  server first 127.0.0.1:%u check inter 100ms fall 1 rise 1\n"
    "  server second 127.0.0.1:%u check inter 100ms fall 1 rise 1\n";

static char *
get_settings_path (TestBalancer *self)
{
  return g_build_filename (self->dir, "haproxy.cfg", NULL);
}

gboolean
test_balancer_start (TestBalancer *self, guint port, guint first, guint second)
{
  g_autofree char *program = g_find_program_in_path ("haproxy");
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  *self = (TestBalancer){.port = port};
  if (program == NULL && g_file_test ("/usr/sbin/haproxy", G_FILE_TEST_EXISTS))
    program = g_strdup ("/usr/sbin/haproxy");
  if (program == NULL) {
    g_test_skip ("haproxy is not installed");
    return FALSE;
  }

  self->dir = g_dir_make_tmp ("rw-balancer-XXXXXX", &error);
  g_assert_no_error (error);
  path = get_settings_path (self);
  text = g_strdup_printf (settings, port, first, second);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  self->process = test_program_spawn (
      (const char *const[]){program, "-db", "-f", path, NULL},
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  return TRUE;
}

void
test_balancer_stop (TestBalancer *self)
{
  if (self->process == NULL)
    return;

  test_program_kill (&self->process);
  test_program_remove_dir (self->dir);
  g_free (self->dir);
}
