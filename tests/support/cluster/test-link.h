/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * TestLinkState:
 * @TEST_LINK_WHOLE: what comes goes through
 * @TEST_LINK_CUT: connections end, and new ones do so at once
 * @TEST_LINK_HELD: connections stand, and what comes goes through later
 * @TEST_LINK_HELD_TO: likewise, but only towards Redis
 * @TEST_LINK_HELD_FROM: likewise, but only from Redis
 */
typedef enum {
  TEST_LINK_WHOLE,
  TEST_LINK_CUT,
  TEST_LINK_HELD,
  TEST_LINK_HELD_TO,
  TEST_LINK_HELD_FROM,
} TestLinkState;

/**
 * TestLinkFilter:
 * @pending: what a node has sent so far; the filter removes what it handles
 * @out: what goes to Redis instead is appended here
 *
 * Threads: one of the link's.
 */
typedef void (*TestLinkFilter) (GString *pending, GString *out,
                                gpointer user_data);

/**
 * TestLink:
 *
 * A network between a node and its Redis: a Unix socket of its own, and on
 * threads of its own what goes through each connection, as fast as
 * @bytes_per_s allows in either direction; 0 for no limit. Counts the bytes
 * towards Redis. May be cut, and put together again.
 */
typedef struct {
  char *uri;
  char *target;
  GMutex lock;
  GCond released;
  TestLinkState state;
  GCancellable *connections; /* those of now */
  gint bytes_per_s;
  gint sent;
  TestLinkFilter filter; /* NULL: none */
  gpointer filter_data;
  GSocketListener *listener;
  GCancellable *cancellable;
  GThread *thread;
} TestLink;

void test_link_start (TestLink *self, const char *dir, const char *target);
void test_link_stop (TestLink *self);
void test_link_set_filter (TestLink *self, TestLinkFilter filter,
                           gpointer user_data);
void test_link_set_rate (TestLink *self, guint bytes_per_s);
void test_link_set_state (TestLink *self, TestLinkState state);
guint test_link_get_sent (TestLink *self);

G_END_DECLS
