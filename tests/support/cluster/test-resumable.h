/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-peer.h"
#include "test-redis.h"

G_BEGIN_DECLS

/**
 * TestResumable:
 *
 * A client with resumption, by hand: what it sends is numbered, what it
 * receives is counted. @peer is NULL while it is away.
 */
typedef struct {
  TestPeer *peer;
  char *id;
  char *token;
  guint said;
  guint heard;
  char *instance; /* (nullable): of the room that it was in last */
  guint64 sequence;
} TestResumable;

void test_resumable_open (TestResumable *client, TestNode *node);
void test_resumable_leave (TestResumable *client);
void test_resumable_connect (TestResumable *client, TestNode *node);
void test_resumable_request (TestResumable *client);
/* The two halves of that. */
void test_resumable_send_request (TestResumable *client);
void test_resumable_expect_resumed (TestResumable *client);
void test_resumable_resume (TestResumable *client, TestNode *node);
/* Its server has died: it is who it was, but numbers begin anew and the room
 * has to be joined again. */
void test_resumable_restore (TestResumable *client, TestNode *node);
void test_resumable_ack (TestResumable *client);
void test_resumable_clear (TestResumable *client);

/* One message with the next number, as test_peer_send_json(). */
#define test_resumable_send(client, format, ...)                               \
  test_peer_send_json ((client)->peer, "{" format ",'seq':%u}", __VA_ARGS__,   \
                       ++(client)->said)

char *test_resumable_receive (TestResumable *client, const char *type);

/* In room "r", where the n-th message is "m" and n. */
void test_resumable_join (TestResumable *client);
/* Two open clients, in the room by the time that the first has been told so. */
void test_resumable_meet (TestResumable *one, TestNode *at,
                          TestResumable *other, TestNode *other_at);
void test_resumable_publish (TestResumable *client, guint n);
void test_resumable_receive_published (TestResumable *client, guint n);
void test_resumable_receive_range (TestResumable *client, guint first, guint n);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestResumable, test_resumable_clear)

G_END_DECLS
