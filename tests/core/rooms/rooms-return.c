/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rooms.h"

/* A member that returns to a room that has forgotten it, and says what it had.
 * It is "b", which is somebody new to the room, and all that is looked at is
 * what it is told. */

#define SECOND G_USEC_PER_SEC

typedef struct {
  RwRooms *rooms;
  RwRoomsConfig config;
  gint64 now_us;
  guint n_ids;
  guint n_free; /* messages that "b" has room for */
} Fixture;

static char *
new_id (gpointer user_data)
{
  Fixture *f = user_data;

  return g_strdup_printf ("life %u", ++f->n_ids);
}

static gboolean
may_send (const char *id, const RwSignalMessage *message, gpointer user_data)
{
  Fixture *f = user_data;

  if (!g_str_equal (id, "b"))
    return TRUE;
  if (f->n_free == 0)
    return FALSE;
  f->n_free--;
  return TRUE;
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->config = (RwRoomsConfig){
      .new_id = new_id,
      .max_rooms = 2,
      .max_rooms_per_member = 2,
      .max_messages = 50,
      .max_bytes = 100000,
      .max_age_us = 300 * SECOND,
      .may_send = may_send,
      .user_data = f,
  };
  f->rooms = rw_rooms_new (&f->config);
  f->now_us = SECOND;
  f->n_free = 1000;
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
    return g_strdup_printf ("joined %s at %u with %u", m->instance,
                            (guint) m->sequence, m->peers->len);
  case RW_SIGNAL_ROOM_MESSAGE:
    return g_strdup_printf ("%u:%s", (guint) m->sequence, m->meta);
  case RW_SIGNAL_RECONNECTION_DETECTED:
    return g_strdup_printf ("back after %u ms, %u missed, %u lost",
                            (guint) m->outage_ms, (guint) m->missed,
                            (guint) m->lost);
  case RW_SIGNAL_ERROR_REPLY:
    return g_strdup (m->code);
  case RW_SIGNAL_MEMBER_JOINED:
    return g_strdup_printf ("+%s", m->peer_id);
  case RW_SIGNAL_MEMBER_LEFT:
    return g_strdup_printf ("-%s", m->peer_id);
  default:
    return g_strdup ("?");
  }
}

/* The messages sent to @id, with ", " between; those to others are dropped. */
static char *
hear (Fixture *f, const char *id)
{
  GString *heard = g_string_new (NULL);

  for (;;) {
    g_autofree char *to = NULL;
    g_autofree char *line = NULL;
    g_autoptr (RwSignalMessage) message = rw_rooms_pop (f->rooms, &to);

    if (message == NULL)
      return g_string_free (heard, FALSE);
    if (!g_str_equal (to, id))
      continue;
    line = render (message);
    g_string_append_printf (heard, "%s%s", heard->len > 0 ? ", " : "", line);
  }
}

static void
expect (Fixture *f, const char *id, const char *wanted)
{
  g_autofree char *heard = hear (f, id);

  g_assert_cmpstr (heard, ==, wanted);
}

static void
join_with (Fixture *f, const char *id, const char *instance, guint64 sequence)
{
  g_autoptr (RwSignalMessage) m = rw_signal_message_new (RW_SIGNAL_JOIN_ROOM);

  m->room_id = g_strdup ("r");
  m->instance = g_strdup (instance);
  m->sequence = sequence;
  rw_rooms_handle (f->rooms, id, m, f->now_us);
}

/* "1", "2" and so on, a second between. */
static void
publish (Fixture *f, guint first, guint last)
{
  for (guint i = first; i <= last; i++) {
    g_autofree char *data = g_strdup_printf ("%u", i);
    g_autoptr (RwSignalMessage) m = rw_signal_message_new (RW_SIGNAL_PUBLISH);

    f->now_us += SECOND;
    m->room_id = g_strdup ("r");
    m->meta = g_ref_string_new (data);
    rw_rooms_handle (f->rooms, "a", m, f->now_us);
  }
}

static void
pass_time (Fixture *f, gint64 us)
{
  f->now_us += us;
  rw_rooms_wake (f->rooms, f->now_us);
}

