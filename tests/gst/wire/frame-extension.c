/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-frame-extension.h"
#include "test-process.h"
#include "rw-rtp-frame.h"

#include <gst/gst.h>
#include <gst/rtp/rtp.h>
#include <string.h>

/* The bytes of the live lane: exact layout, exact round trips, and no crash
 * on whatever a peer may send. */

static const RwRtpFormat format = {96, RW_FRAME_EXTENSION_ID,
                                   RW_CAPTURE_EXTENSION_ID};

static void
test_frame_layout (void)
{
  static const guint8 expected[] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0x07,
                                    0x03, 0xc0, 0x01, 0x02, 0x03, 0x04,
                                    0x05, 0x06, 0x07, 0x08};
  RwFrame frame = {.index = 0x123456789a,
                   .format = 7,
                   .duration = 960,
                   .running_time_ns = 0x0102030405060708};
  guint8 bytes[RW_FRAME_EXTENSION_SIZE];

  rw_frame_extension_write (&frame, bytes);

  g_assert_cmpmem (bytes, sizeof bytes, expected, sizeof expected);
}

static void
test_frame_round_trip (void)
{
  static const guint64 indices[] = {0, 1, 0xffffffff, 0x100000000,
                                    RW_FRAME_EXTENSION_MAX_INDEX};
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (indices); i++) {
    RwFrame frame = {.index = indices[i],
                     .format = (guint8) (255 - i),
                     .duration = (guint16) (5760 - i),
                     .running_time_ns = G_MAXUINT64 - i};
    RwFrame back = {0};
    guint8 bytes[RW_FRAME_EXTENSION_SIZE];

    rw_frame_extension_write (&frame, bytes);
    g_assert_true (rw_frame_extension_read (&back, bytes, sizeof bytes));
    g_assert_cmpmem (&back, sizeof back, &frame, sizeof frame);
  }
}

static void
test_frame_size_is_checked (void)
{
  guint8 bytes[32] = {0};
  RwFrame frame = {.index = 42};
  gsize size;

  for (size = 0; size < sizeof bytes; size++) {
    if (size != RW_FRAME_EXTENSION_SIZE)
      g_assert_false (rw_frame_extension_read (&frame, bytes, size));
  }
  g_assert_cmpuint (frame.index, ==, 42);
}

static void
test_capture_round_trip (void)
{
  GRand *rand = g_rand_new_with_seed (7);
  /* 1968-01-20 03:14:08 to 2104-02-26 09:42:23 UTC. */
  const double first = -61505152.0, last = 4233462143.0;
  guint i;

  for (i = 0; i < 200000; i++) {
    gint64 time = (gint64) g_rand_double_range (rand, first, last) *
                      G_GINT64_CONSTANT (1000000000) +
                  g_rand_int_range (rand, 0, 1000000000);
    gint64 back = 0;
    guint8 bytes[RW_CAPTURE_EXTENSION_SIZE];

    if (i < 1000)
      time = time / 1000000000 * 1000000000 + 999999000 + i;
    rw_capture_extension_write (time, bytes);
    g_assert_true (rw_capture_extension_read (&back, bytes, sizeof bytes));
    g_assert_cmpint (back, ==, time);
  }
  g_rand_free (rand);
}

static void
test_capture_is_ntp (void)
{
  /* 1970-01-01 is 2208988800 s of NTP; half a second is the top bit. */
  static const guint8 expected[] = {0x83, 0xaa, 0x7e, 0x80, 0x80, 0, 0, 0};
  guint8 bytes[2 * RW_CAPTURE_EXTENSION_SIZE] = {0};
  gint64 time;

  rw_capture_extension_write (500000000, bytes);
  g_assert_cmpmem (bytes, 8, expected, 8);

  /* The extended form, with a clock offset behind. */
  g_assert_true (rw_capture_extension_read (&time, bytes, sizeof bytes));
  g_assert_cmpint (time, ==, 500000000);
  g_assert_false (rw_capture_extension_read (&time, bytes, 7));

  /* The largest fraction rounds up into the next second. */
  memset (bytes + 4, 0xff, 4);
  g_assert_true (rw_capture_extension_read (&time, bytes, 8));
  g_assert_cmpint (time, ==, 1000000000);
}

typedef struct {
  guint count;
  RwFrame frame;
  guint8 data[64];
} Seen;

static void
on_frame (const RwFrame *frame, gpointer user_data)
{
  Seen *seen = user_data;

  seen->count++;
  seen->frame = *frame;
  g_assert_cmpuint (frame->size, >, 0);
  g_assert_nonnull (frame->data);
  memcpy (seen->data, frame->data, MIN (frame->size, sizeof seen->data));
}

static GstBuffer *
make_packet (RwRtpWriter *writer, const RwFrame *frame)
{
  return rw_rtp_writer_packetize (writer, &format, frame);
}

