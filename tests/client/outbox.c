/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-outbox.h"

#define S G_GINT64_CONSTANT (1000000)

static RwSignalMessage *
make_request (const char *peer_id, const char *offer)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_START_SESSION);

  message->peer_id = g_strdup (peer_id);
  message->offer = g_strdup (offer);
  return message;
}

static RwSignalMessage *
make_candidate (const char *session_id, const char *candidate)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_PEER);

  message->session_id = g_strdup (session_id);
  message->candidate = g_strdup (candidate);
  return message;
}

static RwSignalMessage *
make_description (const char *session_id, const char *sdp)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_PEER);

  message->session_id = g_strdup (session_id);
  message->sdp = g_strdup (sdp);
  return message;
}

static RwSignalMessage *
make_end (const char *session_id)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_END_SESSION);

  message->session_id = g_strdup (session_id);
  return message;
}

static RwSignalMessage *
make_of_room (RwSignalType type, const char *room_id)
{
  RwSignalMessage *message = rw_signal_message_new (type);

  message->room_id = g_strdup (room_id);
  return message;
}

/* The next message, as one word. */
static void
expect (RwOutbox *outbox, gint64 now_us, const char *word)
{
  g_autoptr (RwSignalMessage) message = rw_outbox_pop (outbox, now_us);
  const char *got = NULL;

  if (message != NULL)
    got = message->candidate != NULL ? message->candidate
          : message->sdp != NULL     ? message->sdp
          : message->offer != NULL   ? message->offer
          : message->room_id != NULL ? message->room_id
                                     : message->session_id;
  g_assert_cmpstr (got, ==, word);
}

static RwOutboxCounts
get_counts (RwOutbox *outbox)
{
  RwOutboxCounts counts;

  rw_outbox_get_counts (outbox, &counts);
  return counts;
}

static void
test_keeps_the_order (void)
{
  g_autoptr (RwOutbox) outbox = rw_outbox_new (10);

  rw_outbox_push (outbox, make_description ("s", "sdp"), 0);
  rw_outbox_push (outbox, make_candidate ("s", "c1"), 0);
  rw_outbox_push (outbox, make_candidate ("s", "c2"), 0);
  expect (outbox, 0, "sdp");
  expect (outbox, 0, "c1");
  expect (outbox, 0, "c2");
  expect (outbox, 0, NULL);
}

static void
test_each_kind_has_its_age (void)
{
  g_autoptr (RwOutbox) outbox = rw_outbox_new (10);

  rw_outbox_push (outbox, make_request ("p", "offer"), 0);
  rw_outbox_push (outbox, make_candidate ("s", "c"), 0);
  rw_outbox_push (outbox, make_end ("t"), 0);
  rw_outbox_push (outbox, make_request ("q", "fresh"), 9 * S);
  expect (outbox, 10 * S, "c");
  expect (outbox, 3600 * S, "t");
  expect (outbox, 10 * S, "fresh");
  g_assert_cmpuint (get_counts (outbox).stale, ==, 1);
  rw_outbox_push (outbox, make_description ("s", "sdp"), 0);
  expect (outbox, 60 * S, NULL);
  g_assert_cmpuint (get_counts (outbox).stale, ==, 2);
}

/* Each kind that is queued, a moment before and at its limit. */
static void
test_limits_are_kept_to_the_microsecond (void)
{
  static const struct {
    RwSignalType type;
    gint64 limit_us;
  } kinds[] = {
      {RW_SIGNAL_START_SESSION, 10 * S}, {RW_SIGNAL_PEER, 60 * S},
      {RW_SIGNAL_REQUEST_FLOOR, 2 * S},  {RW_SIGNAL_END_SESSION, 0},
      {RW_SIGNAL_END_SESSION_V1_1, 0},   {RW_SIGNAL_JOIN_ROOM, 0},
      {RW_SIGNAL_LEAVE_ROOM, 0},         {RW_SIGNAL_PUBLISH, 0},
      {RW_SIGNAL_RELEASE_FLOOR, 0},
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    gint64 limit_us = kinds[i].limit_us > 0 ? kinds[i].limit_us : 3600 * S;

    for (guint late = 0; late < 2; late++) {
      g_autoptr (RwOutbox) outbox = rw_outbox_new (10);
      RwSignalMessage *message = make_of_room (kinds[i].type, "r");
      g_autoptr (RwSignalMessage) out = NULL;
      gboolean is_stale = late && kinds[i].limit_us > 0;

      message->peer_id = g_strdup ("p");
      message->session_id = g_strdup ("s");
      rw_outbox_push (outbox, message, 5 * S);
      out = rw_outbox_pop (outbox, 5 * S + limit_us - 1 + late);
      g_assert_true ((out == NULL) == is_stale);
      g_assert_cmpuint (get_counts (outbox).stale, ==, is_stale ? 1 : 0);
    }
  }
}

static void
test_letting_go_takes_the_press_back (void)
{
  g_autoptr (RwOutbox) outbox = rw_outbox_new (10);
  g_autoptr (RwSignalMessage) out = NULL;

  rw_outbox_push (outbox, make_of_room (RW_SIGNAL_REQUEST_FLOOR, "r"), 0);
  rw_outbox_push (outbox, make_of_room (RW_SIGNAL_REQUEST_FLOOR, "q"), 0);
  rw_outbox_push (outbox, make_of_room (RW_SIGNAL_RELEASE_FLOOR, "r"), 0);
  expect (outbox, 0, "q");
  out = rw_outbox_pop (outbox, 0);
  g_assert_cmpint (out->type, ==, RW_SIGNAL_RELEASE_FLOOR);
  expect (outbox, 0, NULL);
}

