/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-session.h"

#include <stdlib.h>

void
test_session_begin (TestSession *self, TestClient *consumer,
                    TestClient *producer)
{
  g_autoptr (JsonObject) started = NULL;
  g_autoptr (JsonObject) asked = NULL;

  *self = (TestSession){.sides = {consumer, producer}};
  test_client_send (consumer, "'type':'startSession','peerId':'%s'",
                    producer->id);
  started = test_client_receive (consumer, "sessionStarted");
  g_assert_cmpstr (test_client_get (started, "peerId"), ==, producer->id);
  self->id = g_strdup (test_client_get (started, "sessionId"));
  asked = test_client_receive (producer, "startSession");
  g_assert_cmpstr (test_client_get (asked, "peerId"), ==, consumer->id);
  g_assert_cmpstr (test_client_get (asked, "sessionId"), ==, self->id);
}

void
test_session_clear (TestSession *self)
{
  g_clear_pointer (&self->id, g_free);
}

/** test_session_send: each side, @n times. */
void
test_session_send (TestSession *self, guint n)
{
  for (guint i = 0; i < 2 * n; i++)
    test_client_send (self->sides[i % 2],
                      "'type':'peer','sessionId':'%s',"
                      "'ice':{'candidate':'%u','sdpMLineIndex':0}",
                      self->id, self->said[i % 2]++);
}

/** test_session_receive_next: what @side hears is the next that was said. */
void
test_session_receive_next (TestSession *self, guint side)
{
  g_autoptr (JsonObject) message =
      test_client_receive (self->sides[side], "peer");
  JsonObject *ice = json_object_get_object_member (message, "ice");

  g_assert_cmpstr (test_client_get (message, "sessionId"), ==, self->id);
  g_assert_cmpint (atoi (test_client_get (ice, "candidate")), ==,
                   self->heard[side]++);
}

/** test_session_receive: all that has been said. */
void
test_session_receive (TestSession *self)
{
  for (guint side = 0; side < 2; side++)
    while (self->heard[side] < self->said[1 - side])
      test_session_receive_next (self, side);
}

/** test_session_talk: some of either side, and nothing but that is heard. */
void
test_session_talk (TestSession *self)
{
  test_session_send (self, 3);
  test_session_receive (self);
  for (guint side = 0; side < 2; side++)
    test_client_assert_silence (self->sides[side]);
}

void
test_session_receive_end (TestSession *self, guint side)
{
  TestClient *client = self->sides[side];
  g_autoptr (JsonObject) message = test_client_receive (
      client, client->opted_in ? "endSessionV1_1" : "endSession");

  g_assert_cmpstr (test_client_get (message, "sessionId"), ==, self->id);
}

/** test_session_end: by the consumer; the producer is told. */
void
test_session_end (TestSession *self)
{
  test_client_send (self->sides[0], "'type':'endSession','sessionId':'%s'",
                    self->id);
  test_session_receive_end (self, 1);
  test_session_clear (self);
}

/* --- Pairs --- */

/** test_pair_connect: and the producer says that it is one. */
void
test_pair_connect (TestPair *self, TestNode *consumer_at, TestNode *producer_at,
                   gboolean opted_in)
{
  *self = (TestPair){.producer = test_client_new (producer_at, opted_in),
                     .consumer = test_client_new (consumer_at, opted_in)};
  test_client_set_role (self->producer, "producer", NULL);
  test_client_assert_silence (self->producer);
}

/** test_pair_meet: in a session, as soon as the consumer sees the producer. */
void
test_pair_meet (TestPair *self)
{
  test_client_wait_listed (self->consumer, "producers", self->producer->id);
  test_session_begin (&self->session, self->consumer, self->producer);
  test_session_talk (&self->session);
}

/** test_pair_new: in a session at @node. */
void
test_pair_new (TestPair *self, TestNode *node, gboolean opted_in)
{
  test_pair_connect (self, node, node, opted_in);
  test_pair_meet (self);
}

void
test_pair_clear (TestPair *self)
{
  test_session_clear (&self->session);
  g_clear_pointer (&self->consumer, test_client_free);
  g_clear_pointer (&self->producer, test_client_free);
}
