/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-link.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

/* As much as the link holds. */
#define PIECE_BYTES 16384

/* One direction of one connection. */
typedef struct {
  TestLink *link;
  GSocket *from;
  GSocket *to;
  GCancellable *cancellable;
  gboolean counted; /* towards Redis */
  GString *pending; /* not filtered yet */
  GThread *thread;
} Way;

/* A link takes its time, which nobody could wait for otherwise. */
static void
take_time (TestLink *self, gsize bytes, gint64 *free_us)
{
  gint rate = g_atomic_int_get (&self->bytes_per_s);
  gint64 now_us = g_get_monotonic_time ();

  *free_us = MAX (*free_us, now_us);
  if (rate > 0)
    *free_us += (gint64) bytes * G_USEC_PER_SEC / rate;
  if (*free_us > now_us)
    g_usleep ((gulong) (*free_us - now_us));
}

static gboolean
pass_on (Way *self, const char *data, gsize len)
{
  while (len > 0) {
    gssize n = g_socket_send (self->to, data, len, self->cancellable, NULL);

    if (n <= 0)
      return FALSE;
    data += n;
    len -= (gsize) n;
  }
  return TRUE;
}

/* Messages on their way when a link stops carrying arrive when it does
 * again. */
static void
wait_while_held (const Way *self)
{
  TestLink *link = self->link;
  TestLinkState one_way =
      self->counted ? TEST_LINK_HELD_TO : TEST_LINK_HELD_FROM;

  g_mutex_lock (&link->lock);
  while (link->state == TEST_LINK_HELD || link->state == one_way)
    g_cond_wait (&link->released, &link->lock);
  g_mutex_unlock (&link->lock);
}

/* As pass_on(), with what the link's filter makes of it. */
static gboolean
pass_on_filtered (Way *self, const char *data, gsize len)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (!self->counted || self->link->filter == NULL)
    return pass_on (self, data, len);
  g_string_append_len (self->pending, data, (gssize) len);
  self->link->filter (self->pending, out, self->link->filter_data);
  return pass_on (self, out->str, out->len);
}

static gpointer
run_way (gpointer user_data)
{
  Way *self = user_data;
  char piece[PIECE_BYTES];
  gint64 free_us = 0;
  gssize n;

  while ((n = g_socket_receive (self->from, piece, sizeof piece,
                                self->cancellable, NULL)) > 0) {
    take_time (self->link, (gsize) n, &free_us);
    wait_while_held (self);
    if (self->counted)
      g_atomic_int_add (&self->link->sent, (gint) n);
    if (!pass_on_filtered (self, piece, (gsize) n))
      break;
  }
  g_socket_shutdown (self->from, TRUE, TRUE, NULL);
  g_socket_shutdown (self->to, TRUE, TRUE, NULL);
  return NULL;
}

static void
way_free (gpointer data)
{
  Way *self = data;

  g_thread_join (self->thread);
  g_object_unref (self->from);
  g_object_unref (self->to);
  g_object_unref (self->cancellable);
  g_string_free (self->pending, TRUE);
  g_free (self);
}

static Way *
way_new (TestLink *link, GSocket *from, GSocket *to, GCancellable *cancellable,
         gboolean counted)
{
  Way *self = g_new0 (Way, 1);

  self->link = link;
  self->from = g_object_ref (from);
  self->to = g_object_ref (to);
  self->cancellable = g_object_ref (cancellable);
  self->counted = counted;
  self->pending = g_string_new (NULL);
  self->thread = g_thread_new ("test-link-way", run_way, self);
  return self;
}

static GCancellable *
get_connections (TestLink *self)
{
  GCancellable *connections = NULL;

  g_mutex_lock (&self->lock);
  if (self->state != TEST_LINK_CUT)
    connections = g_object_ref (self->connections);
  g_mutex_unlock (&self->lock);
  return connections;
}

/* A Redis that is not there is a connection that ends. */
static void
add_connection (TestLink *self, GSocket *node, GPtrArray *ways)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->target);
  g_autoptr (GSocket) redis =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM,
                    G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GCancellable) cancellable = get_connections (self);

  g_assert_nonnull (redis);
  if (cancellable == NULL || !g_socket_connect (redis, address, NULL, NULL))
    return;
  g_ptr_array_add (ways, way_new (self, node, redis, cancellable, TRUE));
  g_ptr_array_add (ways, way_new (self, redis, node, cancellable, FALSE));
}

static gpointer
run (gpointer user_data)
{
  TestLink *self = user_data;
  g_autoptr (GPtrArray) ways = g_ptr_array_new_with_free_func (way_free);

  while (!g_cancellable_is_cancelled (self->cancellable)) {
    g_autoptr (GSocket) node = g_socket_listener_accept_socket (
        self->listener, NULL, self->cancellable, NULL);

    if (node != NULL)
      add_connection (self, node, ways);
  }
  return NULL;
}

/** test_link_start: a link to the socket @target, whose own one is in @dir. */
void
test_link_start (TestLink *self, const char *dir, const char *target)
{
  static gint n_links;
  g_autofree char *path =
      g_strdup_printf ("%s/link-%d", dir, g_atomic_int_add (&n_links, 1));
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GError) error = NULL;

  memset (self, 0, sizeof *self);
  self->uri = g_strconcat ("unix://", path, NULL);
  self->target = g_strdup (target);
  g_mutex_init (&self->lock);
  g_cond_init (&self->released);
  self->cancellable = g_cancellable_new ();
  self->connections = g_cancellable_new ();
  self->listener = g_socket_listener_new ();
  g_socket_listener_add_address (self->listener, address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, &error);
  g_assert_no_error (error);
  self->thread = g_thread_new ("test-link", run, self);
}

void
test_link_stop (TestLink *self)
{
  g_cancellable_cancel (self->cancellable);
  test_link_set_state (self, TEST_LINK_CUT);
  g_thread_join (self->thread);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->released);
  g_object_unref (self->connections);
  g_object_unref (self->listener);
  g_object_unref (self->cancellable);
  g_free (self->target);
  g_free (self->uri);
}

/** test_link_set_filter: towards Redis; before a node connects. */
void
test_link_set_filter (TestLink *self, TestLinkFilter filter, gpointer user_data)
{
  self->filter = filter;
  self->filter_data = user_data;
}

void
test_link_set_rate (TestLink *self, guint bytes_per_s)
{
  g_atomic_int_set (&self->bytes_per_s, (gint) bytes_per_s);
}

/** test_link_set_state: also of the connections that there are. */
void
test_link_set_state (TestLink *self, TestLinkState state)
{
  g_autoptr (GCancellable) ended = NULL;

  g_mutex_lock (&self->lock);
  self->state = state;
  if (state == TEST_LINK_CUT) {
    ended = self->connections;
    self->connections = g_cancellable_new ();
  }
  g_cond_broadcast (&self->released);
  g_mutex_unlock (&self->lock);
  if (ended != NULL)
    g_cancellable_cancel (ended);
}

/** test_link_get_sent: bytes towards Redis since the start. */
guint
test_link_get_sent (TestLink *self)
{
  return (guint) g_atomic_int_get (&self->sent);
}
