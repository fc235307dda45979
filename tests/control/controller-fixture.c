/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller-fixture.h"

static void
on_attempt (RwController *controller, guint64 generation, gpointer data)
{
  Fixture *f = data;

  g_ptr_array_add (f->log,
                   g_strdup_printf ("attempt %" G_GUINT64_FORMAT, generation));
  f->newest = generation;
  if (generation == f->stop_on_attempt)
    rw_controller_stop (controller);
  if (generation == f->fail_on_attempt)
    rw_controller_report_attempt_failed (controller, generation, f->failure, 0);
}

static void
on_abandon (RwController *controller, guint64 generation, gpointer data)
{
  Fixture *f = data;

  g_ptr_array_add (f->log,
                   g_strdup_printf ("abandon %" G_GUINT64_FORMAT, generation));
}

static void
on_state_changed (RwController *controller, const RwStateInfo *info,
                  gpointer data)
{
  Fixture *f = data;

  f->last_info = *info;
  g_ptr_array_add (f->log,
                   g_strdup_printf ("%s %s", rw_state_to_string (info->state),
                                    info->reason));
}

static void
on_retrying (RwController *controller, const RwStateInfo *info, gpointer data)
{
  Fixture *f = data;

  f->last_info = *info;
  g_ptr_array_add (f->log, g_strdup_printf ("retry in %" G_GINT64_FORMAT " %s",
                                            info->delay_us / MS, info->reason));
}

void
controller_set_up (Fixture *f, gconstpointer data)
{
  f->clock = test_fake_clock_new ();
  f->log = g_ptr_array_new_with_free_func (g_free);
  f->controller =
      rw_controller_new (RW_CLOCK (f->clock), NULL, g_rand_new_with_seed (7));
  f->config = RW_RECONNECT_CONFIG_DEFAULT;
  f->config.backoff.jitter = 0;
  rw_controller_set_config (f->controller, &f->config);
  g_signal_connect (f->controller, "attempt", G_CALLBACK (on_attempt), f);
  g_signal_connect (f->controller, "abandon", G_CALLBACK (on_abandon), f);
  g_signal_connect (f->controller, "state-changed",
                    G_CALLBACK (on_state_changed), f);
  g_signal_connect (f->controller, "retrying", G_CALLBACK (on_retrying), f);
}

void
controller_tear_down (Fixture *f, gconstpointer data)
{
  g_assert_finalize_object (f->controller);
  g_assert_finalize_object (f->clock);
  g_ptr_array_unref (f->log);
}

void
controller_expect (Fixture *f, const char *expected)
{
  g_autofree char *told = NULL;

  g_ptr_array_add (f->log, NULL);
  told = g_strjoinv (", ", (char **) f->log->pdata);
  g_assert_cmpstr (told, ==, expected);
  g_ptr_array_set_size (f->log, 0);
}

void
controller_advance (Fixture *f, gint64 ms)
{
  test_fake_clock_advance (f->clock, ms * MS);
}

void
controller_connect_first (Fixture *f)
{
  rw_controller_start (f->controller);
  rw_controller_report_progress (f->controller, 1);
  controller_expect (f, "connecting start, attempt 1, connected connected");
  controller_advance (f, 1000);
  rw_controller_report_progress (f->controller, 1);
}
