/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rooms.h"

/* Rooms in memory; what comes out is rendered a line a message. Members of one
 * room hear in no particular order, so that tests look at one at a time. */

#define SECOND G_USEC_PER_SEC

typedef struct {
  RwRooms *rooms;
  gint64 now_us;
} Fixture;

static char *
new_id (gpointer unused)
{
  return g_strdup ("one life");
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  static char *strict_rooms[] = {(char *) "strict-*", NULL};
  RwRoomsConfig config = {
      .new_id = new_id,
      .strict_rooms = strict_rooms,
      .max_rooms = 3,
      .max_rooms_per_member = 2,
      .max_messages = 60,
      .max_bytes = 100000,
      .max_total_bytes = 150000,
      .max_age_us = 300 * SECOND,
      .floor = {60 * SECOND, 5 * SECOND, 10},
  };

  f->rooms = rw_rooms_new (&config);
  f->now_us = SECOND;
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_rooms_free (f->rooms);
}

static char *
render (const RwSignalMessage *m)
{
  switch (m->type) {
  case RW_SIGNAL_ROOM_JOINED:
    return g_strdup_printf ("joined %s at %d with %u floor %s", m->room_id,
                            (int) m->sequence, m->peers->len,
                            m->peer_id != NULL ? m->peer_id : "-");
  case RW_SIGNAL_MEMBER_JOINED:
    return g_strdup_printf ("+%s", m->peer_id);
  case RW_SIGNAL_MEMBER_LEFT:
    return g_strdup_printf ("-%s", m->peer_id);
  case RW_SIGNAL_ROOM_MESSAGE:
    return g_strdup_printf ("%d:%s:%s", (int) m->sequence, m->peer_id, m->meta);
  case RW_SIGNAL_RECONNECTION_DETECTED:
    return g_strdup_printf ("back after %d ms, %d missed, %d lost, floor %s",
                            (int) m->outage_ms, (int) m->missed, (int) m->lost,
                            m->peer_id != NULL ? m->peer_id : "-");
  case RW_SIGNAL_FLOOR_GRANTED:
    return g_strdup_printf ("granted %d", (int) m->max_hold_ms);
  case RW_SIGNAL_FLOOR_QUEUED:
    return g_strdup_printf ("queued %d", (int) m->position);
  case RW_SIGNAL_FLOOR_DENIED:
    return g_strdup_printf ("denied for %s", m->peer_id);
  case RW_SIGNAL_FLOOR_TAKEN:
    return g_strdup_printf ("taken by %s", m->peer_id);
  case RW_SIGNAL_FLOOR_RELEASED:
    return g_strdup_printf ("%s gave it up: %s", m->peer_id, m->reason);
  case RW_SIGNAL_ERROR_REPLY:
    return g_strdup (m->code);
  default:
    return g_strdup ("?");
  }
}

/* The messages sent to @id, with ", " between; those to others are dropped. */
static void
expect (Fixture *f, const char *id, const char *wanted)
{
  g_autoptr (GString) got = g_string_new (NULL);

  for (;;) {
    g_autofree char *to = NULL;
    g_autofree char *line = NULL;
    g_autoptr (RwSignalMessage) message = rw_rooms_pop (f->rooms, &to);

    if (message == NULL)
      break;
    if (!g_str_equal (to, id))
      continue;
    line = render (message);
    g_string_append_printf (got, "%s%s", got->len > 0 ? ", " : "", line);
  }
  g_assert_cmpstr (got->str, ==, wanted);
}

static void
say (Fixture *f, const char *id, RwSignalType type, const char *room)
{
  g_autoptr (RwSignalMessage) m = rw_signal_message_new (type);

  g_assert_true (rw_rooms_takes (type));
  m->room_id = g_strdup (room);
  rw_rooms_handle (f->rooms, id, m, f->now_us);
}

static void
join (Fixture *f, const char *id, const char *room)
{
  say (f, id, RW_SIGNAL_JOIN_ROOM, room);
}

