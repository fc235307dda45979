/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-peer.h"
#include "test-redis.h"

G_BEGIN_DECLS

/**
 * TestSeat:
 *
 * A client that opted in, by hand: what it says is numbered, what it hears is
 * counted. @peer is NULL while it is away.
 */
typedef struct {
  TestPeer *peer;
  char *id;
  char *token;
  guint said;
  guint heard;
} TestSeat;

void test_seat_open (TestSeat *seat, TestNode *node);
void test_seat_leave (TestSeat *seat);
void test_seat_connect (TestSeat *seat, TestNode *node);
void test_seat_claim (TestSeat *seat);
void test_seat_resume (TestSeat *seat, TestNode *node);
void test_seat_ack (TestSeat *seat);
void test_seat_clear (TestSeat *seat);

/* One message with the next number, as test_peer_say(). */
#define test_seat_say(seat, format, ...)                                       \
  test_peer_say ((seat)->peer, "{" format ",'seq':%u}", __VA_ARGS__,           \
                 ++(seat)->said)

char *test_seat_hear (TestSeat *seat, const char *type);

/* In room "r", where the n-th message is "m" and n. */
void test_seat_join (TestSeat *seat);
/* Two open seats, in the room by the time that the first has been told so. */
void test_seat_meet (TestSeat *one, TestNode *at, TestSeat *other,
                     TestNode *other_at);
void test_seat_publish (TestSeat *seat, guint n);
void test_seat_hear_published (TestSeat *seat, guint n);
void test_seat_hear_range (TestSeat *seat, guint first, guint n);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestSeat, test_seat_clear)

G_END_DECLS
