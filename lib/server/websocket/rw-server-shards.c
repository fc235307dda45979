/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-shards.h"

#include <sys/epoll.h>
#include <unistd.h>

/* In each turn all shards are looked at, and each client of those in which
 * something happens. A shard takes two descriptors. */
#define CLIENTS_PER_SHARD 32

/* Of those in which something has happened at once; the others have the next
 * turn. */
#define MAX_EVENTS 64

typedef struct {
  RwServerShard *shard;
  guint n_clients;
  gint64 wake_us;
} Entry;

struct _RwServerShards {
  GPtrArray *entries;
  GSource *source;
  int epoll_fd; /* watches those of the shards */
  gint64 wake_us;
};

typedef struct {
  GSource parent;
  RwServerShards *shards;
} ShardsSource;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  rw_server_shard_free (entry->shard);
  g_free (entry);
}

/* --- The source --- */

static int
get_timeout_ms (gint64 wake_us)
{
  gint64 left_us;

  if (wake_us == G_MAXINT64)
    return -1;

  left_us = wake_us - g_get_monotonic_time ();
  return left_us <= 0 ? 0 : (int) MIN ((left_us + 999) / 1000, G_MAXINT);
}

static gboolean
prepare (GSource *source, gint *timeout_ms)
{
  RwServerShards *self = ((ShardsSource *) source)->shards;

  self->wake_us = G_MAXINT64;
  for (guint i = 0; i < self->entries->len; i++) {
    Entry *entry = g_ptr_array_index (self->entries, i);

    entry->wake_us = rw_server_shard_prepare (entry->shard);
    self->wake_us = MIN (self->wake_us, entry->wake_us);
  }
  *timeout_ms = get_timeout_ms (self->wake_us);
  return *timeout_ms == 0;
}

/* GLib itself looks at the descriptor. */
static gboolean
check (GSource *source)
{
  return ((ShardsSource *) source)->shards->wake_us <=
         g_source_get_time (source);
}

static void
dispatch_due (RwServerShards *self)
{
  gint64 now_us = g_get_monotonic_time ();

  if (self->wake_us > now_us)
    return;

  for (guint i = 0; i < self->entries->len; i++) {
    Entry *entry = g_ptr_array_index (self->entries, i);

    if (entry->wake_us <= now_us)
      rw_server_shard_dispatch (entry->shard);
  }
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  RwServerShards *self = ((ShardsSource *) source)->shards;
  struct epoll_event events[MAX_EVENTS];
  int n = epoll_wait (self->epoll_fd, events, MAX_EVENTS, 0);

  for (int i = 0; i < n; i++) {
    Entry *entry = events[i].data.ptr;

    entry->wake_us = G_MAXINT64;
    rw_server_shard_dispatch (entry->shard);
  }
  dispatch_due (self);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {
    .prepare = prepare, .check = check, .dispatch = dispatch};

/* No shard runs the outer context. A source that may recurse is not taken off
 * the context for its dispatch, which would cost two wake-ups with GLib 2.74.
 */
static GSource *
new_source (RwServerShards *self)
{
  GSource *source = g_source_new (&source_funcs, sizeof (ShardsSource));

  ((ShardsSource *) source)->shards = self;
  g_source_set_static_name (source, "rw-server-shards");
  g_source_set_can_recurse (source, TRUE);
  g_source_add_unix_fd (source, self->epoll_fd, G_IO_IN);
  return source;
}

RwServerShards *
rw_server_shards_new (GMainContext *outer)
{
  RwServerShards *self = g_new0 (RwServerShards, 1);

  self->entries = g_ptr_array_new_with_free_func (entry_free);
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  g_assert (self->epoll_fd >= 0);
  self->source = new_source (self);
  g_source_attach (self->source, outer);
  return self;
}

/** rw_server_shards_free: NULL is fine. */
void
rw_server_shards_free (RwServerShards *self)
{
  if (self == NULL)
    return;

  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_ptr_array_unref (self->entries);
  close (self->epoll_fd);
  g_free (self);
}

static Entry *
entry_new (RwServerShards *self)
{
  Entry *entry = g_new0 (Entry, 1);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = entry};

  entry->shard = rw_server_shard_new ();
  if (epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD,
                 rw_server_shard_get_epoll_fd (entry->shard), &event) != 0)
    g_assert_not_reached ();
  g_ptr_array_add (self->entries, entry);
  return entry;
}

static Entry *
find_with_room (RwServerShards *self)
{
  for (guint i = 0; i < self->entries->len; i++) {
    Entry *entry = g_ptr_array_index (self->entries, i);

    if (entry->n_clients < CLIENTS_PER_SHARD)
      return entry;
  }
  return entry_new (self);
}

/** rw_server_shards_enter: (transfer none): one with room for a client. */
RwServerShard *
rw_server_shards_enter (RwServerShards *self)
{
  Entry *entry = find_with_room (self);

  entry->n_clients++;
  return entry->shard;
}

/** rw_server_shards_leave: a client of @shard is gone. */
void
rw_server_shards_leave (RwServerShards *self, RwServerShard *shard)
{
  for (guint i = 0; i < self->entries->len; i++) {
    Entry *entry = g_ptr_array_index (self->entries, i);

    if (entry->shard == shard)
      entry->n_clients--;
  }
}
