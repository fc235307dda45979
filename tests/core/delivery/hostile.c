/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-receive-endpoint.h"
#include "rw-send-endpoint.h"

#include <malloc.h>
#include <string.h>

/* Peers that speak our language well and mean it ill: every message is one
 * that the codec lets through, and its numbers are chosen where arithmetic
 * hurts. Honest peers beside them must not notice. */

#ifdef __SANITIZE_ADDRESS__
#define N_MESSAGES 10000
#else
#define N_MESSAGES 100000
#endif
#define STEP_US   (5 * 1000)
#define MAX_BYTES (8u << 20)
#define MAX_TURNS 200 /* what one message may cause to be said */

static const guint8 stream_id[RW_STREAM_ID_SIZE] = {1};

static guint64
allocated (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

static void
assert_bounded (guint64 before)
{
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
  g_assert_cmpuint (allocated (), <, before + MAX_BYTES);
#endif
}

/* Around what is true, around zero, and where integers end. */
static guint64
odd_number (GRand *dice, guint64 truth)
{
  static const guint64 far[] = {0,
                                1,
                                1000000000,
                                G_MAXUINT32,
                                (guint64) G_MAXUINT32 + 1,
                                G_MAXINT64,
                                (guint64) G_MAXINT64 + 1,
                                G_MAXUINT64 - 1,
                                G_MAXUINT64};

  if (g_rand_boolean (dice))
    return truth + g_rand_int_range (dice, -100, 100);
  return far[g_rand_int_range (dice, 0, G_N_ELEMENTS (far))];
}

static void
odd_report (GRand *dice, guint64 truth, RwReport *report)
{
  report->next = odd_number (dice, truth);
  report->known_to = odd_number (dice, truth);
  report->credit = (guint32) odd_number (dice, 64);
  report->n_ranges = g_rand_int_range (dice, 0, RW_MESSAGE_MAX_RANGES + 1);
  for (guint i = 0; i < report->n_ranges; i++)
    report->ranges[i] =
        (RwRange){odd_number (dice, truth), odd_number (dice, truth)};
}

static void
odd_status (GRand *dice, guint64 truth, RwStatus *status)
{
  *status = (RwStatus){.head = odd_number (dice, truth),
                       .tail = odd_number (dice, truth),
                       .live_from = odd_number (dice, truth),
                       .expect_to = odd_number (dice, truth),
                       .n_formats = g_rand_int_range (dice, 0, 256),
                       .ended = g_rand_int_range (dice, 0, 8) == 0,
                       .not_receiving = g_rand_boolean (dice)};
}

static void
odd_frames (GRand *dice, guint64 truth, RwFrames *frames)
{
  static const guint8 payload[1200];

  frames->n_frames = g_rand_int_range (dice, 1, RW_MESSAGE_MAX_FRAMES + 1);
  for (guint i = 0; i < frames->n_frames; i++)
    frames->frames[i] = (RwFrame){
        .index = odd_number (dice, truth),
        .running_time_ns = odd_number (dice, truth * 20000000),
        .capture_time_ns = (gint64) odd_number (dice, truth * 20000000),
        .duration = g_rand_int_range (dice, 0, 65536),
        .format = g_rand_int_range (dice, 0, 256),
        .size = g_rand_int_range (dice, 1, sizeof payload),
        .data = payload,
    };
}

static void
odd_header (GRand *dice, RwMessage *message)
{
  message->generation = g_rand_int_range (dice, 0, 8) ? 1 : g_rand_int (dice);
  message->seq =
      g_rand_int_range (dice, 0, 500) ? message->seq + 1 : g_rand_int (dice);
  message->sent_us = g_rand_int (dice);
  message->has_echo = g_rand_boolean (dice);
  message->echo_us = g_rand_int (dice);
  message->echo_hold_us = g_rand_int (dice);
}

static void
odd_from_consumer (GRand *dice, guint64 truth, RwMessage *message)
{
  odd_header (dice, message);
  switch (g_rand_int_range (dice, 0, 60)) {
  case 0:
  case 2:
  case 3:
    message->type = RW_MESSAGE_HELLO;
    memset (&message->hello, 0, sizeof message->hello);
    g_strlcpy (message->hello.consumer_id, "evil",
               sizeof message->hello.consumer_id);
    if (g_rand_boolean (dice))
      memcpy (message->hello.stream_id, stream_id, sizeof stream_id);
    message->hello.start = g_rand_int_range (dice, 0, 2);
    odd_report (dice, truth, &message->hello.report);
    break;
  case 1:
    message->type = RW_MESSAGE_BYE;
    message->bye =
        (RwBye){g_rand_int_range (dice, 0, 4), odd_number (dice, truth), 0, ""};
    break;
  default:
    message->type = RW_MESSAGE_ACK;
    odd_report (dice, truth, &message->ack.report);
    message->ack.lost = odd_number (dice, truth);
    message->ack.n_formats = g_rand_int_range (dice, 0, 256);
    message->ack.not_receiving = g_rand_boolean (dice);
    message->ack.finished = g_rand_boolean (dice);
  }
}

static void
odd_from_producer (GRand *dice, guint64 truth, RwMessage *message)
{
  static const char caps[] = "audio/x-opus";

  odd_header (dice, message);
  switch (g_rand_int_range (dice, 0, 80)) {
  case 0:
  case 5:
  case 6:
  case 7:
    message->type = RW_MESSAGE_WELCOME;
    memset (message->welcome.stream_id, g_rand_int_range (dice, 0, 3),
            RW_STREAM_ID_SIZE);
    message->welcome.start = odd_number (dice, truth);
    message->welcome.beat_ms = g_rand_int_range (dice, 0, 65536);
    odd_status (dice, truth, &message->welcome.status);
    break;
  case 1:
    message->type = RW_MESSAGE_FORMAT;
    message->format =
        (RwFormat){g_rand_int_range (dice, 0, 256), strlen (caps), caps};
    break;
  case 2:
  case 3:
  case 8 ... 30:
    message->type = RW_MESSAGE_BEAT;
    odd_status (dice, truth, &message->beat.status);
    break;
  case 4:
    message->type = RW_MESSAGE_BYE;
    message->bye =
        (RwBye){g_rand_int_range (dice, 0, 4), odd_number (dice, truth), 0, ""};
    break;
  default:
    message->type = RW_MESSAGE_FRAMES;
    odd_frames (dice, truth, &message->frames);
  }
}

/* ---- One honest pair ---- */

typedef struct {
  RwJournal *journal;
  RwCursorSet *cursors;
  RwWindow *window;
  RwSendEndpoint *sender;
  RwReceiveEndpoint *receiver;
  guint64 expected; /* what has to come out next */
} Pair;

static void
pair_init (Pair *pair, RwWindow *window, const guint8 *id, guint32 generation,
           gint64 now_us)
{
  RwJournalLimits limits = {.max_frames = 500};
  RwSendEndpointConfig send_config;
  RwReceiveEndpointConfig receive_config;

  rw_send_endpoint_config_init (&send_config);
  send_config.generation = generation;
  rw_receive_endpoint_config_init (&receive_config, "honest", generation);
  *pair = (Pair){.journal = rw_journal_new (id, &limits),
                 .cursors = rw_cursor_set_new (),
                 .window = window};
  rw_journal_add_format (pair->journal, "audio/x-opus");
  pair->sender =
      rw_send_endpoint_new (pair->journal, pair->cursors, &send_config, now_us);
  pair->receiver = rw_receive_endpoint_new (window, &receive_config, now_us);
}

static void
pair_clear (Pair *pair)
{
  rw_send_endpoint_free (pair->sender);
  rw_receive_endpoint_free (pair->receiver);
  rw_cursor_set_free (pair->cursors);
  rw_journal_free (pair->journal);
}

static void
append (Pair *pair)
{
  static const guint8 payload[100];
  RwFrame frame = {.running_time_ns =
                       rw_journal_get_head (pair->journal) * 20000000,
                   .duration = 960,
                   .size = sizeof payload,
                   .data = payload};

  rw_journal_append (pair->journal, &frame);
}

/* Each takes what the other says; what comes out is counted. */
static void
exchange (Pair *pair, gint64 now_us)
{
  static RwMessage message;
  RwWindowItem item;

  while (rw_receive_endpoint_next (pair->receiver, now_us, 0, &message))
    rw_send_endpoint_receive (pair->sender, &message, now_us);
  while (rw_send_endpoint_next (pair->sender, now_us, 0, &message))
    rw_receive_endpoint_receive (pair->receiver, &message, now_us);
  while (rw_window_pop (pair->window, &item)) {
    if (item.type == RW_WINDOW_ITEM_FRAME &&
        item.serial == rw_window_get_serial (pair->window))
      g_assert_cmpuint (item.from, ==, pair->expected++);
    rw_window_handed (pair->window, &item);
    rw_window_item_clear (&item);
  }
  if (rw_send_endpoint_take_events (pair->sender) & RW_SEND_EVENT_ACKED)
    rw_journal_release (
        pair->journal, rw_cursor_set_get_lowest (
                           pair->cursors, rw_journal_get_tail (pair->journal)));
}

/* ---- Tests ---- */

/* One journal, two consumers. */
static void
test_consumer_harms_nobody_else (void)
{
  static RwMessage message, answer;
  g_autoptr (GRand) dice = g_rand_new_with_seed (1);
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  RwSendEndpoint *evil = NULL;
  RwSendEndpointConfig config;
  gint64 now_us = G_USEC_PER_SEC;
  guint64 before, n_repaired = 0;
  RwWindowStats stats;
  RwSendStats sent;
  Pair pair;

  rw_send_endpoint_config_init (&config);
  config.generation = 1;
  pair_init (&pair, window, stream_id, 1, now_us);
  exchange (&pair, now_us);
  before = allocated ();
  for (guint i = 0; i < N_MESSAGES; i++, now_us += STEP_US) {
    guint turns = 0;

    if (i == 0 || message.type == RW_MESSAGE_BYE) {
      g_clear_pointer (&evil, rw_send_endpoint_free);
      evil = rw_send_endpoint_new (pair.journal, pair.cursors, &config, now_us);
    }
    odd_from_consumer (dice, rw_journal_get_head (pair.journal), &message);
    rw_send_endpoint_receive (evil, &message, now_us);
    while (rw_send_endpoint_next (evil, now_us, 0, &answer))
      g_assert_cmpuint (++turns, <, MAX_TURNS);
    rw_send_endpoint_get_stats (evil, &sent);
    n_repaired = MAX (n_repaired, sent.frames_repaired);
    if (i % 4 == 0)
      append (&pair);
    exchange (&pair, now_us);
  }
  for (guint i = 0; i < 200; i++, now_us += STEP_US)
    exchange (&pair, now_us);
  g_assert_cmpuint (pair.expected, ==, N_MESSAGES / 4);
  rw_window_get_stats (window, &stats);
  g_assert_cmpuint (stats.lost, ==, 0);
  g_assert_cmpuint (n_repaired, >, 50); /* it was taken for a consumer */
  assert_bounded (before);
  rw_send_endpoint_free (evil);
  pair_clear (&pair);
}

/* Its effect on the window ends with its stream: the next producer's is
 * complete. */
static void
test_producer_is_bounded_and_got_over (void)
{
  static const guint8 next_id[RW_STREAM_ID_SIZE] = {9};
  static RwMessage message, answer;
  g_autoptr (GRand) dice = g_rand_new_with_seed (2);
  g_autoptr (RwWindow) window = rw_window_new (512, 1 << 20);
  guint64 before = allocated ();
  gint64 now_us = G_USEC_PER_SEC;
  RwReceiveEndpointConfig config;
  RwReceiveEndpoint *receiver = NULL;
  RwWindowItem item;
  Pair pair;

  rw_receive_endpoint_config_init (&config, "honest", 1);
  for (guint i = 0; i < N_MESSAGES; i++, now_us += STEP_US) {
    guint turns = 0;

    if (i == 0 || message.type == RW_MESSAGE_BYE) {
      g_clear_pointer (&receiver, rw_receive_endpoint_free);
      receiver = rw_receive_endpoint_new (window, &config, now_us);
    }
    odd_from_producer (dice, rw_window_get_next (window), &message);
    rw_receive_endpoint_receive (receiver, &message, now_us);
    rw_receive_endpoint_take_events (receiver);
    while (rw_receive_endpoint_next (receiver, now_us, 0, &answer))
      g_assert_cmpuint (++turns, <, MAX_TURNS);
    for (turns = 0; rw_window_pop (window, &item);
         rw_window_item_clear (&item)) {
      rw_window_handed (window, &item);
      g_assert_cmpuint (++turns, <, 4096);
    }
    assert_bounded (before);
  }
  rw_receive_endpoint_free (receiver);

  pair_init (&pair, window, next_id, 2, now_us);
  for (guint i = 0; i < 1000; i++, now_us += STEP_US) {
    if (i >= 50 && i < 850 && i % 4 == 0)
      append (&pair);
    exchange (&pair, now_us);
  }
  g_assert_cmpuint (pair.expected, ==, 200);
  g_assert_cmpuint (rw_window_get_stream_lost (window), ==, 0);
  pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hostile/consumer-harms-nobody-else",
                   test_consumer_harms_nobody_else);
  g_test_add_func ("/hostile/producer-is-bounded-and-got-over",
                   test_producer_is_bounded_and_got_over);
  return g_test_run ();
}
