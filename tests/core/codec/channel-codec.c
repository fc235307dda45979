/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-channel-codec.h"

#include <string.h>

static guint8 payload[RW_FRAME_MAX_SIZE];

static guint64
random_index (GRand *rand)
{
  return ((guint64) g_rand_int (rand) << 32 | g_rand_int (rand)) >>
         g_rand_int_range (rand, 3, 64);
}

static gboolean
coin (GRand *rand)
{
  return g_rand_boolean (rand);
}

static void
random_report (GRand *rand, RwReport *report)
{
  guint64 end = random_index (rand) / 2;
  guint i;

  report->next = end;
  report->credit = g_rand_int (rand);
  report->n_ranges = g_rand_int_range (rand, 0, RW_MESSAGE_MAX_RANGES + 1);
  for (i = 0; i < report->n_ranges; i++) {
    report->ranges[i].from = end + g_rand_int_range (rand, 0, 1000);
    end = report->ranges[i].to =
        report->ranges[i].from + g_rand_int_range (rand, 1, 100000);
  }
  report->known_to = end + g_rand_int_range (rand, 0, 10);
}

static void
random_status (GRand *rand, RwStatus *status)
{
  status->head = random_index (rand);
  status->tail = status->head / 2;
  status->live_from = coin (rand) ? RW_INDEX_NONE : status->head / 3;
  status->expect_to = status->head - status->head / 5;
  status->n_formats = g_rand_int_range (rand, 0, 256);
  status->ended = coin (rand);
  status->not_receiving = coin (rand);
}

static void
random_frames (GRand *rand, RwFrames *frames)
{
  guint64 index = random_index (rand);
  guint64 running = random_index (rand);
  guint i;

  frames->n_frames = g_rand_int_range (rand, 1, RW_MESSAGE_MAX_FRAMES + 1);
  for (i = 0; i < frames->n_frames; i++) {
    gboolean jump = g_rand_int_range (rand, 0, 8) == 0;

    index += g_rand_int_range (rand, 1, jump ? 100000 : 3);
    running += jump ? random_index (rand) : 20000000;
    frames->frames[i] = (RwFrame){
        .index = index,
        .running_time_ns = running,
        .capture_time_ns = g_rand_int_range (rand, 0, 5) == 0
                               ? RW_CAPTURE_TIME_NONE
                               : (gint64) (running + g_rand_int (rand) * 7),
        .duration = g_rand_int (rand),
        .format = g_rand_int (rand),
        .flags = g_rand_int (rand),
        .size = g_rand_int_range (rand, 0, 900),
        .data = payload + g_rand_int_range (rand, 0, 1000),
    };
  }
}

static void
random_message (GRand *rand, RwMessageType type, RwMessage *message)
{
  memset (message, 0, sizeof *message);
  message->type = type;
  message->generation = g_rand_int (rand);
  message->seq = g_rand_int (rand);
  message->sent_us = g_rand_int (rand);
  message->has_echo = coin (rand);
  if (message->has_echo) {
    message->echo_us = g_rand_int (rand);
    message->echo_hold_us = g_rand_int (rand);
  }
  if (type == RW_MESSAGE_HELLO) {
    memset (message->hello.consumer_id, 'i',
            g_rand_int_range (rand, 1, RW_CONSUMER_ID_MAX + 1));
    message->hello.stream_id[3] = g_rand_int (rand);
    message->hello.start = coin (rand);
    random_report (rand, &message->hello.report);
  } else if (type == RW_MESSAGE_WELCOME) {
    message->welcome.stream_id[15] = g_rand_int (rand);
    message->welcome.start = random_index (rand);
    message->welcome.beat_ms = g_rand_int (rand);
    random_status (rand, &message->welcome.status);
  } else if (type == RW_MESSAGE_FORMAT) {
    message->format = (RwFormat){7, 9, "caps=ü!x"};
  } else if (type == RW_MESSAGE_FRAMES) {
    random_frames (rand, &message->frames);
  } else if (type == RW_MESSAGE_BEAT) {
    random_status (rand, &message->beat.status);
  } else if (type == RW_MESSAGE_ACK) {
    random_report (rand, &message->ack.report);
    message->ack.lost = random_index (rand);
    message->ack.n_formats = g_rand_int (rand);
    message->ack.not_receiving = coin (rand);
    message->ack.finished = coin (rand);
  } else {
    message->bye =
        (RwBye){g_rand_int_range (rand, 0, 4), random_index (rand), 4, "done"};
  }
}