static void
publish (Fixture *f, const char *id, const char *room, const char *data)
{
  g_autoptr (RwSignalMessage) m = rw_signal_message_new (RW_SIGNAL_PUBLISH);

  m->room_id = g_strdup (room);
  m->meta = g_ref_string_new (data);
  rw_rooms_handle (f->rooms, id, m, f->now_us);
}

static void
set_away (Fixture *f, const char *id, gboolean away)
{
  rw_rooms_set_away (f->rooms, id, away, f->now_us);
}

static void
pass_time (Fixture *f, gint64 us)
{
  f->now_us += us;
  rw_rooms_wake (f->rooms, f->now_us);
}

static guint
count_rooms (Fixture *f)
{
  RwRoomsCounts counts;

  rw_rooms_get_counts (f->rooms, &counts);
  return counts.rooms;
}

static void
test_members_see_each_other_and_what_is_said (Fixture *f, gconstpointer unused)
{
  join (f, "a", "r");
  expect (f, "a", "joined r at 0 with 1 floor -");
  join (f, "b", "r");
  publish (f, "a", "r", "x");
  publish (f, "b", "r", "y");
  expect (f, "a", "+b, 1:a:x, 2:b:y");
  join (f, "c", "r");
  expect (f, "c", "joined r at 2 with 3 floor -");
  publish (f, "a", "r", "z");
  expect (f, "c", "3:a:z");
  say (f, "b", RW_SIGNAL_LEAVE_ROOM, "r");
  expect (f, "a", "-b");
}

static void
test_joining_twice_says_how_things_stand (Fixture *f, gconstpointer unused)
{
  join (f, "a", "r");
  publish (f, "a", "r", "x");
  join (f, "a", "r");
  expect (f, "a",
          "joined r at 0 with 1 floor -, 1:a:x, joined r at 1 with 1 floor -");
}

static void
test_outsiders_have_no_say (Fixture *f, gconstpointer unused)
{
  join (f, "a", "r");
  expect (f, "a", "joined r at 0 with 1 floor -");
  publish (f, "x", "r", "evil");
  say (f, "x", RW_SIGNAL_REQUEST_FLOOR, "r");
  say (f, "x", RW_SIGNAL_LEAVE_ROOM, "nowhere");
  expect (f, "x", "unknown-room, unknown-room, unknown-room");
  publish (f, "x", "r", "evil");
  expect (f, "a", "");
}

static void
test_who_was_away_gets_what_it_missed (Fixture *f, gconstpointer unused)
{
  RwRoomsMember member;

  join (f, "a", "r");
  join (f, "b", "r");
  publish (f, "a", "r", "x");
  expect (f, "b", "joined r at 0 with 2 floor -, 1:a:x");
  set_away (f, "b", TRUE);
  publish (f, "a", "r", "y");
  publish (f, "a", "r", "z");
  expect (f, "b", "");
  g_assert_true (rw_rooms_get_member (f->rooms, "r", "b", &member));
  g_assert_false (member.is_connected);
  g_assert_cmpuint (member.last_sequence, ==, 1);

  pass_time (f, 3 * SECOND);
  set_away (f, "b", FALSE);
  publish (f, "a", "r", "w");
  expect (f, "b",
          "back after 3000 ms, 2 missed, 0 lost, floor -, 2:a:y, "
          "3:a:z, 4:a:w");
  g_assert_true (rw_rooms_get_member (f->rooms, "r", "b", &member));
  g_assert_true (member.is_connected);
  g_assert_cmpuint (member.last_sequence, ==, 4);
  g_assert_false (rw_rooms_get_member (f->rooms, "r", "x", &member));
}

static void
test_nothing_missed_is_said_too (Fixture *f, gconstpointer unused)
{
  join (f, "a", "r");
  set_away (f, "a", TRUE);
  pass_time (f, SECOND);
  set_away (f, "a", FALSE);
  expect (f, "a",
          "joined r at 0 with 1 floor -, "
          "back after 1000 ms, 0 missed, 0 lost, floor -");
  g_assert_cmpint (rw_rooms_get_wake_us (f->rooms), ==, G_MAXINT64);
}

/* Sixty are missed; they come in lots, and what is said meanwhile waits its
 * turn. */
