/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-shard.h"

#include <sys/epoll.h>
#include <unistd.h>

/* One for what has happened, one for what follows from it: with GLib 2.74 a
 * context wakes itself when one of its sources is dispatched. */
#define MAX_TURNS 2

/* Further events are taken in the next turn. */
#define MAX_EVENTS 64

struct _RwServerShard {
  GMainContext *context;
  int epoll_fd;
  GArray *fds;   /* GPollFD, in their order: what epoll watches */
  GArray *spare; /* GPollFD: the next such list */
  int priority;
  gint64 wake_us;
  gboolean touched;
};

/* GLib's poll flags are those of poll(2), and so are epoll's. */
static void
control (RwServerShard *self, int operation, const GPollFD *fd)
{
  struct epoll_event event = {.events = fd->events, .data.fd = fd->fd};

  /* One that was closed meanwhile is not watched any more: that is what was
   * wanted. */
  epoll_ctl (self->epoll_fd, operation, fd->fd, &event);
}

/* GLib keeps both lists in the order of their descriptors. */
static void
watch (RwServerShard *self, const GArray *old, const GArray *new)
{
  guint i = 0;
  guint j = 0;

  while (i < old->len || j < new->len) {
    const GPollFD *a = i < old->len ? &g_array_index (old, GPollFD, i) : NULL;
    const GPollFD *b = j < new->len ? &g_array_index (new, GPollFD, j) : NULL;

    if (b == NULL || (a != NULL && a->fd < b->fd)) {
      control (self, EPOLL_CTL_DEL, a);
      i++;
    } else if (a == NULL || b->fd < a->fd) {
      control (self, EPOLL_CTL_ADD, b);
      j++;
    } else {
      if (a->events != b->events)
        control (self, EPOLL_CTL_MOD, b);
      i++;
      j++;
    }
  }
}

static int
query (RwServerShard *self, GArray *fds)
{
  int timeout_ms;
  int n;

  for (;;) {
    g_array_set_size (fds, fds->len < 16 ? 16 : fds->len);
    n = g_main_context_query (self->context, G_MAXINT, &timeout_ms,
                              (GPollFD *) fds->data, (int) fds->len);
    if (n <= (int) fds->len)
      break;
    g_array_set_size (fds, (guint) n);
  }

  g_array_set_size (fds, (guint) n);
  return timeout_ms;
}

/* Learns what the shard waits for. */
static void
synchronize (RwServerShard *self)
{
  GArray *old = self->fds;
  int timeout_ms;
  gboolean ready;

  self->touched = FALSE;
  ready = g_main_context_prepare (self->context, &self->priority);
  timeout_ms = query (self, self->spare);

  watch (self, old, self->spare);
  self->fds = self->spare;
  self->spare = old;
  if (ready || timeout_ms == 0)
    self->wake_us = 0;
  else if (timeout_ms < 0)
    self->wake_us = G_MAXINT64;
  else
    self->wake_us = g_get_monotonic_time () + timeout_ms * 1000;
}

static void
acquire (RwServerShard *self)
{
  if (!g_main_context_acquire (self->context))
    g_assert_not_reached ();
}

gint64
rw_server_shard_prepare (RwServerShard *self)
{
  if (self->touched) {
    acquire (self);
    synchronize (self);
    g_main_context_release (self->context);
  }
  return self->wake_us;
}

static void
note_event (RwServerShard *self, const struct epoll_event *event)
{
  for (guint i = 0; i < self->fds->len; i++) {
    GPollFD *fd = &g_array_index (self->fds, GPollFD, i);

    if (fd->fd == event->data.fd)
      fd->revents = (gushort) event->events;
  }
}

/* One iteration of the context, with epoll in the place of poll(). */
static void
turn (RwServerShard *self)
{
  struct epoll_event events[MAX_EVENTS];
  int n = epoll_wait (self->epoll_fd, events, MAX_EVENTS, 0);

  for (int i = 0; i < n; i++)
    note_event (self, &events[i]);
  if (g_main_context_check (self->context, self->priority,
                            (GPollFD *) self->fds->data, (int) self->fds->len))
    g_main_context_dispatch (self->context);
}

void
rw_server_shard_dispatch (RwServerShard *self)
{
  g_main_context_push_thread_default (self->context);
  for (guint i = 0; i < MAX_TURNS; i++) {
    if (i > 0 || self->touched)
      synchronize (self);
    turn (self);
  }
  g_main_context_pop_thread_default (self->context);
  self->touched = TRUE;
}

RwServerShard *
rw_server_shard_new (void)
{
  RwServerShard *self = g_new0 (RwServerShard, 1);

  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  g_assert (self->epoll_fd >= 0);
  self->context =
      g_main_context_new_with_flags (G_MAIN_CONTEXT_FLAGS_OWNERLESS_POLLING);
  self->fds = g_array_new (FALSE, TRUE, sizeof (GPollFD));
  self->spare = g_array_new (FALSE, TRUE, sizeof (GPollFD));
  self->touched = TRUE;

  return self;
}

/** rw_server_shard_free: nothing of it may be in use; NULL is fine. */
void
rw_server_shard_free (RwServerShard *self)
{
  if (self == NULL)
    return;

  g_main_context_unref (self->context);
  close (self->epoll_fd);
  g_array_unref (self->fds);
  g_array_unref (self->spare);
  g_free (self);
}

/** rw_server_shard_get_epoll_fd: ready when one of its descriptors is. */
int
rw_server_shard_get_epoll_fd (const RwServerShard *self)
{
  return self->epoll_fd;
}

/** rw_server_shard_get_context: (transfer none): to attach sources to. */
GMainContext *
rw_server_shard_get_context (RwServerShard *self)
{
  return self->context;
}

/** rw_server_shard_touch: there is something new on its context. */
void
rw_server_shard_touch (RwServerShard *self)
{
  self->touched = TRUE;
}

/**
 * rw_server_shard_add_fd:
 *
 * A source of @fd is on its context. If the shard had a descriptor of that
 * number, which is closed, but has not looked since then, it is watched anew.
 */
void
rw_server_shard_add_fd (RwServerShard *self, int fd)
{
  for (guint i = 0; i < self->fds->len; i++) {
    if (g_array_index (self->fds, GPollFD, i).fd == fd) {
      g_array_remove_index (self->fds, i);
      break;
    }
  }
  self->touched = TRUE;
}

/**
 * rw_server_shard_forget_fds:
 *
 * A descriptor is about to be closed, or was: its number may come again, for
 * something else, before the shard looks. All are watched anew.
 */
void
rw_server_shard_forget_fds (RwServerShard *self)
{
  for (guint i = 0; i < self->fds->len; i++)
    control (self, EPOLL_CTL_DEL, &g_array_index (self->fds, GPollFD, i));
  g_array_set_size (self->fds, 0);
  self->touched = TRUE;
}
