/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "test-wait.h"

G_BEGIN_DECLS

/**
 * TestServer:
 * An ordinary signalling server, as small as can be, on a free port of
 * 127.0.0.1: it welcomes, answers "list", and records what it receives. Other
 * messages are up to the test. One thread, the default context.
 */
#define TEST_TYPE_SERVER (test_server_get_type ())
G_DECLARE_FINAL_TYPE (TestServer, test_server, TEST, SERVER, GObject)

TestServer *test_server_new (void);
TestServer *test_server_new_tls (const char *cert, const char *key);
void test_server_stop (TestServer *self);

guint test_server_get_port (TestServer *self);
char *test_server_get_uri (TestServer *self);

/** test_server_listen_again: after a stop, on the same port. */
void test_server_listen_again (TestServer *self);

/** test_server_set_welcome: a format with one %u, or NULL for silence. */
void test_server_set_welcome (TestServer *self, const char *format);

/** test_server_set_producers: what the answer to "list" holds; JSON. */
void test_server_set_producers (TestServer *self, const char *json);

/** test_server_refuse: answers the next handshakes with this; 0: no more. */
void test_server_refuse (TestServer *self, guint status,
                         const char *retry_after);

guint test_server_get_n_refused (TestServer *self);

/** test_server_get_received: all texts so far, of all clients, in order. */
GPtrArray *test_server_get_received (TestServer *self);

/** test_server_count: received texts that contain @part. */
guint test_server_count (TestServer *self, const char *part);

guint test_server_get_n_accepted (TestServer *self);
guint test_server_get_n_open (TestServer *self);

/** test_server_get_close_code: of the last client that closed. */
guint test_server_get_close_code (TestServer *self);
const char *test_server_get_authorization (TestServer *self);

/** test_server_send: to the newest client. */
void test_server_send (TestServer *self, const char *text);

/** test_server_hang_up: closes all connections, with @code. */
void test_server_hang_up (TestServer *self, guint code);

/**
 * test_server_keep_client: from now on it keeps one client that requests
 * resumption, and resumes it by its token.
 */
void test_server_keep_client (TestServer *self);

/** test_server_send_numbered: exactly once, now or later. */
void test_server_send_numbered (TestServer *self, const char *text);

/** test_server_forget_client: it has no memory of it. */
void test_server_forget_client (TestServer *self);

/** test_server_get_heard: what came from the client, each message once; texts
 * without their numbers. */
GPtrArray *test_server_get_heard (TestServer *self);

guint test_server_get_n_resumed (TestServer *self);

G_END_DECLS
