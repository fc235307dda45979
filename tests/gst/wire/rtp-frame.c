/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rtp-frame.h"

#include <gst/rtp/rtp.h>

#include <string.h>

#include "rw-frame-extension.h"
#include "rw-red.h"
#include "rw-rtp-numbers.h"

/* RTP timestamps: what a browser's jitter buffer takes for audio that is
 * missing is a timestamp that does not meet the one before. */

#define FRAME 960 /* samples: 20 ms */

static guint32
write_frame (RwRtpWriter *writer, guint64 index, guint64 running_time_ns)
{
  static const RwRtpFormat format = {.payload_type = 96};
  guint8 payload[] = {1, 2, 3};
  RwFrame frame = {.index = index,
                   .running_time_ns = running_time_ns,
                   .capture_time_ns = RW_CAPTURE_TIME_NONE,
                   .duration = FRAME,
                   .size = sizeof payload,
                   .data = payload};
  GstBuffer *packet = rw_rtp_writer_packetize (writer, &format, &frame);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  guint32 timestamp;

  g_assert_true (gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp));
  timestamp = gst_rtp_buffer_get_timestamp (&rtp);
  gst_rtp_buffer_unmap (&rtp);
  gst_buffer_unref (packet);
  return timestamp;
}

/* Off by a sample, by 0.4 ms, by 5 ms: 1,000 timestamps without a break. */
static void
test_inexact_times_give_contiguous_timestamps (void)
{
  static const gint errors_ns[] = {0, 20833, 400000, 5000000};

  for (guint i = 0; i < G_N_ELEMENTS (errors_ns); i++) {
    RwRtpWriter writer = {.timestamp_base = 0xfffff000u};
    g_autoptr (GRand) rand = g_rand_new_with_seed (1);
    guint32 last = 0;

    for (guint64 n = 0; n < 1000; n++) {
      gint64 error_ns =
          errors_ns[i] ? g_rand_int_range (rand, -errors_ns[i], errors_ns[i])
                       : 0;
      guint32 timestamp = write_frame (
          &writer, n,
          (guint64) ((gint64) (n + 1) * 20 * (gint64) GST_MSECOND + error_ns));

      if (n > 0)
        g_assert_cmpuint (timestamp - last, ==, FRAME);
      last = timestamp;
    }
  }
}

/* A clock that is 300 ppm off: rare steps, and never far from the time. */
static void
test_drift_is_corrected_in_whole_steps (void)
{
  RwRtpWriter writer = {0};
  guint32 last = 0;
  guint n_breaks = 0;

  for (guint64 n = 0; n < 60 * 60 * 50; n++) {
    guint64 time_ns = n * (20 * GST_MSECOND + 6000);
    guint32 timestamp = write_frame (&writer, n, time_ns);
    guint32 exact =
        (guint32) gst_util_uint64_scale_round (time_ns, 48000, GST_SECOND);

    n_breaks += n > 0 && timestamp - last != FRAME;
    g_assert_cmpint (ABS ((gint32) (timestamp - exact)), <, 48 * 30);
    last = timestamp;
  }
  g_assert_cmpuint (n_breaks, <=, 36);
  g_assert_cmpuint (n_breaks, >=, 30);
}

static void
test_a_hole_is_one_jump (void)
{
  RwRtpWriter writer = {0};
  guint32 last = write_frame (&writer, 0, 0);

  g_assert_cmpuint (write_frame (&writer, 1, GST_SECOND) - last, ==, 48000);
  g_assert_cmpuint (write_frame (&writer, 2, 1020 * GST_MSECOND) - last, ==,
                    48000 + FRAME);
}

/* Packets dropped by the queue before the network were audio, too. */
static void
test_a_frame_that_was_not_sent_leaves_its_time (void)
{
  RwRtpWriter writer = {0};
  guint32 last = write_frame (&writer, 0, 0);

  g_assert_cmpuint (write_frame (&writer, 2, 40 * GST_MSECOND) - last, ==,
                    2 * FRAME);
}

