/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-loop.h"

#include <string.h>

/*
 * Owns one thread, one context and one queue of posts. The thread holds a
 * reference on the core alone, never on the RwLoop, so that the last unref of
 * the RwLoop may come from anywhere, the thread itself included.
 */

typedef struct {
  RwLoopFunc func;
  gpointer data;
  GDestroyNotify destroy;
} RwPost;

/* The data that the thread and the object share. */
typedef struct {
  GMainContext *context;
  GSource *wakeup;
  GMutex lock;
  GQueue posts;     /* of RwPost; under the lock */
  gboolean stopped; /* under the lock; no post is accepted any more */
} RwLoopCore;

struct _RwLoop {
  GObject parent_instance;
  RwLoopCore *core;
  GMutex join_lock; /* held while joining, so that all stoppers wait */
  GThread *thread;  /* under join_lock; NULL once joined */
  GThread *owner;   /* kept, so that its address names no other thread */
};

G_DEFINE_FINAL_TYPE (RwLoop, rw_loop, G_TYPE_OBJECT)

static void
rw_post_free (RwPost *post)
{
  if (post->destroy != NULL)
    post->destroy (post->data);
  g_free (post);
}

static void
rw_loop_core_clear (gpointer data)
{
  RwLoopCore *core = data;

  g_source_unref (core->wakeup);
  g_main_context_unref (core->context);
  g_mutex_clear (&core->lock);
}

static void
rw_loop_core_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, rw_loop_core_clear);
}

static RwPost *
rw_loop_core_pop (RwLoopCore *core)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&core->lock);

  return g_queue_pop_head (&core->posts);
}

typedef struct {
  GSource source;
  RwLoopCore *core;
} RwLoopSource;

static gboolean
rw_loop_source_is_ready (GSource *source)
{
  RwLoopCore *core = ((RwLoopSource *) source)->core;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&core->lock);

  return !g_queue_is_empty (&core->posts);
}

static gboolean
rw_loop_source_prepare (GSource *source, int *timeout_ms)
{
  *timeout_ms = -1;
  return rw_loop_source_is_ready (source);
}

/* One post for each dispatch, so that timers and sockets are dispatched in
 * between. */
static gboolean
rw_loop_source_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  RwPost *post = rw_loop_core_pop (((RwLoopSource *) source)->core);

  if (post != NULL) {
    post->func (post->data);
    rw_post_free (post);
  }
  return G_SOURCE_CONTINUE;
}

/* It looks at the queue instead of a ready time: to set and to clear that would
 * wake the loop twice for each post. */
static GSourceFuncs wakeup_funcs = {
    .prepare = rw_loop_source_prepare,
    .check = rw_loop_source_is_ready,
    .dispatch = rw_loop_source_dispatch,
};

static RwLoopCore *
rw_loop_core_new (void)
{
  RwLoopCore *core = g_atomic_rc_box_new0 (RwLoopCore);

  core->context = g_main_context_new ();
  g_mutex_init (&core->lock);
  g_queue_init (&core->posts);
  core->wakeup = g_source_new (&wakeup_funcs, sizeof (RwLoopSource));
  ((RwLoopSource *) core->wakeup)->core = core;
  g_source_set_static_name (core->wakeup, "rw-loop posts");
  /* A nested iteration waits for what is posted. */
  g_source_set_can_recurse (core->wakeup, TRUE);
  g_source_attach (core->wakeup, core->context);
  return core;
}

static void
rw_loop_core_drop_posts (RwLoopCore *core)
{
  RwPost *post;

  while ((post = rw_loop_core_pop (core)) != NULL)
    rw_post_free (post);
}

static gboolean
rw_loop_core_is_stopped (RwLoopCore *core)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&core->lock);

  return core->stopped;
}

/*
 * A cancelled operation completes in an idle callback that owns references;
 * let those that are ready run, but not a source that is always ready.
 */
static void
rw_loop_core_drain (RwLoopCore *core)
{
  guint left = 100;

  while (left > 0 && g_main_context_iteration (core->context, FALSE))
    left--;
}

static gpointer
rw_loop_thread (gpointer data)
{
  RwLoopCore *core = data;

  g_main_context_push_thread_default (core->context);
  while (!rw_loop_core_is_stopped (core))
    g_main_context_iteration (core->context, TRUE);
  rw_loop_core_drop_posts (core);
  g_source_destroy (core->wakeup);
  rw_loop_core_drain (core);
  g_main_context_pop_thread_default (core->context);
  rw_loop_core_unref (core);
  return NULL;
}

static void
rw_loop_core_stop (RwLoopCore *core)
{
  g_mutex_lock (&core->lock);
  core->stopped = TRUE;
  g_mutex_unlock (&core->lock);
  g_main_context_wakeup (core->context);
}