static void
test_joining_again_comes_before_the_rest (void)
{
  g_autoptr (RwOutbox) outbox = rw_outbox_new (2);
  g_autoptr (RwSignalMessage) first = NULL;
  g_autoptr (RwSignalMessage) second = NULL;

  rw_outbox_push (outbox, make_of_room (RW_SIGNAL_PUBLISH, "r"), 0);
  rw_outbox_push (outbox, make_of_room (RW_SIGNAL_JOIN_ROOM, "r"), 0);
  rw_outbox_push_first (outbox, make_of_room (RW_SIGNAL_JOIN_ROOM, "r"));
  first = rw_outbox_pop (outbox, 0);
  second = rw_outbox_pop (outbox, 0);
  g_assert_cmpint (first->type, ==, RW_SIGNAL_JOIN_ROOM);
  g_assert_cmpint (second->type, ==, RW_SIGNAL_PUBLISH);
  expect (outbox, 0, NULL);
}

static void
test_newest_request_of_a_peer_stands (void)
{
  g_autoptr (RwOutbox) outbox = rw_outbox_new (10);

  rw_outbox_push (outbox, make_request ("p", "old"), 0);
  rw_outbox_push (outbox, make_request ("q", "other"), 0);
  rw_outbox_push (outbox, make_request ("p", "new"), 0);
  expect (outbox, 0, "other");
  expect (outbox, 0, "new");
  expect (outbox, 0, NULL);
}

static void
test_end_of_a_session_is_all_that_is_left_of_it (void)
{
  g_autoptr (RwOutbox) outbox = rw_outbox_new (10);

  rw_outbox_push (outbox, make_description ("s", "sdp"), 0);
  rw_outbox_push (outbox, make_candidate ("t", "kept"), 0);
  rw_outbox_push (outbox, make_candidate ("s", "c"), 0);
  rw_outbox_push (outbox, make_end ("s"), 0);
  expect (outbox, 0, "kept");
  expect (outbox, 0, "s");
  expect (outbox, 0, NULL);
}

static void
test_candidates_go_first_when_it_is_full (void)
{
  g_autoptr (RwOutbox) outbox = rw_outbox_new (3);

  rw_outbox_push (outbox, make_description ("s", "sdp"), 0);
  rw_outbox_push (outbox, make_candidate ("s", "c1"), 0);
  rw_outbox_push (outbox, make_candidate ("s", "c2"), 0);
  rw_outbox_push (outbox, make_end ("t"), 0);
  rw_outbox_push (outbox, make_end ("u"), 0);
  rw_outbox_push (outbox, make_end ("v"), 0);
  g_assert_cmpuint (get_counts (outbox).overflow, ==, 3);
  expect (outbox, 0, "t");
  expect (outbox, 0, "u");
  expect (outbox, 0, "v");
  expect (outbox, 0, NULL);
}

static void
test_what_is_always_news_goes_last_when_it_is_full (void)
{
  g_autoptr (RwOutbox) outbox = rw_outbox_new (3);

  rw_outbox_push (outbox, make_end ("t"), 0);
  rw_outbox_push (outbox, make_request ("p", "offer"), 0);
  rw_outbox_push (outbox, make_of_room (RW_SIGNAL_PUBLISH, "room"), 0);
  rw_outbox_push (outbox, make_of_room (RW_SIGNAL_REQUEST_FLOOR, "floor"), 0);
  rw_outbox_push (outbox, make_end ("u"), 0);
  g_assert_cmpuint (get_counts (outbox).overflow, ==, 2);
  expect (outbox, 0, "t");
  expect (outbox, 0, "room");
  expect (outbox, 0, "u");
}

static void
test_forgotten_sessions_leave_the_requests (void)
{
  g_autoptr (RwOutbox) outbox = rw_outbox_new (10);

  rw_outbox_push (outbox, make_candidate ("s", "c"), 0);
  rw_outbox_push (outbox, make_request ("p", "offer"), 0);
  rw_outbox_push (outbox, make_end ("s"), 0);
  rw_outbox_forget_sessions (outbox);
  expect (outbox, 0, "offer");
  expect (outbox, 0, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/outbox/keeps-the-order", test_keeps_the_order);
  g_test_add_func ("/client/outbox/each-kind-has-its-age",
                   test_each_kind_has_its_age);
  g_test_add_func ("/client/outbox/limits-are-kept-to-the-microsecond",
                   test_limits_are_kept_to_the_microsecond);
  g_test_add_func ("/client/outbox/letting-go-takes-the-press-back",
                   test_letting_go_takes_the_press_back);
  g_test_add_func ("/client/outbox/joining-again-comes-before-the-rest",
                   test_joining_again_comes_before_the_rest);
  g_test_add_func ("/client/outbox/newest-request-of-a-peer-stands",
                   test_newest_request_of_a_peer_stands);
  g_test_add_func ("/client/outbox/end-of-a-session-is-all-that-is-left-of-it",
                   test_end_of_a_session_is_all_that_is_left_of_it);
  g_test_add_func ("/client/outbox/candidates-go-first-when-it-is-full",
                   test_candidates_go_first_when_it_is_full);
  g_test_add_func (
      "/client/outbox/what-is-always-news-goes-last-when-it-is-full",
      test_what_is_always_news_goes_last_when_it_is_full);
  g_test_add_func ("/client/outbox/forgotten-sessions-leave-the-requests",
                   test_forgotten_sessions_leave_the_requests);
  return g_test_run ();
}
