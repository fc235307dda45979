/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-app-packet.h"

#include <string.h>

static guint8 message[65536];

static RwAppPacket
read_back (const RwAppPacket *packet, gsize expected_size)
{
  static guint8 bytes[RW_APP_MAX_SIZE];
  RwAppPacket read;
  gsize size;

  memset (bytes, 0xee, sizeof bytes);
  size = rw_app_packet_write (packet, bytes);
  g_assert_cmpuint (size, ==, expected_size);
  g_assert_cmpuint (size % 4, ==, 0);
  g_assert_true (rw_app_packet_read (&read, bytes, size));
  return read;
}

static void
test_has_the_documented_layout (void)
{
  static const guint8 expected[] = {
      0x80, 0xcc, 0x00, 0x05, 0x01, 0x02, 0x03, 0x04, 'R', 'W', 'M', '1',
      0x12, 0x34, 0x00, 0x01, 0x00, 0x05, 'h',  'e',  'l', 'l', 'o', 0,
  };
  RwAppPacket packet =
      rw_app_take_part (0x01020304, 0x1234, (const guint8 *) "hello", 5, 0);
  guint8 bytes[RW_APP_MAX_SIZE];

  g_assert_cmpmem (bytes, rw_app_packet_write (&packet, bytes), expected,
                   sizeof expected);
}

static void
test_every_size_survives (void)
{
  gsize size;

  for (size = 1; size <= RW_APP_PART_SIZE; size++) {
    RwAppPacket packet = rw_app_take_part (7, 65535, message, size, 0);
    RwAppPacket read = read_back (&packet, (18 + size + 3) / 4 * 4);

    g_assert_cmpint (read.kind, ==, RW_APP_PART);
    g_assert_cmpuint (read.ssrc, ==, 7);
    g_assert_cmpuint (read.number, ==, 65535);
    g_assert_cmpmem (read.data, read.size, message, size);
  }
}

static void
test_a_close_has_no_data (void)
{
  RwAppPacket packet = {.kind = RW_APP_CLOSE, .ssrc = 9};
  RwAppPacket read = read_back (&packet, 12);

  g_assert_cmpint (read.kind, ==, RW_APP_CLOSE);
  g_assert_cmpuint (read.ssrc, ==, 9);
}

static void
test_splits_by_size (void)
{
  static const struct {
    gsize size;
    guint n_parts;
  } rows[] = {{0, 0},    {1, 1},    {1100, 1},
              {1101, 2}, {2200, 2}, {65536, RW_APP_MAX_PARTS},
              {65537, 0}};
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    gsize sum = 0;

    g_assert_cmpuint (rw_app_count_parts (rows[i].size), ==, rows[i].n_parts);
    for (j = 0; j < rows[i].n_parts; j++) {
      RwAppPacket part = rw_app_take_part (1, 2, message, rows[i].size, j);

      g_assert_true (part.data == message + sum);
      sum += part.size;
    }
    g_assert_true (rows[i].n_parts == 0 || sum == rows[i].size);
  }
}

typedef struct {
  guint offset;
  guint8 value;
} Change;

static void
test_refuses_what_is_malformed (void)
{
  static const Change changes[] = {
      {0, 0x40},  /* version 1 */
      {0, 0xa0},  /* padded */
      {0, 0x82},  /* an unknown subtype */
      {0, 0x81},  /* a CLOSE with data */
      {1, 200},   /* a sender report */
      {3, 4},     /* shorter than the packet */
      {3, 6},     /* longer */
      {8, 'X'},   /* another application's */
      {14, 1},    /* the second of one part */
      {14, 255},  /* absurdly late */
      {15, 0},    /* no parts */
      {15, 2},    /* the first of two, and not full */
      {15, 61},   /* too many parts */
      {15, 255},  /* far too many */
      {16, 0xff}, /* longer than the packet */
      {17, 0},    /* empty */
      {17, 7},    /* longer than the packet */
      {17, 2},    /* shorter, by a word */
  };
  RwAppPacket packet = rw_app_take_part (1, 2, message, 5, 0);
  guint8 bytes[RW_APP_MAX_SIZE];
  gsize size = rw_app_packet_write (&packet, bytes);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (changes); i++) {
    guint8 before = bytes[changes[i].offset];

    bytes[changes[i].offset] = changes[i].value;
    g_assert_false (rw_app_packet_read (&packet, bytes, size));
    bytes[changes[i].offset] = before;
  }
  for (i = 0; i < size; i++)
    g_assert_false (rw_app_packet_read (&packet, bytes, i));
  g_assert_true (rw_app_packet_read (&packet, bytes, size));
}

static void
test_refuses_more_than_the_largest_message (void)
{
  static guint8 longer[sizeof message + 1];
  RwAppPacket packet =
      rw_app_take_part (1, 2, longer, sizeof message, RW_APP_MAX_PARTS - 1);
  guint8 bytes[RW_APP_MAX_SIZE + 4];
  gsize size;

  packet.size++;
  size = rw_app_packet_write (&packet, bytes);
  g_assert_false (rw_app_packet_read (&packet, bytes, size));
}

static void
test_knows_its_own (void)
{
  RwAppPacket packet = rw_app_take_part (1, 2, message, 5, 0);
  guint8 bytes[RW_APP_MAX_SIZE];
  gsize size = rw_app_packet_write (&packet, bytes);

  g_assert_true (rw_app_packet_is_ours (bytes, size));
  bytes[17] = 99; /* invalid, and nobody else's */
  g_assert_true (rw_app_packet_is_ours (bytes, size));
  bytes[8] = 'X';
  g_assert_false (rw_app_packet_is_ours (bytes, size));
  g_assert_false (rw_app_packet_is_ours (bytes, 11));
  g_assert_false (rw_app_packet_is_ours (NULL, 0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app-packet/has-the-documented-layout",
                   test_has_the_documented_layout);
  g_test_add_func ("/app-packet/every-size-survives", test_every_size_survives);
  g_test_add_func ("/app-packet/a-close-has-no-data", test_a_close_has_no_data);
  g_test_add_func ("/app-packet/splits-by-size", test_splits_by_size);
  g_test_add_func ("/app-packet/refuses-what-is-malformed",
                   test_refuses_what_is_malformed);
  g_test_add_func ("/app-packet/refuses-more-than-the-largest-message",
                   test_refuses_more_than_the_largest_message);
  g_test_add_func ("/app-packet/knows-its-own", test_knows_its_own);
  return g_test_run ();
}
