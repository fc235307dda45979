/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-teardown.h"

#include <gst/gst.h>

/* A session takes milliseconds. One whose webrtcbin never comes to rest (the
 * task of its sctpenc was seen to wait for ever, started again amid its stop)
 * is left behind, as the application's state change must end. */
#define MAX_WAIT_US (5 * G_TIME_SPAN_SECOND)

struct _RwTeardown {
  GThreadPool *pool;
  RwTeardownFunc func;
  GMutex lock;
  GCond changed;
  guint n_pending;
};

static void
run (gpointer data, gpointer user_data)
{
  RwTeardown *self = user_data;

  self->func (data);
  g_mutex_lock (&self->lock);
  self->n_pending--;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
}

RwTeardown *
rw_teardown_new (RwTeardownFunc func)
{
  RwTeardown *self = g_new0 (RwTeardown, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->func = func;
  self->pool = g_thread_pool_new (run, self, 1, FALSE, NULL);
  return self;
}

static guint
wait_until_done (RwTeardown *self)
{
  gint64 deadline_us = g_get_monotonic_time () + MAX_WAIT_US;
  guint n_pending;

  g_mutex_lock (&self->lock);
  while (self->n_pending > 0 &&
         g_cond_wait_until (&self->changed, &self->lock, deadline_us))
    ;
  n_pending = self->n_pending;
  g_mutex_unlock (&self->lock);
  return n_pending;
}

void
rw_teardown_free (RwTeardown *self)
{
  guint n_pending;

  g_thread_pool_set_max_threads (self->pool, (int) g_get_num_processors (),
                                 NULL);
  n_pending = wait_until_done (self);
  if (n_pending > 0) {
    GST_ERROR ("%u sessions cannot be torn down; their memory and threads are "
               "left behind",
               n_pending);
    return;
  }
  g_thread_pool_free (self->pool, FALSE, TRUE);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
rw_teardown_push (RwTeardown *self, gpointer data)
{
  g_mutex_lock (&self->lock);
  self->n_pending++;
  g_mutex_unlock (&self->lock);
  g_thread_pool_push (self->pool, data, NULL);
}