static char *
render_range (guint first, guint last)
{
  GString *text = g_string_new (NULL);

  for (guint i = first; i <= last; i++)
    g_string_append_printf (text, "%s%u:%u", i == first ? "" : ", ", i, i);
  return g_string_free (text, FALSE);
}

static void
test_a_room_says_which_life_it_is_in (Fixture *f, gconstpointer unused)
{
  join_with (f, "a", NULL, 0);
  expect (f, "a", "joined life 1 at 0 with 1");
  join_with (f, "b", NULL, 0);
  expect (f, "b", "joined life 1 at 0 with 2");
  rw_rooms_remove (f->rooms, "a", f->now_us);
  rw_rooms_remove (f->rooms, "b", f->now_us);
  g_free (hear (f, "b"));
  join_with (f, "b", NULL, 0);
  expect (f, "b", "joined life 2 at 0 with 1");
}

/* The first that it missed is three seconds old. */
static void
test_who_says_what_it_had_gets_the_rest (Fixture *f, gconstpointer unused)
{
  join_with (f, "a", NULL, 0);
  publish (f, 1, 5);
  g_free (hear (f, "a"));
  pass_time (f, SECOND);
  join_with (f, "b", "life 1", 2);
  expect (f, "b",
          "joined life 1 at 2 with 2, back after 3000 ms, 3 missed, 0 lost, "
          "3:3, 4:4, 5:5");
  publish (f, 6, 6);
  expect (f, "b", "6:6");
  join_with (f, "c", NULL, 0);
  expect (f, "b", "+c");
}

static void
test_the_others_are_told_as_ever (Fixture *f, gconstpointer unused)
{
  join_with (f, "a", NULL, 0);
  publish (f, 1, 2);
  g_free (hear (f, "a"));
  join_with (f, "b", "life 1", 0);
  expect (f, "a", "+b");
}

static void
test_nothing_missed_is_said_too (Fixture *f, gconstpointer unused)
{
  join_with (f, "a", NULL, 0);
  publish (f, 1, 5);
  pass_time (f, SECOND);
  g_free (hear (f, "a"));
  join_with (f, "b", "life 1", 5);
  expect (f, "b",
          "joined life 1 at 5 with 2, back after 0 ms, 0 missed, 0 lost");
  g_assert_cmpint (rw_rooms_get_wake_us (f->rooms), ==, G_MAXINT64);
}

/* Of 60 the first ten are gone; and then, with age, all of them. */
static void
test_what_is_gone_is_counted (Fixture *f, gconstpointer unused)
{
  g_autofree char *heard = NULL;

  join_with (f, "a", NULL, 0);
  publish (f, 1, 60);
  g_free (hear (f, "a"));
  join_with (f, "b", "life 1", 4);
  heard = hear (f, "b");
  g_assert_true (g_str_has_prefix (
      heard, "joined life 1 at 4 with 2, back after 49000 ms, 50 missed, "
             "6 lost, 11:11, 12:12"));

  pass_time (f, 301 * SECOND);
  rw_rooms_remove (f->rooms, "b", f->now_us);
  join_with (f, "b", "life 1", 60 - 20);
  g_free (heard);
  heard = hear (f, "b");
  g_assert_nonnull (strstr (heard, "joined life 1 at 40 with 2"));
  g_assert_nonnull (strstr (heard, ", 0 missed, 20 lost"));
}

/* Some of it is too old when it comes: what it says of the time counts still,
 * and nothing comes before it is told that it is back. */
static void
test_what_is_just_too_old_is_lost (Fixture *f, gconstpointer unused)
{
  join_with (f, "a", NULL, 0);
  publish (f, 1, 2);
  pass_time (f, 300 * SECOND);
  g_free (hear (f, "a"));
  join_with (f, "b", "life 1", 0);
  expect (f, "b",
          "joined life 1 at 0 with 2, back after 301000 ms, 1 missed, 1 lost, "
          "2:2");
}

static void
test_a_room_that_began_anew_owes_nothing (Fixture *f, gconstpointer unused)
{
  join_with (f, "a", NULL, 0);
  publish (f, 1, 5);
  rw_rooms_remove (f->rooms, "a", f->now_us);
  join_with (f, "a", NULL, 0);
  publish (f, 1, 3);
  g_free (hear (f, "a"));
  join_with (f, "b", "life 1", 1);
  expect (f, "b", "joined life 2 at 3 with 2");
  publish (f, 4, 4);
  expect (f, "b", "4:4");
}

