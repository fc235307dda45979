/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-talk-gate.h"

#define MS GST_MSECOND

typedef struct {
  RwTalkGate *gate;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->gate = rw_talk_gate_new ();
  rw_talk_gate_use (f->gate, TRUE);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_talk_gate_free (f->gate);
}

static void
hold (Fixture *f, guint8 number, gint64 now_us)
{
  RwFrame frame = {.size = 1, .data = &number};

  rw_talk_gate_hold (f->gate, &frame, now_us);
}

/* The numbers of the frames that come out, as text. */
static void
expect_held (Fixture *f, gint64 now_us, const char *wanted)
{
  g_autoptr (GString) got = g_string_new (NULL);
  RwFrame *frame;

  while ((frame = rw_talk_gate_pop (f->gate, now_us)) != NULL) {
    g_string_append_printf (got, "%d;", frame->data[0]);
    g_free (frame);
  }
  g_assert_cmpstr (got->str, ==, wanted);
}

static void
test_unused_it_is_open (Fixture *f, gconstpointer unused)
{
  rw_talk_gate_use (f->gate, FALSE);
  g_assert_cmpint (rw_talk_gate_check (f->gate, 0), ==, RW_TALK_GATE_OPEN);
}

static void
test_it_is_closed_until_it_is_opened (Fixture *f, gconstpointer unused)
{
  guint press;

  g_assert_cmpint (rw_talk_gate_check (f->gate, 0), ==, RW_TALK_GATE_CLOSED);
  press = rw_talk_gate_press (f->gate, TRUE);
  g_assert_cmpint (rw_talk_gate_check (f->gate, 0), ==, RW_TALK_GATE_CLOSED);
  rw_talk_gate_set_mode (f->gate, press, RW_TALK_GATE_OPEN, 0);
  g_assert_cmpint (rw_talk_gate_check (f->gate, 0), ==, RW_TALK_GATE_OPEN);
  rw_talk_gate_press (f->gate, FALSE);
  g_assert_cmpint (rw_talk_gate_check (f->gate, 0), ==, RW_TALK_GATE_CLOSED);
}

static void
test_a_grant_of_an_earlier_press_opens_nothing (Fixture *f,
                                                gconstpointer unused)
{
  guint press = rw_talk_gate_press (f->gate, TRUE);

  rw_talk_gate_press (f->gate, FALSE);
  rw_talk_gate_set_mode (f->gate, press, RW_TALK_GATE_OPEN, 0);
  g_assert_cmpint (rw_talk_gate_check (f->gate, 0), ==, RW_TALK_GATE_CLOSED);
  rw_talk_gate_press (f->gate, TRUE);
  rw_talk_gate_set_mode (f->gate, press, RW_TALK_GATE_OPEN, 0);
  g_assert_cmpint (rw_talk_gate_check (f->gate, 0), ==, RW_TALK_GATE_CLOSED);
}

static void
test_what_began_before_the_grant_is_left_out (Fixture *f, gconstpointer unused)
{
  guint press = rw_talk_gate_press (f->gate, TRUE);

  rw_talk_gate_set_mode (f->gate, press, RW_TALK_GATE_OPEN, 5000 * MS);
  g_assert_cmpint (rw_talk_gate_check (f->gate, 4990 * MS), ==,
                   RW_TALK_GATE_CLOSED);
  g_assert_cmpint (rw_talk_gate_check (f->gate, 5000 * MS), ==,
                   RW_TALK_GATE_OPEN);
  /* Timestamps that are not of this clock. */
  g_assert_cmpint (rw_talk_gate_check (f->gate, 1000 * MS), ==,
                   RW_TALK_GATE_OPEN);
}

static void
test_what_is_held_comes_out_in_order (Fixture *f, gconstpointer unused)
{
  guint press = rw_talk_gate_press (f->gate, TRUE);

  rw_talk_gate_set_mode (f->gate, press, RW_TALK_GATE_HOLD, 0);
  hold (f, 1, 0);
  hold (f, 2, 0);
  rw_talk_gate_set_mode (f->gate, press, RW_TALK_GATE_PAUSED, 0);
  g_assert_cmpint (rw_talk_gate_check (f->gate, 0), ==, RW_TALK_GATE_CLOSED);
  hold (f, 3, 0);
  rw_talk_gate_set_mode (f->gate, press, RW_TALK_GATE_OPEN, 0);
  expect_held (f, 0, "1;2;");
}

static void
test_what_is_too_old_is_dropped (Fixture *f, gconstpointer unused)
{
  guint press = rw_talk_gate_press (f->gate, TRUE);

  rw_talk_gate_set_max_late (f->gate, 2 * GST_SECOND);
  rw_talk_gate_set_mode (f->gate, press, RW_TALK_GATE_HOLD, 0);
  hold (f, 1, 0);
  hold (f, 2, G_USEC_PER_SEC);
  expect_held (f, 5 * G_USEC_PER_SEC / 2, "2;");
}

static void
test_a_release_drops_what_is_held (Fixture *f, gconstpointer unused)
{
  guint press = rw_talk_gate_press (f->gate, TRUE);

  rw_talk_gate_set_mode (f->gate, press, RW_TALK_GATE_HOLD, 0);
  hold (f, 1, 0);
  rw_talk_gate_press (f->gate, FALSE);
  hold (f, 2, 0);
  press = rw_talk_gate_press (f->gate, TRUE);
  rw_talk_gate_set_mode (f->gate, press, RW_TALK_GATE_OPEN, 0);
  expect_held (f, 0, "");
}

#define ADD(name)                                                              \
  g_test_add ("/gst/talk-gate/" #name, Fixture, NULL, set_up, test_##name,     \
              tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (unused_it_is_open);
  ADD (it_is_closed_until_it_is_opened);
  ADD (a_grant_of_an_earlier_press_opens_nothing);
  ADD (what_began_before_the_grant_is_left_out);
  ADD (what_is_held_comes_out_in_order);
  ADD (what_is_too_old_is_dropped);
  ADD (a_release_drops_what_is_held);
  return g_test_run ();
}