static void
test_catching_up_is_paced_and_in_order (Fixture *f, gconstpointer unused)
{
  guint64 last = 0;
  guint n = 0;

  join (f, "a", "r");
  join (f, "b", "r");
  set_away (f, "b", TRUE);
  for (guint i = 0; i < 60; i++)
    publish (f, "a", "r", "x");
  set_away (f, "b", FALSE);
  for (guint round = 0; round < 4; round++) {
    guint in_round = 0;

    for (;;) {
      g_autofree char *to = NULL;
      g_autoptr (RwSignalMessage) m = rw_rooms_pop (f->rooms, &to);

      if (m == NULL)
        break;
      if (!g_str_equal (to, "b") || m->type != RW_SIGNAL_ROOM_MESSAGE)
        continue;
      g_assert_cmpuint (m->sequence, ==, ++last);
      in_round++;
    }
    g_assert_cmpuint (in_round, <=, 25);
    n += in_round;
    if (round == 0)
      publish (f, "a", "r", "live");
    pass_time (f, 2000);
  }
  g_assert_cmpuint (n, ==, 61);
}

/* A message that leaves the history goes to the members that still lack it. */
static void
test_catching_up_loses_nothing_while_others_talk (Fixture *f,
                                                  gconstpointer unused)
{
  g_autoptr (GString) wanted = g_string_new ("back after 0 ms, 50 missed, "
                                             "0 lost, floor -");

  join (f, "a", "r");
  join (f, "b", "r");
  set_away (f, "b", TRUE);
  for (guint i = 1; i <= 50; i++)
    publish (f, "a", "r", "x");
  expect (f, "-", "");
  set_away (f, "b", FALSE);
  for (guint i = 51; i <= 200; i++)
    publish (f, "a", "r", "x");
  for (guint i = 0; i < 10; i++)
    pass_time (f, 2000);

  for (guint i = 1; i <= 200; i++)
    g_string_append_printf (wanted, ", %u:a:x", i);
  expect (f, "b", wanted->str);
}

static void
test_what_is_gone_is_counted (Fixture *f, gconstpointer unused)
{
  join (f, "a", "r");
  join (f, "b", "r");
  set_away (f, "b", TRUE);
  publish (f, "a", "r", "old");
  pass_time (f, 301 * SECOND);
  publish (f, "a", "r", "new");
  set_away (f, "b", FALSE);
  expect (f, "b",
          "joined r at 0 with 2 floor -, back after 301000 ms, "
          "1 missed, 1 lost, floor -, 2:a:new");
}

static void
test_a_room_keeps_so_many_messages_and_bytes (Fixture *f, gconstpointer unused)
{
  g_autofree char *large = g_strnfill (60000, 'x');
  RwRoomsCounts counts;

  join (f, "a", "r");
  join (f, "b", "r");
  set_away (f, "b", TRUE);
  for (guint i = 0; i < 100; i++)
    publish (f, "a", "r", "x");
  set_away (f, "b", FALSE);
  rw_rooms_get_counts (f->rooms, &counts);
  g_assert_cmpuint (counts.lost, ==, 40);

  set_away (f, "b", TRUE);
  publish (f, "a", "r", large);
  publish (f, "a", "r", large);
  expect (f, "x", "");
  pass_time (f, 0);
  set_away (f, "b", FALSE);
  {
    g_autofree char *to = NULL;
    g_autoptr (RwSignalMessage) m = rw_rooms_pop (f->rooms, &to);

    g_assert_cmpuint (m->missed, ==, 1);
  }
}

static void
test_the_last_to_leave_takes_the_room_along (Fixture *f, gconstpointer unused)
{
  join (f, "a", "r");
  join (f, "b", "r");
  publish (f, "a", "r", "x");
  say (f, "a", RW_SIGNAL_LEAVE_ROOM, "r");
  g_assert_cmpuint (count_rooms (f), ==, 1);
  rw_rooms_remove (f->rooms, "b", f->now_us);
  g_assert_cmpuint (count_rooms (f), ==, 0);
  expect (f, "x", "");
  join (f, "a", "r");
  expect (f, "a", "joined r at 0 with 1 floor -");
}

