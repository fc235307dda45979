/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server.h"
#include "test-host.h"
#include "test-peer.h"

G_BEGIN_DECLS

/* A server in this process, and clients of it that do not keep the protocol:
 * raw sockets that send what no library would, or nothing, or never read. */

typedef struct {
  TestHost host;
} LimitsFixture;

typedef LimitsFixture Fixture;

void limits_start (Fixture *f, RwServerConfig *config);
void limits_set_up (Fixture *f, gconstpointer unused);
void limits_tear_down (Fixture *f, gconstpointer unused);

/* For test_wait_until() with the TestHost: how many clients there are. */
gboolean limits_is_empty (gpointer user_data);
gboolean limits_has_one (gpointer user_data);

/* Another client is served as if nothing had happened. */
void limits_expect_serving (Fixture *f);
gsize limits_count_pages (void);

/* The sanitizer keeps freed memory for a while, on purpose. */
void limits_expect_pages (gsize limit);

/* Raw clients: blocking, with the deadline as a socket timeout. */
GSocketConnection *raw_connect (Fixture *f);
gboolean raw_write (GSocketConnection *raw, gconstpointer data, gsize len);
gboolean raw_send (GSocketConnection *raw, const char *text);
gssize raw_read (GSocketConnection *raw, gpointer buffer, gsize len,
                 GError **error);

/* Reads and drops until the server has cut the connection. */
void raw_expect_end (GSocketConnection *raw);
/* A WebSocket, without and with its answer. */
GSocketConnection *raw_ask_upgrade (Fixture *f);
GSocketConnection *raw_upgrade (Fixture *f);

/* A listener, which gets every status and reads none. */
GSocketConnection *raw_listen (Fixture *f);

/* The rest of the handshake's answer. */
void raw_expect_head (GSocketConnection *raw);

/* A frame of 16 bytes' payload, masked with zeros. */
void raw_frame (guint8 *frame, guint8 first);

/* The first byte of the next frame, which is read and dropped. */
guint8 raw_read_frame (GSocketConnection *raw);

G_END_DECLS
