/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-shard.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Turns of the shard in one of the outer context's: enough for what follows
 * from an event, and no more, so that no shard starves the others. */
#define MAX_TURNS 8

struct _RwServerShard {
  GMainContext *context;
  GSource *source;
  int epoll_fd;
  GArray *fds;   /* GPollFD: what epoll watches */
  GArray *spare; /* GPollFD: the next such list */
  gboolean touched;
};

typedef struct {
  GSource parent;
  RwServerShard *shard;
} ShardSource;

static int
compare_fds (gconstpointer a, gconstpointer b)
{
  return ((const GPollFD *) a)->fd - ((const GPollFD *) b)->fd;
}

/* GLib's poll flags are those of poll(2), and so are epoll's. */
static void
control (RwServerShard *self, int operation, const GPollFD *fd)
{
  struct epoll_event event = {.events = fd->events, .data.fd = fd->fd};

  /* One that was closed meanwhile is not watched any more: that is what was
   * wanted. */
  epoll_ctl (self->epoll_fd, operation, fd->fd, &event);
}

/* Both lists are in the order of their descriptors. */
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
  g_array_sort (fds, compare_fds);
  return timeout_ms;
}

/* Learns what the shard waits for. */
static void
synchronize (RwServerShard *self)
{
  GArray *old = self->fds;
  int timeout_ms;
  int priority;
  gboolean ready;

  self->touched = FALSE;
  if (!g_main_context_acquire (self->context))
    g_assert_not_reached ();
  ready = g_main_context_prepare (self->context, &priority);
  timeout_ms = query (self, self->spare);
  g_main_context_release (self->context);

  watch (self, old, self->spare);
  self->fds = self->spare;
  self->spare = old;
  if (ready || timeout_ms == 0)
    g_source_set_ready_time (self->source, 0);
  else if (timeout_ms < 0)
    g_source_set_ready_time (self->source, -1);
  else
    g_source_set_ready_time (self->source,
                             g_get_monotonic_time () + timeout_ms * 1000);
}

static gboolean
shard_prepare (GSource *source, gint *timeout_ms)
{
  RwServerShard *self = ((ShardSource *) source)->shard;

  *timeout_ms = -1;
  if (self->touched)
    synchronize (self);
  return FALSE;
}

static gboolean
shard_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  RwServerShard *self = ((ShardSource *) source)->shard;

  g_main_context_push_thread_default (self->context);
  for (guint i = 0; i < MAX_TURNS; i++) {
    if (!g_main_context_iteration (self->context, FALSE))
      break;
  }
  g_main_context_pop_thread_default (self->context);
  self->touched = TRUE;

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs shard_funcs = {.prepare = shard_prepare,
                                   .dispatch = shard_dispatch};

RwServerShard *
rw_server_shard_new (GMainContext *outer)
{
  RwServerShard *self = g_new0 (RwServerShard, 1);

  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  g_assert (self->epoll_fd >= 0);
  self->context = g_main_context_new ();
  self->fds = g_array_new (FALSE, TRUE, sizeof (GPollFD));
  self->spare = g_array_new (FALSE, TRUE, sizeof (GPollFD));
  self->touched = TRUE;
  self->source = g_source_new (&shard_funcs, sizeof (ShardSource));
  ((ShardSource *) self->source)->shard = self;
  g_source_set_static_name (self->source, "rw-server-shard");
  g_source_add_unix_fd (self->source, self->epoll_fd, G_IO_IN);
  g_source_attach (self->source, outer);

  return self;
}

/** rw_server_shard_free: nothing of it may be in use; NULL is fine. */
void
rw_server_shard_free (RwServerShard *self)
{
  if (self == NULL)
    return;

  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_main_context_unref (self->context);
  close (self->epoll_fd);
  g_array_unref (self->fds);
  g_array_unref (self->spare);
  g_free (self);
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