static void
test_rooms_are_bounded (Fixture *f, gconstpointer unused)
{
  join (f, "a", "r1");
  join (f, "a", "r2");
  expect (f, "x", "");
  join (f, "a", "r3");
  expect (f, "a", "too-many-rooms");
  join (f, "b", "r3");
  join (f, "c", "r4");
  expect (f, "c", "too-many-rooms");
  rw_rooms_remove (f->rooms, "a", f->now_us);
  join (f, "c", "r4");
  expect (f, "c", "joined r4 at 0 with 1 floor -");
}

static void
test_the_floor_is_told_to_all (Fixture *f, gconstpointer unused)
{
  join (f, "a", "r");
  join (f, "b", "r");
  expect (f, "x", "");
  say (f, "a", RW_SIGNAL_REQUEST_FLOOR, "r");
  say (f, "b", RW_SIGNAL_REQUEST_FLOOR, "r");
  expect (f, "b", "taken by a, queued 1");
  join (f, "c", "r");
  expect (f, "c", "joined r at 0 with 3 floor a");
  say (f, "a", RW_SIGNAL_RELEASE_FLOOR, "r");
  expect (f, "b", "a gave it up: released, granted 60000");
  pass_time (f, 60 * SECOND);
  expect (f, "b", "b gave it up: time");
  g_assert_cmpint (rw_rooms_get_wake_us (f->rooms), ==, G_MAXINT64);
}

static guint
count_missed (Fixture *f, const char *id)
{
  for (;;) {
    g_autofree char *to = NULL;
    g_autoptr (RwSignalMessage) m = rw_rooms_pop (f->rooms, &to);

    g_assert_nonnull (m);
    if (g_str_equal (to, id) && m->type == RW_SIGNAL_RECONNECTION_DETECTED)
      return (guint) m->missed;
  }
}

/* Thousands of rooms, each within its own bounds, would fill the memory. */
static void
test_the_largest_history_gives_when_all_are_full (Fixture *f,
                                                  gconstpointer unused)
{
  g_autofree char *large = g_strnfill (30000, 'x');

  join (f, "a", "small");
  join (f, "b", "small");
  join (f, "c", "large-1");
  join (f, "c", "large-2");
  join (f, "d", "large-2");
  set_away (f, "b", TRUE);
  set_away (f, "d", TRUE);
  publish (f, "a", "small", "x");
  for (guint i = 0; i < 3; i++) {
    publish (f, "c", "large-1", large);
    publish (f, "c", "large-2", large);
  }
  expect (f, "x", "");
  set_away (f, "b", FALSE);
  g_assert_cmpuint (count_missed (f, "b"), ==, 1);
  set_away (f, "d", FALSE);
  g_assert_cmpuint (count_missed (f, "d"), ==, 2);
}

static void
test_a_holder_comes_back_to_its_floor (Fixture *f, gconstpointer unused)
{
  join (f, "a", "r");
  join (f, "b", "r");
  say (f, "a", RW_SIGNAL_REQUEST_FLOOR, "r");
  expect (f, "x", "");
  set_away (f, "a", TRUE);
  g_assert_cmpint (rw_rooms_get_wake_us (f->rooms), ==, f->now_us + 5 * SECOND);
  pass_time (f, 4 * SECOND);
  set_away (f, "a", FALSE);
  expect (f, "a",
          "back after 4000 ms, 0 missed, 0 lost, floor a, "
          "granted 56000");
  set_away (f, "a", TRUE);
  pass_time (f, 5 * SECOND);
  expect (f, "b", "a gave it up: lost");
}

/* Else one that asks without end would be heard by all. */
static void
test_a_holder_that_asks_again_is_told_alone (Fixture *f, gconstpointer unused)
{
  join (f, "a", "r");
  join (f, "b", "r");
  say (f, "a", RW_SIGNAL_REQUEST_FLOOR, "r");
  expect (f, "b", "joined r at 0 with 2 floor -, taken by a");
  say (f, "a", RW_SIGNAL_REQUEST_FLOOR, "r");
  expect (f, "b", "");
}