static void
test_a_room_that_is_gone_begins_anew (Fixture *f, gconstpointer unused)
{
  join_with (f, "b", "life 0", 7);
  expect (f, "b", "joined life 1 at 0 with 1");
}

static void
test_what_was_never_said_is_not_gone_on_from (Fixture *f, gconstpointer unused)
{
  static const guint64 beyond[] = {6, G_MAXINT64, G_MAXUINT64 - 1, G_MAXUINT64};

  join_with (f, "a", NULL, 0);
  publish (f, 1, 5);
  for (guint i = 0; i < G_N_ELEMENTS (beyond); i++) {
    g_free (hear (f, "a"));
    join_with (f, "b", "life 1", beyond[i]);
    expect (f, "b", "joined life 1 at 5 with 2");
    rw_rooms_remove (f->rooms, "b", f->now_us);
  }
}

/* The saved cursor counts, not the number in the request. */
static void
test_who_is_there_has_missed_nothing (Fixture *f, gconstpointer unused)
{
  join_with (f, "a", NULL, 0);
  join_with (f, "b", NULL, 0);
  publish (f, 1, 2);
  g_free (hear (f, "b"));
  join_with (f, "b", "life 1", 0);
  expect (f, "b", "joined life 1 at 2 with 2");
}

static void
test_it_comes_in_lots_and_in_order (Fixture *f, gconstpointer unused)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *lot = render_range (1, 25);
  g_autofree char *rest = render_range (26, 41);

  join_with (f, "a", NULL, 0);
  publish (f, 1, 40);
  g_free (hear (f, "a"));
  join_with (f, "b", "life 1", 0);
  publish (f, 41, 41);
  first = hear (f, "b");
  g_assert_true (g_str_has_suffix (first, lot));
  pass_time (f, 2000);
  second = hear (f, "b");
  g_assert_cmpstr (second, ==, rest);
}

static void
test_it_comes_no_faster_than_it_is_read (Fixture *f, gconstpointer unused)
{
  g_autofree char *rest = render_range (6, 20);

  join_with (f, "a", NULL, 0);
  publish (f, 1, 20);
  g_free (hear (f, "a"));
  f->n_free = 5;
  join_with (f, "b", "life 1", 0);
  expect (f, "b",
          "joined life 1 at 0 with 2, back after 19000 ms, 20 missed, 0 lost, "
          "1:1, 2:2, 3:3, 4:4, 5:5");
  pass_time (f, SECOND);
  expect (f, "b", "");
  f->n_free = 100;
  rw_rooms_go_on (f->rooms, "b", f->now_us);
  expect (f, "b", rest);
}

#define ADD(path, func)                                                        \
  g_test_add ("/rooms-return/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-room-says-which-life-it-is-in", test_a_room_says_which_life_it_is_in);
  ADD ("who-says-what-it-had-gets-the-rest",
       test_who_says_what_it_had_gets_the_rest);
  ADD ("the-others-are-told-as-ever", test_the_others_are_told_as_ever);
  ADD ("nothing-missed-is-said-too", test_nothing_missed_is_said_too);
  ADD ("what-is-gone-is-counted", test_what_is_gone_is_counted);
  ADD ("what-is-just-too-old-is-lost", test_what_is_just_too_old_is_lost);
  ADD ("a-room-that-began-anew-owes-nothing",
       test_a_room_that_began_anew_owes_nothing);
  ADD ("a-room-that-is-gone-begins-anew", test_a_room_that_is_gone_begins_anew);
  ADD ("what-was-never-said-is-not-gone-on-from",
       test_what_was_never_said_is_not_gone_on_from);
  ADD ("who-is-there-has-missed-nothing", test_who_is_there_has_missed_nothing);
  ADD ("it-comes-in-lots-and-in-order", test_it_comes_in_lots_and_in_order);
  ADD ("it-comes-no-faster-than-it-is-read",
       test_it_comes_no_faster_than_it_is_read);

  return g_test_run ();
}