/* RFC 8285: a peer that has long or empty extensions beside ours. */
static void
add_two_byte_extension (GstBuffer *packet, const RwFrame *frame)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  guint8 bytes[RW_FRAME_EXTENSION_SIZE];
  guint8 other[40] = {0};

  rw_frame_extension_write (frame, bytes);
  g_assert_true (gst_rtp_buffer_map (packet, GST_MAP_READWRITE, &rtp));
  g_assert_true (gst_rtp_buffer_add_extension_twobytes_header (
      &rtp, 0, 20, other, sizeof other));
  g_assert_true (gst_rtp_buffer_add_extension_twobytes_header (
      &rtp, 0, 1, bytes, sizeof bytes));
  gst_rtp_buffer_unmap (&rtp);
}

static void
on_read (const RwFrame *frame, gpointer user_data)
{
  *(guint64 *) user_data = frame->index;
}

static void
test_two_byte_headers_are_read (void)
{
  static const RwRtpFormat bare = {.payload_type = 96};
  static const RwRtpFormat format = {.payload_type = 96, .frame_id = 1};
  guint8 payload[] = {0x48, 2, 3};
  RwRtpWriter writer = {0};
  RwFrame frame = {.index = 77,
                   .capture_time_ns = RW_CAPTURE_TIME_NONE,
                   .duration = FRAME,
                   .size = sizeof payload,
                   .data = payload};
  g_autoptr (GstBuffer) packet =
      rw_rtp_writer_packetize (&writer, &bare, &frame);
  guint64 index = 0;

  add_two_byte_extension (packet, &frame);
  g_assert_true (rw_rtp_frame_read (packet, &format, on_read, &index));
  g_assert_cmpuint (index, ==, 77);
}

/* ---- Redundant audio data ---- */

static const RwRtpFormat red_format = {.payload_type = 111, .red_type = 63};

static GstBuffer *
make_red (guint16 sequence, const guint8 *payload, guint size)
{
  GstBuffer *packet = gst_rtp_buffer_new_allocate (size, 0, 0);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

  gst_rtp_buffer_map (packet, GST_MAP_READWRITE, &rtp);
  gst_rtp_buffer_set_payload_type (&rtp, 63);
  gst_rtp_buffer_set_seq (&rtp, sequence);
  gst_rtp_buffer_set_timestamp (&rtp, sequence * FRAME);
  gst_rtp_buffer_set_ssrc (&rtp, 5);
  memcpy (gst_rtp_buffer_get_payload (&rtp), payload, size);
  gst_rtp_buffer_unmap (&rtp);
  return packet;
}

static void
on_unwrapped (GstBuffer *packet, gpointer user_data)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  GString *log = user_data;

  g_assert_true (gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp));
  g_assert_cmpuint (gst_rtp_buffer_get_payload_type (&rtp), ==, 111);
  g_assert_cmpuint (gst_rtp_buffer_get_timestamp (&rtp), ==,
                    gst_rtp_buffer_get_seq (&rtp) * FRAME);
  g_string_append_printf (log, "%u:%u ", gst_rtp_buffer_get_seq (&rtp),
                          *(guint8 *) gst_rtp_buffer_get_payload (&rtp));
  gst_rtp_buffer_unmap (&rtp);
  gst_buffer_unref (packet);
}

/* Each packet repeats the one before: its number is its only byte. */
static void
unwrap_number (RwRed *red, guint16 sequence, GString *log)
{
  guint8 payload[] = {0x80 | 111,
                      FRAME >> 6,
                      (FRAME << 2) & 0xff,
                      1,
                      111,
                      (guint8) (sequence - 1),
                      (guint8) sequence};
  g_autoptr (GstBuffer) packet = make_red (sequence, payload, sizeof payload);

  rw_red_unwrap (red, packet, &red_format, on_unwrapped, log);
}

static void
test_red_fills_what_is_missing (void)
{
  g_autoptr (GString) log = g_string_new (NULL);
  RwRed red = {0};

  unwrap_number (&red, 10, log);
  unwrap_number (&red, 11, log);
  unwrap_number (&red, 13, log); /* 12 is lost */
  unwrap_number (&red, 14, log);
  unwrap_number (&red, 17, log); /* 15 and 16 are */
  unwrap_number (&red, 16, log); /* this one only came late */
  g_assert_cmpstr (log->str, ==,
                   "10:10 11:11 12:12 13:13 14:14 16:16 17:17 "
                   "16:16 ");
}