static void
rw_loop_finalize (GObject *object)
{
  RwLoop *self = RW_LOOP (object);

  rw_loop_stop (self);
  /* Still there only when this is the loop's own thread. */
  g_clear_pointer (&self->thread, g_thread_unref);
  g_thread_unref (self->owner);
  rw_loop_core_unref (self->core);
  g_mutex_clear (&self->join_lock);
  G_OBJECT_CLASS (rw_loop_parent_class)->finalize (object);
}

static void
rw_loop_class_init (RwLoopClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_loop_finalize;
}

static void
rw_loop_init (RwLoop *self)
{
  g_mutex_init (&self->join_lock);
  self->core = rw_loop_core_new ();
}

/* The kernel takes no longer one. The default name of an element is told from
 * others by its end, and needs no part of a word before it. */
#define MAX_THREAD_NAME 15
#define PROJECT         "resilient"

static const char *
get_thread_name (const char *name)
{
  gsize length = strlen (name);

  if (length > MAX_THREAD_NAME && g_str_has_prefix (name, PROJECT)) {
    name += strlen (PROJECT);
    length -= strlen (PROJECT);
  }

  return length > MAX_THREAD_NAME ? name + length - MAX_THREAD_NAME : name;
}

RwLoop *
rw_loop_new (const char *name)
{
  RwLoop *self = g_object_new (RW_TYPE_LOOP, NULL);

  self->thread = g_thread_new (get_thread_name (name), rw_loop_thread,
                               g_atomic_rc_box_acquire (self->core));
  self->owner = g_thread_ref (self->thread);
  return self;
}

GMainContext *
rw_loop_get_context (RwLoop *self)
{
  g_return_val_if_fail (RW_IS_LOOP (self), NULL);

  return self->core->context;
}

gboolean
rw_loop_is_owner (RwLoop *self)
{
  g_return_val_if_fail (RW_IS_LOOP (self), FALSE);

  return g_thread_self () == self->owner;
}

gboolean
rw_loop_invoke (RwLoop *self, RwLoopFunc func, gpointer data,
                GDestroyNotify destroy)
{
  RwLoopCore *core;
  RwPost *post;
  gboolean accepted, was_empty = FALSE;

  g_return_val_if_fail (RW_IS_LOOP (self), FALSE);
  g_return_val_if_fail (func != NULL, FALSE);

  core = self->core;
  post = g_new (RwPost, 1);
  *post = (RwPost){func, data, destroy};
  g_mutex_lock (&core->lock);
  accepted = !core->stopped;
  if (accepted) {
    was_empty = g_queue_is_empty (&core->posts);
    g_queue_push_tail (&core->posts, post);
  }
  g_mutex_unlock (&core->lock);
  /* With others before it the loop is awake, and so is its own thread. */
  if (was_empty && !rw_loop_is_owner (self))
    g_main_context_wakeup (core->context);
  if (!accepted)
    rw_post_free (post);
  return accepted;
}

/* Lives on the caller's stack: the caller waits until it is done. */
typedef struct {
  RwLoopFunc func;
  gpointer data;
  GMutex lock;
  GCond cond;
  gboolean ran;
  gboolean done;
} RwCall;

static void
rw_call_run (gpointer data)
{
  RwCall *call = data;

  call->func (call->data);
  call->ran = TRUE;
}

/* The destroy notify comes whether or not the call ran: it ends the wait. */
static void
rw_call_done (gpointer data)
{
  RwCall *call = data;

  g_mutex_lock (&call->lock);
  call->done = TRUE;
  g_cond_signal (&call->cond);
  g_mutex_unlock (&call->lock);
}

gboolean
rw_loop_call (RwLoop *self, RwLoopFunc func, gpointer data)
{
  RwCall call = {.func = func, .data = data};

  g_return_val_if_fail (RW_IS_LOOP (self), FALSE);
  g_return_val_if_fail (func != NULL, FALSE);

  if (rw_loop_is_owner (self)) {
    func (data);
    return TRUE;
  }
  g_mutex_init (&call.lock);
  g_cond_init (&call.cond);
  rw_loop_invoke (self, rw_call_run, &call, rw_call_done);
  g_mutex_lock (&call.lock);
  while (!call.done)
    g_cond_wait (&call.cond, &call.lock);
  g_mutex_unlock (&call.lock);
  g_cond_clear (&call.cond);
  g_mutex_clear (&call.lock);
  return call.ran;
}

void
rw_loop_stop (RwLoop *self)
{
  g_return_if_fail (RW_IS_LOOP (self));

  rw_loop_core_stop (self->core);
  if (rw_loop_is_owner (self))
    return;
  g_mutex_lock (&self->join_lock);
  g_clear_pointer (&self->thread, g_thread_join);
  g_mutex_unlock (&self->join_lock);
}