static void
test_in_a_strict_room_a_lost_holder_loses_the_floor (Fixture *f,
                                                     gconstpointer unused)
{
  join (f, "a", "strict-1");
  join (f, "b", "strict-1");
  say (f, "a", RW_SIGNAL_REQUEST_FLOOR, "strict-1");
  say (f, "b", RW_SIGNAL_REQUEST_FLOOR, "strict-1");
  expect (f, "x", "");
  set_away (f, "a", TRUE);
  expect (f, "b", "a gave it up: lost, granted 60000");
}

/* Anything by anyone: the sanitizers and the assertions watch. */
static void
test_any_order_ends_with_no_rooms (Fixture *f, gconstpointer unused)
{
  static const RwSignalType types[] = {
      RW_SIGNAL_JOIN_ROOM,     RW_SIGNAL_JOIN_ROOM,     RW_SIGNAL_LEAVE_ROOM,
      RW_SIGNAL_REQUEST_FLOOR, RW_SIGNAL_RELEASE_FLOOR, RW_SIGNAL_PUBLISH,
  };

  for (guint i = 0; i < 50000; i++) {
    char id[2] = {'a' + g_test_rand_int_range (0, 5), '\0'};
    char room[2] = {'r' + g_test_rand_int_range (0, 4), '\0'};

    switch (g_test_rand_int_range (0, 12)) {
    case 0:
      rw_rooms_remove (f->rooms, id, f->now_us);
      break;
    case 1:
    case 2:
      set_away (f, id, g_test_rand_bit ());
      break;
    case 3:
      pass_time (f, g_test_rand_int_range (0, 3 * SECOND));
      break;
    default:
      say (f, id, types[g_test_rand_int_range (0, G_N_ELEMENTS (types))], room);
      break;
    }
    if (i % 100 == 0)
      expect (f, "nobody", "");
  }
  for (char id[2] = "a"; id[0] < 'f'; id[0]++)
    rw_rooms_remove (f->rooms, id, f->now_us);
  g_assert_cmpuint (count_rooms (f), ==, 0);
  g_assert_cmpint (rw_rooms_get_wake_us (f->rooms), ==, G_MAXINT64);
}

#define ADD(path, func)                                                        \
  g_test_add ("/rooms/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("members-see-each-other-and-what-is-said",
       test_members_see_each_other_and_what_is_said);
  ADD ("joining-twice-says-how-things-stand",
       test_joining_twice_says_how_things_stand);
  ADD ("outsiders-have-no-say", test_outsiders_have_no_say);
  ADD ("who-was-away-gets-what-it-missed",
       test_who_was_away_gets_what_it_missed);
  ADD ("nothing-missed-is-said-too", test_nothing_missed_is_said_too);
  ADD ("catching-up-is-paced-and-in-order",
       test_catching_up_is_paced_and_in_order);
  ADD ("catching-up-loses-nothing-while-others-talk",
       test_catching_up_loses_nothing_while_others_talk);
  ADD ("what-is-gone-is-counted", test_what_is_gone_is_counted);
  ADD ("a-room-keeps-so-many-messages-and-bytes",
       test_a_room_keeps_so_many_messages_and_bytes);
  ADD ("the-last-to-leave-takes-the-room-along",
       test_the_last_to_leave_takes_the_room_along);
  ADD ("rooms-are-bounded", test_rooms_are_bounded);
  ADD ("the-largest-history-gives-when-all-are-full",
       test_the_largest_history_gives_when_all_are_full);
  ADD ("the-floor-is-told-to-all", test_the_floor_is_told_to_all);
  ADD ("a-holder-comes-back-to-its-floor",
       test_a_holder_comes_back_to_its_floor);
  ADD ("a-holder-that-asks-again-is-told-alone",
       test_a_holder_that_asks_again_is_told_alone);
  ADD ("in-a-strict-room-a-lost-holder-loses-the-floor",
       test_in_a_strict_room_a_lost_holder_loses_the_floor);
  ADD ("any-order-ends-with-no-rooms", test_any_order_ends_with_no_rooms);

  return g_test_run ();
}
