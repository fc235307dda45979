/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-control-thread.h"

#include "rw-webrtc-peer.h"
#include "rw-webrtc-runtime.h"

/* See the header. */

void
rw_control_thread_init (RwControlThread *self)
{
  g_mutex_init (&self->lock);
}

void
rw_control_thread_clear (RwControlThread *self)
{
  g_assert (self->loop == NULL);
  g_mutex_clear (&self->lock);
}

static void
set_loop (RwControlThread *self, RwLoop *loop)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->loop = loop;
}

void
rw_control_thread_start (RwControlThread *self, const char *name)
{
  rw_webrtc_runtime_prewarm ();
  set_loop (self, rw_loop_new (name));
  self->teardown = rw_teardown_new (rw_webrtc_peer_tear_down);
}

void
rw_control_thread_stop (RwControlThread *self)
{
  RwLoop *loop = self->loop;

  if (loop == NULL)
    return;
  rw_loop_stop (loop);
  g_clear_pointer (&self->teardown, rw_teardown_free);
  set_loop (self, NULL);
  g_object_unref (loop);
  rw_webrtc_runtime_finish_prewarm ();
}

RwLoop *
rw_control_thread_dup_loop (RwControlThread *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->loop ? g_object_ref (self->loop) : NULL;
}