static void
test_packet_round_trip (void)
{
  RwRtpWriter writer = {0xdeadbeef, 0xfffffff0, 0xffff};
  RwFrame frame = {.index = 77,
                   .running_time_ns = 20 * GST_MSECOND,
                   .capture_time_ns = 1700000000123456789,
                   .duration = 960,
                   .format = 3,
                   .flags = RW_FRAME_FLAG_DISCONT,
                   .size = 5,
                   .data = (const guint8 *) "hello"};
  GstBuffer *packet = make_packet (&writer, &frame);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  Seen seen = {0};

  g_assert_true (gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp));
  g_assert_cmpuint (gst_rtp_buffer_get_payload_type (&rtp), ==, 96);
  g_assert_cmpuint (gst_rtp_buffer_get_ssrc (&rtp), ==, 0xdeadbeef);
  g_assert_cmpuint (gst_rtp_buffer_get_seq (&rtp), ==, 0xffff);
  g_assert_cmpuint (gst_rtp_buffer_get_timestamp (&rtp), ==, 960 - 16);
  g_assert_true (gst_rtp_buffer_get_marker (&rtp));
  gst_rtp_buffer_unmap (&rtp);
  g_assert_cmpuint (writer.next_sequence, ==, 0);

  g_assert_true (rw_rtp_frame_read (packet, &format, on_frame, &seen));
  g_assert_cmpuint (seen.count, ==, 1);
  g_assert_cmpuint (seen.frame.index, ==, 77);
  g_assert_cmpuint (seen.frame.running_time_ns, ==, 20 * GST_MSECOND);
  g_assert_cmpint (seen.frame.capture_time_ns, ==, 1700000000123456789);
  g_assert_cmpuint (seen.frame.duration, ==, 960);
  g_assert_cmpuint (seen.frame.format, ==, 3);
  g_assert_cmpuint (seen.frame.flags, ==, RW_FRAME_FLAG_DISCONT);
  g_assert_cmpmem (seen.data, seen.frame.size, "hello", 5);
  gst_buffer_unref (packet);
}

static void
test_packet_without_capture_time (void)
{
  RwRtpWriter writer = {0};
  RwFrame frame = {.capture_time_ns = RW_CAPTURE_TIME_NONE,
                   .size = 1,
                   .data = (const guint8 *) "x"};
  GstBuffer *packet = make_packet (&writer, &frame);
  Seen seen = {0};

  g_assert_true (rw_rtp_frame_read (packet, &format, on_frame, &seen));
  g_assert_cmpint (seen.frame.capture_time_ns, ==, RW_CAPTURE_TIME_NONE);
  gst_buffer_unref (packet);
}

static void
test_other_packets_are_refused (void)
{
  static const RwRtpFormat other_type = {97, RW_FRAME_EXTENSION_ID, 0};
  static const RwRtpFormat other_id = {96, 5, 0};
  static const RwRtpFormat capture_as_frame = {96, RW_CAPTURE_EXTENSION_ID, 0};
  static const RwRtpFormat none = {96, 0, 0};
  RwRtpWriter writer = {0};
  RwFrame frame = {.size = 1, .data = (const guint8 *) "x"};
  GstBuffer *packet = make_packet (&writer, &frame);
  RwFrame empty_frame = {.data = (const guint8 *) ""};
  GstBuffer *empty = make_packet (&writer, &empty_frame);
  Seen seen = {0};

  g_assert_false (rw_rtp_frame_read (packet, &other_type, on_frame, &seen));
  g_assert_false (rw_rtp_frame_read (packet, &other_id, on_frame, &seen));
  g_assert_false (
      rw_rtp_frame_read (packet, &capture_as_frame, on_frame, &seen));
  g_assert_false (rw_rtp_frame_read (packet, &none, on_frame, &seen));
  g_assert_false (rw_rtp_frame_read (empty, &format, on_frame, &seen));
  g_assert_cmpuint (seen.count, ==, 0);
  gst_buffer_unref (packet);
  gst_buffer_unref (empty);
}

/* Every truncation and a hundred thousand corruptions of a good packet. */
static void
test_hostile_packets (void)
{
  RwRtpWriter writer = {0};
  RwFrame frame = {.index = 1, .size = 5, .data = (const guint8 *) "hello"};
  GstBuffer *packet = make_packet (&writer, &frame);
  GRand *rand = g_rand_new_with_seed (11);
  Seen seen = {0};
  guint8 good[256];
  gsize size = gst_buffer_extract (packet, 0, good, sizeof good);
  guint i;

  for (i = 0; i < 100000; i++) {
    gsize n = i <= size ? i : (gsize) g_rand_int_range (rand, 0, size + 1);
    guint8 *bad = g_memdup2 (good, size);
    GstBuffer *buffer;
    guint j;

    for (j = 0; i > size && j < 1 + i % 8; j++)
      bad[g_rand_int_range (rand, 0, size)] = (guint8) g_rand_int (rand);
    buffer = n > 0 ? gst_buffer_new_memdup (bad, n) : gst_buffer_new ();
    rw_rtp_frame_read (buffer, &format, on_frame, &seen);
    gst_buffer_unref (buffer);
    g_free (bad);
  }
  g_assert_cmpuint (seen.count, >, 0);
  g_rand_free (rand);
  gst_buffer_unref (packet);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/frame-extension/frame/layout", test_frame_layout);
  g_test_add_func ("/frame-extension/frame/round-trip", test_frame_round_trip);
  g_test_add_func ("/frame-extension/frame/size-is-checked",
                   test_frame_size_is_checked);
  g_test_add_func ("/frame-extension/capture/round-trips-to-the-ns",
                   test_capture_round_trip);
  g_test_add_func ("/frame-extension/capture/is-ntp-time", test_capture_is_ntp);
  g_test_add_func ("/frame-extension/packet/round-trip",
                   test_packet_round_trip);
  g_test_add_func ("/frame-extension/packet/without-capture-time",
                   test_packet_without_capture_time);
  g_test_add_func ("/frame-extension/packet/others-are-refused",
                   test_other_packets_are_refused);
  g_test_add_func ("/frame-extension/packet/hostile-bytes",
                   test_hostile_packets);
  return test_process_run_tests ();
}
