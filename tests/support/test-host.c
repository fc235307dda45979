/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-host.h"

#include "test-program.h"

static gpointer
run (gpointer user_data)
{
  TestHost *self = user_data;
  g_autoptr (GError) error = NULL;

  g_main_context_push_thread_default (self->context);
  self->server = rw_server_new (self->config);
  g_assert_true (rw_server_start (self->server, &error));
  g_assert_no_error (error);
  g_async_queue_push (self->ready,
                      GUINT_TO_POINTER (rw_server_get_port (self->server)));
  g_main_loop_run (self->loop);
  rw_server_stop (self->server);
  g_clear_object (&self->server);
  g_main_context_pop_thread_default (self->context);

  return NULL;
}

static void
start (TestHost *self, RwServerConfig *config)
{
  self->config = config;
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->ready = g_async_queue_new ();
  self->thread = g_thread_new ("server", run, self);
  self->port = GPOINTER_TO_UINT (g_async_queue_pop (self->ready));
}

/** test_host_start: @config is taken over; its port becomes one that stays
 * this test's while the server is stopped. */
void
test_host_start (TestHost *self, RwServerConfig *config)
{
  config->port = test_program_reserve_port ();
  start (self, config);
}

void
test_host_start_again (TestHost *self, RwServerConfig *config)
{
  config->port = self->port;
  start (self, config);
}

static gboolean
on_stop (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

void
test_host_stop (TestHost *self)
{
  g_main_context_invoke (self->context, on_stop, self->loop);
  g_thread_join (self->thread);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_async_queue_unref (self->ready);
  rw_server_config_free (self->config);
}

static gboolean
on_count (gpointer user_data)
{
  TestHost *self = user_data;
  guint n = rw_server_get_n_clients (self->server);

  g_async_queue_push (self->ready, GUINT_TO_POINTER (n + 1));
  return G_SOURCE_REMOVE;
}

guint
test_host_get_n_clients (TestHost *self)
{
  g_main_context_invoke (self->context, on_count, self);
  return GPOINTER_TO_UINT (g_async_queue_pop (self->ready)) - 1;
}
