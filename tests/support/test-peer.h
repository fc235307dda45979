/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "test-wait.h"

G_BEGIN_DECLS

/**
 * TestPeer:
 *
 * A hand-written client for the server's tests: one WebSocket that keeps what
 * it was sent. Everything waits on the thread-default main context, with a
 * deadline that a loaded machine can keep.
 */
typedef struct {
  SoupSession *session;
  SoupWebsocketConnection *connection;
  GQueue received;
  gboolean closed;
  guint close_code;
  GError *error;
  guint http_status;
  gboolean done;
} TestPeer;

TestPeer *test_peer_try_as (guint port, const char *path,
                            const char *authorization);
TestPeer *test_peer_try (guint port);
TestPeer *test_peer_new (guint port);
TestPeer *test_peer_new_from (const char *address, guint port);
void test_peer_free (TestPeer *self);

void test_peer_send (TestPeer *self, const char *text);
void test_peer_send_json (TestPeer *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

char *test_peer_next (TestPeer *self);
void test_peer_expect (TestPeer *self, const char *text);
char *test_peer_expect_type (TestPeer *self, const char *type);
void test_peer_expect_error (TestPeer *self, const char *says);
void test_peer_expect_end (TestPeer *self);
void test_peer_expect_closed (TestPeer *self, guint code);
char *test_peer_get (const char *text, const char *member);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestPeer, test_peer_free)

G_END_DECLS