static void
test_malformed_red_is_dropped (void)
{
  g_autoptr (GString) log = g_string_new (NULL);
  RwRed red = {0};

  static const guint8 only_header[] = {0x80 | 111, 0, 0, 1};
  static const guint8 too_long[] = {0x80 | 111, 0, 3, 255, 111, 1};
  g_autoptr (GstBuffer) first = make_red (1, only_header, sizeof only_header);
  g_autoptr (GstBuffer) second = make_red (2, too_long, sizeof too_long);

  rw_red_unwrap (&red, first, &red_format, on_unwrapped, log);
  rw_red_unwrap (&red, second, &red_format, on_unwrapped, log);
  g_assert_cmpstr (log->str, ==, "");
}

static gboolean
matches (RwRtpNumbers *numbers, guint8 payload_type, guint8 frame_id)
{
  RwRtpFormat sent = {.payload_type = payload_type, .frame_id = frame_id};
  RwRtpFormat read = {0};
  RwRtpWriter writer = {0};
  guint8 payload[] = {1};
  RwFrame frame = {.capture_time_ns = RW_CAPTURE_TIME_NONE,
                   .duration = FRAME,
                   .size = sizeof payload,
                   .data = payload};
  g_autoptr (GstBuffer) packet =
      rw_rtp_writer_packetize (&writer, &sent, &frame);

  if (!rw_rtp_numbers_match (numbers, packet, &read))
    return FALSE;
  g_assert_cmpuint (read.payload_type, ==, payload_type);
  g_assert_cmpuint (read.frame_id, ==, frame_id);
  return TRUE;
}

/* The other peer uses them when it has our answer. */
static void
check_numbers (const RwRtpFormat *former, const RwRtpFormat *format)
{
  RwRtpNumbers numbers = {0};

  g_assert_false (matches (&numbers, former->payload_type, former->frame_id));
  rw_rtp_numbers_set (&numbers, former);
  g_assert_true (matches (&numbers, former->payload_type, former->frame_id));
  rw_rtp_numbers_set (&numbers, format);
  g_assert_true (matches (&numbers, former->payload_type, former->frame_id));
  g_assert_true (matches (&numbers, format->payload_type, format->frame_id));
  g_assert_false (numbers.has_former);
  if (former->payload_type != format->payload_type)
    g_assert_false (matches (&numbers, former->payload_type, former->frame_id));
}

static void
test_former_numbers_hold_until_the_others_come (void)
{
  check_numbers (&(RwRtpFormat){.payload_type = 96},
                 &(RwRtpFormat){.payload_type = 100});
  check_numbers (&(RwRtpFormat){.payload_type = 96, .frame_id = 1},
                 &(RwRtpFormat){.payload_type = 100, .frame_id = 2});
  check_numbers (&(RwRtpFormat){.payload_type = 96, .frame_id = 1},
                 &(RwRtpFormat){.payload_type = 96, .frame_id = 2});
}

static void
test_payload_type_is_rewritten (void)
{
  guint8 header[] = {0x80, 0x80 | 109, 0, 1};
  guint8 wanted[] = {0x80, 0x80 | 97, 0, 1};
  g_autoptr (GstBuffer) packet = gst_buffer_new_memdup (header, sizeof header);

  packet = rw_rtp_numbers_rewrite (packet, 97);
  g_assert_cmpint (gst_buffer_memcmp (packet, 0, wanted, sizeof wanted), ==, 0);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtp-frame/inexact-times",
                   test_inexact_times_give_contiguous_timestamps);
  g_test_add_func ("/rtp-frame/drift", test_drift_is_corrected_in_whole_steps);
  g_test_add_func ("/rtp-frame/hole", test_a_hole_is_one_jump);
  g_test_add_func ("/rtp-frame/not-sent",
                   test_a_frame_that_was_not_sent_leaves_its_time);
  g_test_add_func ("/rtp-frame/former-numbers-hold-until-the-others-come",
                   test_former_numbers_hold_until_the_others_come);
  g_test_add_func ("/rtp-frame/payload-type-is-rewritten",
                   test_payload_type_is_rewritten);
  g_test_add_func ("/gst/rtp-frame/two-byte-headers-are-read",
                   test_two_byte_headers_are_read);
  g_test_add_func ("/gst/rtp-frame/red-fills-what-is-missing",
                   test_red_fills_what_is_missing);
  g_test_add_func ("/gst/rtp-frame/malformed-red-is-dropped",
                   test_malformed_red_is_dropped);
  return g_test_run ();
}