/* Encoding what was decoded must give the same bytes: together with the
 * fields checked one by one elsewhere this means that nothing is lost. */
static void
test_every_message_survives (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  g_autofree guint8 *bytes = g_malloc (RW_CHANNEL_MAX_SIZE);
  g_autofree guint8 *again = g_malloc (RW_CHANNEL_MAX_SIZE);
  g_autofree RwMessage *message = g_new0 (RwMessage, 1);
  g_autofree RwMessage *decoded = g_new0 (RwMessage, 1);
  guint i;

  for (i = 0; i < 7 * 300; i++) {
    g_autoptr (GError) error = NULL;
    gsize size, size_again;

    random_message (rand, 1 + i % 7, message);
    size = rw_channel_encode (message, bytes, RW_CHANNEL_MAX_SIZE);
    g_assert_cmpuint (size, >, 0);
    g_assert_true (rw_channel_decode (bytes, size, decoded, &error));
    g_assert_no_error (error);
    g_assert_cmpint (decoded->type, ==, message->type);
    g_assert_cmpuint (decoded->generation, ==, message->generation);
    size_again = rw_channel_encode (decoded, again, RW_CHANNEL_MAX_SIZE);
    g_assert_cmpmem (again, size_again, bytes, size);
  }
}

static void
test_frames_come_out_as_they_went_in (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  g_autofree guint8 *bytes = g_malloc (RW_CHANNEL_MAX_SIZE);
  g_autofree RwMessage *message = g_new0 (RwMessage, 1);
  g_autofree RwMessage *decoded = g_new0 (RwMessage, 1);
  guint i, j;

  for (j = 0; j < 300; j++) {
    gsize size;

    random_message (rand, RW_MESSAGE_FRAMES, message);
    size = rw_channel_encode (message, bytes, RW_CHANNEL_MAX_SIZE);
    g_assert_true (rw_channel_decode (bytes, size, decoded, NULL));
    g_assert_cmpuint (decoded->frames.n_frames, ==, message->frames.n_frames);
    for (i = 0; i < message->frames.n_frames; i++) {
      const RwFrame *in = &message->frames.frames[i];
      const RwFrame *out = &decoded->frames.frames[i];

      g_assert_cmpuint (out->index, ==, in->index);
      g_assert_cmpuint (out->running_time_ns, ==, in->running_time_ns);
      g_assert_cmpint (out->capture_time_ns, ==, in->capture_time_ns);
      g_assert_cmpuint (out->duration, ==, in->duration);
      g_assert_cmpuint (out->format, ==, in->format);
      g_assert_cmpuint (out->flags, ==, in->flags);
      g_assert_cmpmem (out->data, out->size, in->data, in->size);
    }
  }
}

static void
test_the_largest_frame_fits (void)
{
  g_autofree guint8 *bytes = g_malloc (RW_CHANNEL_MAX_SIZE);
  g_autofree RwMessage *message = g_new0 (RwMessage, 1);

  message->type = RW_MESSAGE_FRAMES;
  message->frames.n_frames = 1;
  message->frames.frames[0] =
      (RwFrame){.size = RW_FRAME_MAX_SIZE, .data = payload};
  g_assert_cmpuint (rw_channel_encode (message, bytes, RW_CHANNEL_MAX_SIZE), >,
                    RW_FRAME_MAX_SIZE);
  g_assert_cmpuint (rw_channel_encode (message, bytes, 1000), ==, 0);
}

static void
test_a_cut_message_is_refused (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  g_autofree guint8 *bytes = g_malloc (RW_CHANNEL_MAX_SIZE);
  g_autofree RwMessage *message = g_new0 (RwMessage, 1);
  g_autofree RwMessage *decoded = g_new0 (RwMessage, 1);
  gsize size, cut;
  guint type;

  for (type = 1; type <= 7; type++) {
    random_message (rand, type, message);
    size = rw_channel_encode (message, bytes, RW_CHANNEL_MAX_SIZE);
    for (cut = 0; cut < size; cut++) {
      /* An own allocation, so that a sanitizer sees one byte too many. */
      g_autofree guint8 *part = g_memdup2 (bytes, cut);
      g_autoptr (GError) error = NULL;

      g_assert_false (rw_channel_decode (part, cut, decoded, &error));
      g_assert_nonnull (error);
    }
    bytes[size] = 0;
    g_assert_false (rw_channel_decode (bytes, size + 1, decoded, NULL));
  }
}

