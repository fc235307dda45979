/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-peer.h"
#include "test-redis.h"

G_BEGIN_DECLS

/**
 * TestClient:
 *
 * A client of either kind, by hand. A client that requested resumption numbers
 * what it sends, keeps it until it is acknowledged, acknowledges what it
 * receives, and sends the rest again when it comes back; numbers of what it
 * receives must have no hole and none may come twice. An ordinary client begins
 * anew with each connection.
 */
typedef struct {
  gboolean opted_in;
  TestNode *node;   /* at which it is, or was at last */
  TestPeer *peer;   /* NULL: away */
  gboolean welcome; /* this connection is; before that, nothing is sent */
  char *id;
  char *token;
  guint n_begun; /* how often it began with nothing: 1, and with each time it
                    was not resumed */
  guint64 said;
  guint64 heard;
  GQueue unacked;     /* of char *: the last has the number @said */
  GQueue inbox;       /* of JsonObject *: what it heard, and nobody took */
  gboolean is_misfit; /* the server has lost what it acknowledged */
  guint n_attempts;
  gboolean knows_more; /* it has heard what perhaps only this node knows */
  gboolean degraded;   /* what serverStatus said last */
  guint n_joined;      /* roomJoined: one for each epoch of its rooms */
} TestClient;

TestClient *test_client_new (TestNode *node, gboolean opted_in);
void test_client_free (TestClient *self);

/* A new connection at @node, with the token if there is one. */
gboolean test_client_try (TestClient *self, TestNode *node);
void test_client_wait_welcome (TestClient *self);
void test_client_come (TestClient *self, TestNode *node);
void test_client_drop (TestClient *self);
void test_client_send_goodbye (TestClient *self);

/* Handles the messages that have come; FALSE: the connection has ended. */
gboolean test_client_take (TestClient *self);

/* With ' for every ". Messages are numbered, where this client has numbers; it
 * may be away. */
void test_client_send (TestClient *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);
void test_client_ask (TestClient *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

JsonObject *test_client_receive (TestClient *self, const char *type);
void test_client_wait_degraded (TestClient *self, gboolean degraded);
void test_client_wait_acked (TestClient *self);
void test_client_assert_silence (TestClient *self);

void test_client_set_role (TestClient *self, const char *role,
                           const char *name);
TestClient *test_client_new_listener (TestNode *node);
void test_client_receive_roles (TestClient *self, const char *peer_id,
                                guint n_roles);
void test_client_receive_error (TestClient *self, const char *code);
char *test_client_list (TestClient *self, const char *what);
gboolean test_client_lists (TestClient *self, const char *what,
                            const char *peer_id);
void test_client_pause (void);
void test_client_wait_listed (TestClient *self, const char *what,
                              const char *peer_id);

const char *test_client_get (JsonObject *message, const char *member);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestClient, test_client_free)

G_END_DECLS
