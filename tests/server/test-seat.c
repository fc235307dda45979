/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-seat.h"

#include <string.h>

void
test_seat_leave (TestSeat *seat)
{
  g_clear_pointer (&seat->peer, test_peer_free);
}

void
test_seat_clear (TestSeat *seat)
{
  test_seat_leave (seat);
  g_free (seat->id);
  g_free (seat->token);
}

void
test_seat_open (TestSeat *seat, TestNode *node)
{
  g_autofree char *seated = NULL;

  memset (seat, 0, sizeof *seat);
  seat->peer = test_peer_new (node->port);
  g_free (test_peer_expect_type (seat->peer, "welcome"));
  test_peer_say (seat->peer, "{'type':'setProtocolVersion','version':'v1_1',"
                             "'resilient':{'version':1}}");
  seated = test_peer_expect_type (seat->peer, "resilientWelcome");
  seat->id = test_peer_get (seated, "peerId");
  seat->token = test_peer_get (seated, "token");
}

/* Over a new connection, which has not said yet whose it is. */
void
test_seat_connect (TestSeat *seat, TestNode *node)
{
  test_seat_leave (seat);
  seat->peer = test_peer_new (node->port);
  g_free (test_peer_expect_type (seat->peer, "welcome"));
}

void
test_seat_claim (TestSeat *seat)
{
  g_autofree char *resumed = NULL;

  test_peer_say (seat->peer,
                 "{'type':'setProtocolVersion','version':'v1_1',"
                 "'resilient':{'version':1,'token':'%s','ack':%u}}",
                 seat->token, seat->heard);
  resumed = test_peer_expect_type (seat->peer, "resilientWelcome");
  g_assert_nonnull (strstr (resumed, "\"resumed\":true"));
  g_assert_nonnull (strstr (resumed, seat->id));
}

void
test_seat_resume (TestSeat *seat, TestNode *node)
{
  test_seat_connect (seat, node);
  test_seat_claim (seat);
}

/* What was heard need not be kept for it any more. */
void
test_seat_ack (TestSeat *seat)
{
  test_peer_say (seat->peer, "{'type':'ack','ack':%u}", seat->heard);
}

static void
count_heard (TestSeat *seat, const char *text)
{
  const char *seq = strstr (text, "\"seq\":");

  g_assert_nonnull (seq);
  g_assert_cmpuint (g_ascii_strtoull (seq + strlen ("\"seq\":"), NULL, 10), ==,
                    seat->heard + 1);
  seat->heard++;
}

/* The next message of @type. Numbered ones must have the next number, and none
 * may come between but of having been away: whether a loss was noticed before
 * the return is a matter of time. */
char *
test_seat_hear (TestSeat *seat, const char *type)
{
  for (;;) {
    g_autofree char *text = test_peer_next (seat->peer);
    g_autofree char *got = test_peer_get (text, "type");

    if (g_str_equal (got, "ack"))
      continue;
    if (!g_str_equal (got, "serverStatus"))
      count_heard (seat, text);
    if (g_str_equal (got, type))
      return g_steal_pointer (&text);
    if (!g_str_equal (got, "serverStatus") &&
        !g_str_equal (got, "memberLeft") &&
        !g_str_equal (got, "reconnection-detected"))
      g_error ("%s was waited for, but %s came", type, text);
  }
}

void
test_seat_join (TestSeat *seat)
{
  test_seat_say (seat, "'type':'joinRoom','roomId':'%s'", "r");
  g_free (test_seat_hear (seat, "roomJoined"));
}

void
test_seat_meet (TestSeat *one, TestNode *at, TestSeat *other,
                TestNode *other_at)
{
  test_seat_open (one, at);
  test_seat_open (other, other_at);
  test_seat_join (one);
  test_seat_join (other);
  g_free (test_seat_hear (one, "memberJoined"));
}

void
test_seat_publish (TestSeat *seat, guint n)
{
  test_seat_say (seat, "'type':'publish','roomId':'r','data':'m%u'", n);
}

void
test_seat_hear_published (TestSeat *seat, guint n)
{
  g_autofree char *text = test_seat_hear (seat, "roomMessage");
  g_autofree char *data = test_peer_get (text, "data");
  g_autofree char *wanted = g_strdup_printf ("m%u", n);

  g_assert_cmpstr (data, ==, wanted);
}

/* Who publishes hears it too. */
void
test_seat_hear_range (TestSeat *seat, guint first, guint n)
{
  for (guint i = 0; i < n; i++)
    test_seat_hear_published (seat, first + i);
}
