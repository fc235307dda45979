/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-frame-ring.h"

static void
put (RwFrameRing *ring, guint64 index)
{
  guint8 payload[3] = {index, index >> 8, 7};
  RwFrame frame = {.index = index, .duration = 960, .size = 3, .data = payload};

  rw_frame_ring_put (ring, &frame, NULL, index % 2);
}

static void
take (RwFrameRing *ring, guint64 index)
{
  RwFrameSlot slot;
  RwFrame frame;

  rw_frame_ring_take (ring, index, &slot);
  rw_frame_slot_get (&slot, index, &frame);
  g_assert_cmpuint (frame.index, ==, index);
  g_assert_cmpuint (frame.size, ==, 3);
  g_assert_cmpuint (frame.data[0], ==, index & 0xff);
  g_assert_cmpuint (slot.repaired, ==, index % 2);
  g_bytes_unref (slot.payload);
}

static void
test_an_empty_ring_has_nothing (void)
{
  RwFrameRing ring = {0};

  g_assert_false (rw_frame_ring_has (&ring, 0));
  g_assert_cmpuint (rw_frame_ring_find (&ring, 0, 50), ==, 50);
  g_assert_cmpuint (rw_frame_ring_find_absent (&ring, 5, 50), ==, 5);
  rw_frame_ring_clear (&ring);
}

static void
test_a_far_frame_costs_no_room_for_what_left (void)
{
  RwFrameRing ring = {0};
  guint64 i;

  for (i = 0; i < 10000; i++) {
    put (&ring, i);
    if (i >= 20)
      take (&ring, i - 20);
  }
  g_assert_cmpuint (ring.n_slots, ==, 64);
  for (i = 9980; i < 10000; i++)
    take (&ring, i);
  put (&ring, 1000000);
  g_assert_cmpuint (ring.n_slots, ==, 64);
  g_assert_cmpuint (ring.n_frames, ==, 1);
  g_assert_cmpuint (ring.bytes, ==, 3);
  rw_frame_ring_clear (&ring);
  g_assert_cmpuint (ring.bytes, ==, 0);
}

static void
test_agrees_with_a_plain_array (void)
{
  enum { N = 2000 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  gboolean here[N] = {0};
  RwFrameRing ring = {0};
  guint round;

  for (round = 0; round < 20000; round++) {
    guint64 i = g_rand_int_range (rand, 0, N);
    guint64 to = g_rand_int_range (rand, i, N);
    guint64 first = i, hole = i;

    g_assert_cmpint (rw_frame_ring_has (&ring, i), ==, here[i]);
    if (here[i])
      take (&ring, i);
    else if (round < 10000 || round % 8 == 0)
      put (&ring, i);
    here[i] = rw_frame_ring_has (&ring, i);
    while (first < to && !here[first])
      first++;
    while (hole < to && here[hole])
      hole++;
    g_assert_cmpuint (rw_frame_ring_find (&ring, i, to), ==, first);
    g_assert_cmpuint (rw_frame_ring_find_absent (&ring, i, to), ==, hole);
  }
  rw_frame_ring_clear (&ring);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/frame-ring/" name, func)
  ADD ("empty", test_an_empty_ring_has_nothing);
  ADD ("far", test_a_far_frame_costs_no_room_for_what_left);
  ADD ("plain-array", test_agrees_with_a_plain_array);
  return g_test_run ();
}
