/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-client.h"

G_BEGIN_DECLS

/**
 * TestSession:
 *
 * A session of two clients, which tell each other numbers: what has been said
 * must be heard once, and in order. Each client is in one at a time.
 */
typedef struct {
  TestClient *sides[2]; /* consumer, producer */
  char *id;
  guint said[2];
  guint heard[2];
} TestSession;

void test_session_begin (TestSession *self, TestClient *consumer,
                         TestClient *producer);
void test_session_clear (TestSession *self);

void test_session_send (TestSession *self, guint n);
void test_session_receive (TestSession *self);
void test_session_receive_next (TestSession *self, guint side);
void test_session_talk (TestSession *self);
void test_session_end (TestSession *self);
void test_session_receive_end (TestSession *self, guint side);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestSession, test_session_clear)

/** TestPair: a producer, a consumer that need not have said so, and theirs. */
typedef struct {
  TestClient *consumer;
  TestClient *producer;
  TestSession session;
} TestPair;

void test_pair_connect (TestPair *self, TestNode *consumer_at,
                        TestNode *producer_at, gboolean opted_in);
void test_pair_meet (TestPair *self);
void test_pair_new (TestPair *self, TestNode *node, gboolean opted_in);
void test_pair_clear (TestPair *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestPair, test_pair_clear)

G_END_DECLS
