/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-opus-packet.h"

static guint
duration (guint8 toc, gint second)
{
  guint8 data[2] = {toc, (guint8) second};

  return rw_opus_packet_duration (data, second < 0 ? 1 : 2);
}

static void
test_every_configuration_has_its_frame_size (void)
{
  /* RFC 6716, table 2: the frame sizes of the 32 configurations, in tenths of
   * a millisecond. */
  static const guint tenths[32] = {100, 200, 400, 600, 100, 200, 400, 600,
                                   100, 200, 400, 600, 100, 200, 100, 200,
                                   25,  50,  100, 200, 25,  50,  100, 200,
                                   25,  50,  100, 200, 25,  50,  100, 200};
  guint config;

  for (config = 0; config < 32; config++)
    g_assert_cmpuint (duration (config << 3, -1), ==, tenths[config] * 48 / 10);
}

static void
test_counts_frames (void)
{
  g_assert_cmpuint (duration (3 << 3 | 1, -1), ==, 5760);
  g_assert_cmpuint (duration (3 << 3 | 2, -1), ==, 5760);
  g_assert_cmpuint (duration (31 << 3 | 3, 6), ==, 5760);
  g_assert_cmpuint (duration (16 << 3 | 3, 48 | 0x80), ==, 5760);
}

static void
test_garbage_has_no_duration (void)
{
  guint8 byte = 3;

  g_assert_cmpuint (rw_opus_packet_duration (NULL, 0), ==, 0);
  g_assert_cmpuint (rw_opus_packet_duration (&byte, 0), ==, 0);
  g_assert_cmpuint (duration (3, -1), ==, 0);
  g_assert_cmpuint (duration (3, 0), ==, 0);
  g_assert_cmpuint (duration (31 << 3 | 3, 7), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/opus-packet/configurations",
                   test_every_configuration_has_its_frame_size);
  g_test_add_func ("/opus-packet/counts-frames", test_counts_frames);
  g_test_add_func ("/opus-packet/garbage", test_garbage_has_no_duration);
  return g_test_run ();
}
