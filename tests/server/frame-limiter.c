/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-frame-limiter.h"

#include <string.h>

#define FIN  0x80
#define TEXT 0x1
#define MORE 0x0
#define PING 0x9

/* A masked frame as a client sends it; the payload is zeros. */
static void
append_frame (GByteArray *to, guint8 first, guint64 size)
{
  guint8 header[14] = {first};
  guint len = 2;

  if (size < 126) {
    header[1] = 0x80 | size;
  } else if (size < 65536) {
    header[1] = 0x80 | 126;
    header[2] = size >> 8;
    header[3] = size & 0xff;
    len = 4;
  } else {
    header[1] = 0x80 | 127;
    for (guint i = 0; i < 8; i++)
      header[2 + i] = size >> (56 - 8 * i) & 0xff;
    len = 10;
  }
  g_byte_array_append (to, header, len + 4);
  if (size <= 100000) {
    guint at = to->len;

    g_byte_array_set_size (to, at + size);
    memset (to->data + at, 0, size);
  }
}

/* However the bytes are cut, the outcome must be the same. */
static void
expect_passed (const GByteArray *bytes, gsize wanted, gboolean trips)
{
  for (gsize piece = 1; piece <= bytes->len; piece = piece * 3 + 1) {
    RwFrameLimiter guard;
    gsize passed = 0;

    rw_frame_limiter_init (&guard, 1000, 3);
    for (gsize at = 0; at < bytes->len; at += piece) {
      gsize len = MIN (piece, bytes->len - at);

      passed += rw_frame_limiter_pass (&guard, bytes->data + at, len);
    }
    g_assert_cmpint (guard.tripped, ==, trips);
    if (!trips)
      g_assert_cmpuint (passed, ==, bytes->len);
    else
      /* Of the offending frame's header, pieces may have gone through. */
      g_assert_true (passed >= wanted && passed < wanted + 14);
  }
}

static void
test_messages_up_to_the_limit_pass (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < 5; i++) {
    append_frame (bytes, FIN | TEXT, i * 250);
    append_frame (bytes, TEXT, 400);
    append_frame (bytes, MORE, 0);
    append_frame (bytes, FIN | MORE, 600);
  }
  expect_passed (bytes, bytes->len, FALSE);
}

static void
test_one_byte_too_many_trips (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gsize good;

  append_frame (bytes, FIN | TEXT, 1000);
  good = bytes->len;
  append_frame (bytes, FIN | TEXT, 1001);
  append_frame (bytes, FIN | TEXT, 1);
  expect_passed (bytes, good, TRUE);
}

static void
test_endless_fragments_trip (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gsize good;

  append_frame (bytes, TEXT, 100);
  append_frame (bytes, FIN | PING, 100);
  for (guint i = 0; i < 9; i++)
    append_frame (bytes, MORE, 100);
  good = bytes->len;
  append_frame (bytes, MORE, 1);
  expect_passed (bytes, good, TRUE);
}

static void
test_absurd_lengths_do_not_overflow (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gsize good;

  append_frame (bytes, TEXT, 999);
  good = bytes->len;
  append_frame (bytes, MORE, G_MAXUINT64);
  expect_passed (bytes, good, TRUE);
}

static void
test_floods_of_pings_trip_unless_refilled (void)
{
  g_autoptr (GByteArray) ping = g_byte_array_new ();
  RwFrameLimiter guard;

  append_frame (ping, FIN | PING, 10);
  rw_frame_limiter_init (&guard, 1000, 3);
  for (guint i = 0; i < 30; i++) {
    if (i % 3 == 0)
      rw_frame_limiter_refill (&guard);
    g_assert_cmpuint (rw_frame_limiter_pass (&guard, ping->data, ping->len), ==,
                      ping->len);
  }
  g_assert_cmpuint (rw_frame_limiter_pass (&guard, ping->data, ping->len), ==,
                    0);
  g_assert_true (guard.tripped);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/frame-guard/messages-up-to-the-limit-pass",
                   test_messages_up_to_the_limit_pass);
  g_test_add_func ("/frame-guard/one-byte-too-many-trips",
                   test_one_byte_too_many_trips);
  g_test_add_func ("/frame-guard/endless-fragments-trip",
                   test_endless_fragments_trip);
  g_test_add_func ("/frame-guard/absurd-lengths-do-not-overflow",
                   test_absurd_lengths_do_not_overflow);
  g_test_add_func ("/frame-guard/floods-of-pings-trip-unless-refilled",
                   test_floods_of_pings_trip_unless_refilled);

  return g_test_run ();
}