static void
test_another_version_is_named (void)
{
  static const guint8 bytes[] = {9, 1, 0};
  g_autoptr (GError) error = NULL;
  g_autofree RwMessage *decoded = g_new0 (RwMessage, 1);

  g_assert_false (rw_channel_decode (bytes, 3, decoded, &error));
  g_assert_error (error, RW_CHANNEL_ERROR, RW_CHANNEL_ERROR_VERSION);
}

/* Any change on the way: no crash, and an accepted message is sound. */
static void
test_garbled_messages_do_no_harm (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (6);
  g_autofree guint8 *bytes = g_malloc (RW_CHANNEL_MAX_SIZE);
  g_autofree guint8 *again = g_malloc (RW_CHANNEL_MAX_SIZE);
  g_autofree RwMessage *message = g_new0 (RwMessage, 1);
  g_autofree RwMessage *decoded = g_new0 (RwMessage, 1);
  guint i, j;

  for (i = 0; i < 20000; i++) {
    gsize size;

    random_message (rand, 1 + i % 7, message);
    size = rw_channel_encode (message, bytes, RW_CHANNEL_MAX_SIZE);
    for (j = 0; j < 3; j++)
      bytes[g_rand_int_range (rand, 1, size)] = g_rand_int (rand);
    if (!rw_channel_decode (bytes, size, decoded, NULL))
      continue;
    g_assert_cmpuint (rw_channel_encode (decoded, again, RW_CHANNEL_MAX_SIZE),
                      >, 0);
  }
}

static void
assert_refused (RwMessage *message)
{
  g_autofree guint8 *bytes = g_malloc (RW_CHANNEL_MAX_SIZE);
  g_autofree RwMessage *decoded = g_new0 (RwMessage, 1);
  gsize size = rw_channel_encode (message, bytes, RW_CHANNEL_MAX_SIZE);
  g_autoptr (GError) error = NULL;

  g_assert_false (rw_channel_decode (bytes, size, decoded, &error));
  g_assert_error (error, RW_CHANNEL_ERROR, RW_CHANNEL_ERROR_INVALID);
}

static void
test_contradictions_are_refused (void)
{
  g_autofree RwMessage *message = g_new0 (RwMessage, 1);

  message->type = RW_MESSAGE_BEAT;
  message->beat.status = (RwStatus){.head = 5, .tail = 6};
  assert_refused (message);
  message->beat.status = (RwStatus){.head = 5, .expect_to = 6};
  assert_refused (message);
  message->beat.status = (RwStatus){.head = G_MAXUINT64 / 2};
  assert_refused (message);

  message->type = RW_MESSAGE_HELLO;
  message->hello.consumer_id[0] = '\0';
  assert_refused (message);
  strcpy (message->hello.consumer_id, "\xff\xfe");
  assert_refused (message);

  memset (message, 0, sizeof *message);
  message->type = RW_MESSAGE_FRAMES;
  assert_refused (message);
  message->frames.n_frames = 2;
  message->frames.frames[0].index = message->frames.frames[1].index = 3;
  assert_refused (message);
  message->frames.n_frames = 1;
  message->frames.frames[0].size = 65535;
  message->frames.frames[0].data = payload;
  message->frames.frames[0].size = RW_FRAME_MAX_SIZE;
  message->frames.frames[0].index = G_MAXUINT64;
  assert_refused (message);
}

int
main (int argc, char **argv)
{
  guint i;

  for (i = 0; i < sizeof payload; i++)
    payload[i] = i * 7;
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/channel-codec/" name, func)
  ADD ("survives", test_every_message_survives);
  ADD ("frames", test_frames_come_out_as_they_went_in);
  ADD ("largest", test_the_largest_frame_fits);
  ADD ("cut", test_a_cut_message_is_refused);
  ADD ("version", test_another_version_is_named);
  ADD ("garbled", test_garbled_messages_do_no_harm);
  ADD ("contradictions", test_contradictions_are_refused);
  return g_test_run ();
}
