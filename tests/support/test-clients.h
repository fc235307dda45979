/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clients.h"

G_BEGIN_DECLS

#define SECOND G_USEC_PER_SEC

/**
 * TestClients:
 *
 * RwClients in memory: connections are numbers, time is a variable. The output
 * is rendered as "<connection> <type> <peer> #<seq> <<ack>" and compared whole.
 * A test gives the secret of a token alone; the id of its client is added.
 */
typedef struct {
  RwClients *clients;
  gint64 now_us;
  guint n_ids;
  guint n_tokens;
  GHashTable *tokens; /* secret -> the token that has it */
} TestClients;

/* For g_test_add(); @max_kept: NULL for few */
void test_clients_set_up (TestClients *f, gconstpointer max_kept);
void test_clients_tear_down (TestClients *f, gconstpointer unused);

/* --- Output --- */

gboolean test_clients_pop (TestClients *f, RwClientsOutput *output);
void test_clients_expect (TestClients *f, const char *first,
                          ...) G_GNUC_NULL_TERMINATED;
void test_clients_expect_nothing (TestClients *f);
void test_clients_drop_output (TestClients *f);

/* Of this secret, with the id of its client, where that has been sent. */
char *test_clients_dup_token (TestClients *f, const char *secret);

/* --- Messages --- */

/* Takes @message. */
void test_clients_send (TestClients *f, guint64 connection,
                        RwSignalMessage *message);
RwSignalMessage *test_clients_new_message (RwSignalType type, guint64 seq);

/* The first message of a client that requests resumption. */
void test_clients_request (TestClients *f, guint64 connection,
                           const char *token, guint64 ack);

/* The same on a new connection, as the client's @attempt-th; @degraded: as it
 * was when the client was lost. */
void test_clients_resume (TestClients *f, guint64 connection, const char *token,
                          guint64 attempt, gboolean degraded);
void test_clients_send_status (TestClients *f, guint64 connection,
                               RwRoles roles, const char *name);
void test_clients_send_start (TestClients *f, guint64 connection,
                              const char *peer, guint64 seq);
void test_clients_send_peer (TestClients *f, guint64 connection,
                             const char *session, const char *body,
                             guint64 seq);
void test_clients_send_ack (TestClients *f, guint64 connection, guint64 ack);
void test_clients_send_meta (TestClients *f, guint64 connection,
                             const char *meta);

/* --- Connections and time --- */

void test_clients_connect_plain (TestClients *f, guint64 connection,
                                 RwRoles roles);
void test_clients_connect_resumable (TestClients *f, guint64 connection,
                                     RwRoles roles, const char *name);
void test_clients_disconnect (TestClients *f, guint64 connection);
void test_clients_pass_time (TestClients *f, gint64 us);

G_END_DECLS
