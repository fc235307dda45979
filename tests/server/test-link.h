/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * TestLink:
 *
 * A network between a node and its Redis: a Unix socket of its own, and on
 * threads of its own what goes through each connection, as fast as
 * @bytes_per_s allows in either direction; 0 for no limit. Counts the bytes
 * towards Redis.
 */
typedef struct {
  char *uri;
  char *target;
  gint bytes_per_s;
  gint sent;
  GSocketListener *listener;
  GCancellable *cancellable;
  GThread *thread;
} TestLink;

void test_link_start (TestLink *self, const char *dir, const char *target);
void test_link_stop (TestLink *self);
void test_link_set_rate (TestLink *self, guint bytes_per_s);
guint test_link_get_sent (TestLink *self);

G_END_DECLS
