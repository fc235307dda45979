/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * RwTestServer:
 * An ordinary signalling server, as small as can be, on a free port of
 * 127.0.0.1: it welcomes, answers "list", and notes what it is told. What it
 * says besides is up to the test. One thread, the default context.
 */
#define RW_TYPE_TEST_SERVER (rw_test_server_get_type ())
G_DECLARE_FINAL_TYPE (RwTestServer, rw_test_server, RW, TEST_SERVER, GObject)

RwTestServer *rw_test_server_new (void);
RwTestServer *rw_test_server_new_tls (const char *cert, const char *key);
void rw_test_server_stop (RwTestServer *self);

guint rw_test_server_get_port (RwTestServer *self);
char *rw_test_server_get_uri (RwTestServer *self);

/** rw_test_server_listen_again: after a stop, on the same port. */
void rw_test_server_listen_again (RwTestServer *self);

/** rw_test_server_set_welcome: a format with one %u, or NULL for silence. */
void rw_test_server_set_welcome (RwTestServer *self, const char *format);

/** rw_test_server_set_producers: what the answer to "list" holds; JSON. */
void rw_test_server_set_producers (RwTestServer *self, const char *json);

/** rw_test_server_refuse: answers the next handshakes with this; 0: no more. */
void rw_test_server_refuse (RwTestServer *self, guint status,
                            const char *retry_after);

guint rw_test_server_get_n_refused (RwTestServer *self);

/** rw_test_server_get_received: all texts so far, of all clients, in order. */
GPtrArray *rw_test_server_get_received (RwTestServer *self);

/** rw_test_server_count: received texts that contain @part. */
guint rw_test_server_count (RwTestServer *self, const char *part);

guint rw_test_server_get_n_accepted (RwTestServer *self);
guint rw_test_server_get_n_open (RwTestServer *self);

/** rw_test_server_get_close_code: of the last client that closed. */
guint rw_test_server_get_close_code (RwTestServer *self);
const char *rw_test_server_get_authorization (RwTestServer *self);

/** rw_test_server_say: to the newest client. */
void rw_test_server_say (RwTestServer *self, const char *text);

/** rw_test_server_hang_up: closes all connections, with @code. */
void rw_test_server_hang_up (RwTestServer *self, guint code);

/**
 * rw_test_server_keep_seat: from now on it keeps the seat of one client that
 * opts in, and resumes it by its token.
 */
void rw_test_server_keep_seat (RwTestServer *self);

/** rw_test_server_say_on_seat: exactly once, now or later. */
void rw_test_server_say_on_seat (RwTestServer *self, const char *text);

/** rw_test_server_set_degraded: what its welcomes to the seat say from now on.
 */
void rw_test_server_set_degraded (RwTestServer *self, gboolean degraded);

/** rw_test_server_lose_seat: it has no memory of it. */
void rw_test_server_lose_seat (RwTestServer *self);

/** rw_test_server_get_heard: what was said on the seat, each thing once; texts
 * without their numbers. */
GPtrArray *rw_test_server_get_heard (RwTestServer *self);

guint rw_test_server_get_n_resumed (RwTestServer *self);

/** rw_test_wait: iterates until @done says so; fails the test after 20 s. */
typedef gboolean (*RwTestCondition) (gpointer data);
void rw_test_wait (RwTestCondition done, gpointer data);

G_END_DECLS
