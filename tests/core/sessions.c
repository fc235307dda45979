/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-receive-session.h"
#include "rw-send-session.h"

#include <string.h>

#define MS (G_GUINT64_CONSTANT (1000000))

/*
 * Both ends of one session with a perfect path of no length between them,
 * which a test may cut: in each direction, and the live lane by itself. Time
 * goes by in steps of a millisecond. The simulator does the wild things; here
 * each behaviour is looked at alone.
 */
typedef struct {
  gint64 now_us;
  RwJournal *journal;
  RwCursorSet *cursors;
  RwSendSession *sender;
  RwWindow *window;
  RwReceiveSession *receiver;
  gboolean cut_down, cut_up, cut_live; /* down: sender to receiver */
  guint64 drop_live;                   /* an index, or RW_INDEX_NONE */
  guint n_down[8], n_up[8];            /* messages by type */
  RwSendEvents sender_events;
  RwReceiveEvents receiver_events;
  guint64 next;   /* index expected from the window */
  guint64 n_lost; /* in gaps */
  gboolean ended;
} Pair;

static const guint8 stream_id[RW_STREAM_ID_SIZE] = {1};

static void
open_sender (Pair *pair, guint32 generation)
{
  RwSendSessionConfig config;

  g_clear_pointer (&pair->sender, rw_send_session_free);
  rw_send_session_config_init (&config);
  config.generation = generation;
  pair->sender =
      rw_send_session_new (pair->journal, pair->cursors, &config, pair->now_us);
}

static void
open_receiver (Pair *pair, guint32 generation, RwStart start)
{
  RwReceiveSessionConfig config;

  g_clear_pointer (&pair->receiver, rw_receive_session_free);
  rw_receive_session_config_init (&config, "me", generation);
  config.start = start;
  pair->receiver = rw_receive_session_new (pair->window, &config, pair->now_us);
}

static void
pair_init (Pair *pair, const RwJournalLimits *limits)
{
  *pair = (Pair){.now_us = G_USEC_PER_SEC, .drop_live = RW_INDEX_NONE};
  pair->journal = rw_journal_new (stream_id, limits);
  rw_journal_add_format (pair->journal, "audio/x-opus");
  pair->cursors = rw_cursor_set_new ();
  pair->window = rw_window_new (0, 0);
  open_sender (pair, 1);
}

static void
pair_clear (Pair *pair)
{
  rw_receive_session_free (pair->receiver);
  rw_send_session_free (pair->sender);
  rw_window_free (pair->window);
  rw_cursor_set_free (pair->cursors);
  rw_journal_free (pair->journal);
}

static void
append (Pair *pair)
{
  guint64 n = rw_journal_get_head (pair->journal);
  guint8 payload[8];
  RwFrame frame = {.running_time_ns = n * 20 * MS,
                   .capture_time_ns = RW_CAPTURE_TIME_NONE,
                   .duration = 960,
                   .size = sizeof payload,
                   .data = payload};

  memset (payload, n, sizeof payload);
  rw_journal_append (pair->journal, &frame);
}

static void
send_live (Pair *pair)
{
  RwFrame frame;
  guint64 n = rw_journal_get_head (pair->journal) - 1;

  if (!rw_journal_peek (pair->journal, n, &frame))
    return;
  rw_send_session_note_live_sent (pair->sender, n, pair->now_us);
  if (pair->receiver != NULL && !pair->cut_down && !pair->cut_live &&
      n != pair->drop_live)
    rw_receive_session_note_live (pair->receiver, &frame, NULL, pair->now_us);
}

static void
take_items (Pair *pair)
{
  RwWindowItem item;

  while (rw_window_pop (pair->window, &item)) {
    if (item.type == RW_WINDOW_ITEM_STREAM)
      pair->next = item.from;
    g_assert_cmpuint (item.from, ==, pair->next);
    if (item.type == RW_WINDOW_ITEM_FRAME)
      g_assert_cmpuint (item.frame.data[7], ==, item.from & 0xff);
    if (item.type == RW_WINDOW_ITEM_GAP)
      pair->n_lost += item.to - item.from;
    if (item.type == RW_WINDOW_ITEM_ENDED)
      pair->ended = TRUE;
    pair->next = item.to;
    rw_window_handed (pair->window, &item);
    rw_window_item_clear (&item);
  }
}

static void
exchange (Pair *pair)
{
  static RwMessage message;

  while (rw_send_session_get_deadline (pair->sender) <= pair->now_us &&
         rw_send_session_next (pair->sender, pair->now_us, 0, &message)) {
    pair->n_down[message.type]++;
    if (!pair->cut_down && pair->receiver != NULL)
      rw_receive_session_receive (pair->receiver, &message, pair->now_us);
  }
  take_items (pair);
  while (pair->receiver != NULL &&
         rw_receive_session_get_deadline (pair->receiver) <= pair->now_us &&
         rw_receive_session_next (pair->receiver, pair->now_us, 0, &message)) {
    pair->n_up[message.type]++;
    if (!pair->cut_up)
      rw_send_session_receive (pair->sender, &message, pair->now_us);
  }
  pair->sender_events |= rw_send_session_take_events (pair->sender);
  if (pair->receiver != NULL)
    pair->receiver_events |= rw_receive_session_take_events (pair->receiver);
}

/* Lets time go by without audio. */
static void
idle (Pair *pair, guint ms)
{
  guint i;

  for (i = 0; i < ms; i++) {
    pair->now_us += 1000;
    exchange (pair);
  }
}

static void
play (Pair *pair, guint frames)
{
  while (frames-- > 0) {
    append (pair);
    send_live (pair);
    idle (pair, 20);
  }
}

static guint64
head (const Pair *pair)
{
  return rw_journal_get_head (pair->journal);
}

static guint64
acked (const Pair *pair)
{
  return rw_send_session_get_cursor (pair->sender)->acked;
}

static RwLivenessState
sender_state (const Pair *pair)
{
  return rw_send_session_get_liveness (pair->sender);
}

static RwLivenessState
receiver_state (const Pair *pair)
{
  return rw_receive_session_get_liveness (pair->receiver);
}

static void
test_a_healthy_session_only_acknowledges (void)
{
  Pair pair;
  RwSendStats stats;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  idle (&pair, 5);
  g_assert_true (pair.sender_events & RW_SEND_EVENT_ESTABLISHED);
  g_assert_true (pair.receiver_events & RW_RECEIVE_EVENT_WELCOME);
  play (&pair, 500);
  g_assert_cmpuint (pair.next, ==, 500);
  g_assert_cmpuint (acked (&pair), >=, 490);
  rw_send_session_get_stats (pair.sender, &stats);
  g_assert_cmpuint (stats.frames_repaired, ==, 0);
  /* Ten seconds: ten acks a second and five beats. */
  g_assert_cmpuint (pair.n_up[RW_MESSAGE_ACK], <=, 110);
  g_assert_cmpuint (pair.n_down[RW_MESSAGE_BEAT], <=, 60);
  g_assert_cmpuint (pair.n_up[RW_MESSAGE_HELLO], ==, 1);
  g_assert_cmpint (sender_state (&pair), ==, RW_LIVENESS_ALIVE);
  pair_clear (&pair);
}

static void
test_an_idle_source_stays_alive (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 10);
  idle (&pair, 1);
  pair.sender_events = 0;
  pair.receiver_events = 0;
  idle (&pair, 20000);
  g_assert_false (pair.sender_events & RW_SEND_EVENT_LIVENESS);
  g_assert_false (pair.receiver_events & RW_RECEIVE_EVENT_LIVENESS);
  g_assert_cmpint (receiver_state (&pair), ==, RW_LIVENESS_ALIVE);
  pair_clear (&pair);
}

static void
test_start_position_is_obeyed (void)
{
  RwStart start;

  for (start = RW_START_LIVE; start <= RW_START_OLDEST; start++) {
    Pair pair;

    pair_init (&pair, NULL);
    idle (&pair, 1);
    while (head (&pair) < 50)
      append (&pair);
    open_receiver (&pair, 1, start);
    play (&pair, 50);
    g_assert_cmpuint (pair.next, ==, 100);
    g_assert_cmpuint (rw_window_get_stream_lost (pair.window), ==, 0);
    g_assert_cmpuint (pair.n_down[RW_MESSAGE_FRAMES] > 0, ==,
                      start == RW_START_OLDEST);
    pair_clear (&pair);
  }
}

static void
test_one_lost_frame_is_repaired (void)
{
  Pair pair;
  RwSendStats stats;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 20);
  pair.drop_live = 25;
  play (&pair, 10);
  g_assert_cmpuint (pair.next, ==, 30);
  rw_send_session_get_stats (pair.sender, &stats);
  g_assert_cmpuint (stats.frames_repaired, ==, 1);
  pair_clear (&pair);
}

static void
test_the_last_frame_is_repaired_too (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 20);
  pair.drop_live = 29;
  play (&pair, 10);
  idle (&pair, 150);
  g_assert_cmpuint (pair.next, ==, 30);
  pair_clear (&pair);
}

static void
test_without_a_live_lane_everything_is_repaired (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  idle (&pair, 5);
  pair.cut_live = TRUE;
  play (&pair, 100);
  idle (&pair, 300);
  g_assert_cmpuint (pair.next, ==, 100);
  g_assert_cmpint (receiver_state (&pair), ==, RW_LIVENESS_ALIVE);
  pair_clear (&pair);
}

static void
test_a_live_lane_that_stalls_is_made_up_for (void)
{
  Pair pair;
  guint i;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 10);
  for (i = 0; i < 20; i++) { /* appended, but not taken by the lane */
    append (&pair);
    idle (&pair, 20);
  }
  idle (&pair, 500);
  g_assert_cmpuint (pair.next, ==, 30);
  pair_clear (&pair);
}

static void
test_an_outage_is_noticed_by_both (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 50);
  pair.cut_up = pair.cut_down = TRUE;
  play (&pair, 13);
  g_assert_cmpint (receiver_state (&pair), ==, RW_LIVENESS_SUSPECT);
  g_assert_cmpint (sender_state (&pair), ==, RW_LIVENESS_SUSPECT);
  play (&pair, 20);
  g_assert_cmpint (receiver_state (&pair), ==, RW_LIVENESS_DOWN);
  g_assert_cmpint (sender_state (&pair), ==, RW_LIVENESS_DOWN);
  pair.cut_up = pair.cut_down = FALSE;
  play (&pair, 20);
  g_assert_cmpint (receiver_state (&pair), ==, RW_LIVENESS_ALIVE);
  g_assert_cmpint (sender_state (&pair), ==, RW_LIVENESS_ALIVE);
  g_assert_cmpuint (pair.next, ==, 103);
  g_assert_cmpuint (pair.n_lost, ==, 0);
  pair_clear (&pair);
}

/* SCTP's timer of what nobody acknowledges runs out 1, 3, 7, 15, ... s after
 * the cut, and gives room for one packet (1,200 bytes or so) each time: that
 * must not be full when the path is back. */
static void
test_a_long_outage_leaves_room_in_the_channel (void)
{
  Pair pair;
  guint seconds, beats, acks, i;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 50);
  pair.cut_up = pair.cut_down = TRUE;
  play (&pair, 50);
  for (seconds = 2; seconds <= 32; seconds *= 2) {
    beats = pair.n_down[RW_MESSAGE_BEAT];
    acks = pair.n_up[RW_MESSAGE_ACK];
    play (&pair, seconds * 50);
    g_assert_cmpuint (pair.n_down[RW_MESSAGE_BEAT] - beats, <=, 9);
    g_assert_cmpuint (pair.n_up[RW_MESSAGE_ACK] - acks, <=, 9);
    g_assert_cmpuint (pair.n_down[RW_MESSAGE_BEAT] - beats, >=, 3);
    g_assert_cmpuint (pair.n_up[RW_MESSAGE_ACK] - acks, >=, 3);
  }
  /* The live lane tells that it is over, and all goes on at once. */
  pair.cut_up = pair.cut_down = FALSE;
  append (&pair);
  send_live (&pair);
  i = pair.next;
  idle (&pair, 15);
  g_assert_cmpint (sender_state (&pair), ==, RW_LIVENESS_ALIVE);
  g_assert_cmpuint (pair.next, >, i);
  pair_clear (&pair);
}

/* Time from the path's return until everything is acknowledged, ms. */
static guint
catch_up (gdouble rate, guint outage_ms)
{
  Pair pair;
  guint ms = 0;

  pair_init (&pair, NULL);
  rw_send_session_set_drain_rate (pair.sender, rate, pair.now_us);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 50);
  pair.cut_up = pair.cut_down = TRUE;
  play (&pair, outage_ms / 20);
  pair.cut_up = pair.cut_down = FALSE;
  for (; acked (&pair) + 6 < head (&pair) && ms < 60000; ms += 20)
    play (&pair, 1);
  pair_clear (&pair);
  return ms;
}

static void
test_an_outage_is_caught_up_with_in_time (void)
{
  g_assert_cmpuint (catch_up (8, 20000), <=, 3000);
  g_assert_cmpuint (catch_up (0, 20000), <=, 500);
  g_assert_cmpuint (catch_up (8, 1000), <=, 300);
}

/* What the channel held during the outage is heard after it. */
static void
test_stale_messages_do_not_spoil_the_round_trip (void)
{
  static RwMessage stale_ack, stale_beat;
  Pair pair;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 50);
  while (!rw_receive_session_next (pair.receiver, pair.now_us, 0, &stale_ack))
    pair.now_us += 1000;
  while (!rw_send_session_next (pair.sender, pair.now_us, 0, &stale_beat))
    pair.now_us += 1000;
  pair.cut_up = pair.cut_down = TRUE;
  play (&pair, 500);
  pair.cut_up = pair.cut_down = FALSE;
  append (&pair);
  send_live (&pair); /* the live lane is the first to be heard again */
  rw_receive_session_receive (pair.receiver, &stale_beat, pair.now_us);
  rw_send_session_receive (pair.sender, &stale_ack, pair.now_us);
  idle (&pair, 500);
  g_assert_cmpint (rw_send_session_get_rtt (pair.sender)->srtt_us, <=, 2000);
  g_assert_cmpint (rw_receive_session_get_rtt (pair.receiver)->srtt_us, <=,
                   2000);
  pair_clear (&pair);
}

static void
test_one_way_loss_is_noticed_by_both (void)
{
  guint way;

  for (way = 0; way < 2; way++) {
    Pair pair;

    pair_init (&pair, NULL);
    open_receiver (&pair, 1, RW_START_LIVE);
    play (&pair, 50);
    if (way == 0)
      pair.cut_up = TRUE;
    else
      pair.cut_down = TRUE;
    play (&pair, 25);
    g_assert_cmpint (receiver_state (&pair), >=, RW_LIVENESS_SUSPECT);
    g_assert_cmpint (sender_state (&pair), >=, RW_LIVENESS_SUSPECT);
    play (&pair, 25);
    g_assert_cmpint (receiver_state (&pair), ==, RW_LIVENESS_DOWN);
    g_assert_cmpint (sender_state (&pair), ==, RW_LIVENESS_DOWN);
    pair.cut_up = pair.cut_down = FALSE;
    play (&pair, 15);
    g_assert_cmpint (receiver_state (&pair), ==, RW_LIVENESS_ALIVE);
    g_assert_cmpint (sender_state (&pair), ==, RW_LIVENESS_ALIVE);
    g_assert_cmpuint (pair.next, ==, head (&pair));
    pair_clear (&pair);
  }
}

static void
test_overtaken_bad_news_is_old_news (void)
{
  static RwMessage late;
  Pair pair;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 20);
  pair.cut_up = TRUE;
  play (&pair, 12);
  /* The sender is deaf, and says so in a message that is held up. */
  while (!rw_send_session_next (pair.sender, pair.now_us, 0, &late))
    pair.now_us += 1000;
  g_assert_true (late.type == RW_MESSAGE_BEAT && late.beat.status.deaf);
  pair.cut_up = FALSE;
  play (&pair, 20);
  g_assert_cmpint (receiver_state (&pair), ==, RW_LIVENESS_ALIVE);
  rw_receive_session_receive (pair.receiver, &late, pair.now_us);
  g_assert_cmpint (receiver_state (&pair), ==, RW_LIVENESS_ALIVE);
  pair_clear (&pair);
}

static void
test_nothing_is_repaired_into_an_outage (void)
{
  Pair pair;
  RwSendStats before, after;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 50);
  pair.drop_live = 50;
  play (&pair, 2);
  pair.cut_down = TRUE; /* it goes on asking, and is answered in vain */
  play (&pair, 40);
  rw_send_session_get_stats (pair.sender, &before);
  play (&pair, 100);
  rw_send_session_get_stats (pair.sender, &after);
  g_assert_cmpuint (after.frames_repaired, ==, before.frames_repaired);
  pair_clear (&pair);
}

static void
test_a_new_session_goes_on_where_the_old_was (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 50);
  pair.cut_up = pair.cut_down = TRUE;
  play (&pair, 100);
  open_sender (&pair, 2);
  open_receiver (&pair, 2, RW_START_LIVE);
  pair.cut_up = pair.cut_down = FALSE;
  play (&pair, 50);
  g_assert_cmpuint (pair.next, ==, 200);
  g_assert_cmpuint (pair.n_lost, ==, 0);
  pair_clear (&pair);
}

static void
test_repair_keeps_to_its_rate (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  idle (&pair, 1);
  while (head (&pair) < 500) /* ten seconds */
    append (&pair);
  open_receiver (&pair, 1, RW_START_OLDEST);
  idle (&pair, 600);
  /* At eight times real time 0.6 s bring 4.8 s, give or take a burst. */
  g_assert_cmpuint (pair.next, >=, 200);
  g_assert_cmpuint (pair.next, <=, 270);
  idle (&pair, 800);
  g_assert_cmpuint (pair.next, ==, 500);
  pair_clear (&pair);
}

static void
test_repair_without_a_rate_is_quick (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  rw_send_session_set_drain_rate (pair.sender, 0, pair.now_us);
  idle (&pair, 1);
  while (head (&pair) < 1000)
    append (&pair);
  open_receiver (&pair, 1, RW_START_OLDEST);
  idle (&pair, 300);
  g_assert_cmpuint (pair.next, ==, 1000);
  pair_clear (&pair);
}

static void
test_a_backlog_may_be_larger_than_the_window (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  rw_send_session_set_drain_rate (pair.sender, 0, pair.now_us);
  idle (&pair, 1);
  while (head (&pair) < 3 * RW_WINDOW_MAX_FRAMES)
    append (&pair);
  open_receiver (&pair, 1, RW_START_OLDEST);
  play (&pair, 250);
  g_assert_cmpuint (pair.next, ==, head (&pair));
  g_assert_cmpuint (pair.n_lost, ==, 0);
  pair_clear (&pair);
}

static void
test_frames_wait_for_a_full_channel (void)
{
  static RwMessage message;
  Pair pair;

  pair_init (&pair, NULL);
  while (head (&pair) < 100)
    append (&pair);
  open_receiver (&pair, 1, RW_START_OLDEST);
  g_assert_true (
      rw_receive_session_next (pair.receiver, pair.now_us, 0, &message));
  rw_send_session_receive (pair.sender, &message, pair.now_us);
  while (rw_send_session_next (pair.sender, pair.now_us, 5000, &message))
    g_assert_cmpint (message.type, !=, RW_MESSAGE_FRAMES);
  g_assert_cmpint (rw_send_session_get_deadline (pair.sender), <=,
                   pair.now_us + 20000);
  pair_clear (&pair);
}

static void
test_a_restarted_receiver_is_remembered (void)
{
  Pair pair;
  guint64 at;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 50);
  g_clear_pointer (&pair.receiver, rw_receive_session_free);
  rw_window_free (pair.window);
  pair.window = rw_window_new (0, 0);
  at = acked (&pair);
  play (&pair, 50);
  open_sender (&pair, 1);
  open_receiver (&pair, 1, RW_START_LIVE);
  idle (&pair, 5);
  g_assert_cmpuint (pair.next, >=, at);
  g_assert_cmpuint (rw_window_get_popped (pair.window), <, 100);
  play (&pair, 50);
  g_assert_cmpuint (pair.next, ==, 150);
  g_assert_cmpuint (pair.n_lost, ==, 0);
  pair_clear (&pair);
}

/* A killed receiver's last ack may come after its successor's hello. */
static void
test_an_ack_from_a_former_life_takes_nothing_away (void)
{
  static RwMessage late;
  Pair pair;
  RwSendSession *old;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 50);
  pair.cut_up = TRUE;
  play (&pair, 10);
  while (!rw_receive_session_next (pair.receiver, pair.now_us, 0, &late))
    pair.now_us += 1000;
  g_clear_pointer (&pair.receiver, rw_receive_session_free);
  rw_window_free (pair.window);
  pair.window = rw_window_new (0, 0);
  pair.cut_up = FALSE;
  old = g_steal_pointer (&pair.sender);
  open_sender (&pair, 1);
  open_receiver (&pair, 1, RW_START_LIVE);
  idle (&pair, 1);
  g_assert_cmpuint (acked (&pair), <, 60);
  rw_send_session_receive (old, &late, pair.now_us);
  rw_journal_release (pair.journal, rw_cursor_set_get_lowest (pair.cursors, 0));
  play (&pair, 10);
  g_assert_cmpuint (pair.next, ==, 70);
  g_assert_cmpuint (pair.n_lost, ==, 0);
  rw_send_session_free (old);
  pair_clear (&pair);
}

static void
test_who_says_goodbye_is_forgotten (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 20);
  rw_receive_session_close (pair.receiver, RW_BYE_STOPPED, NULL);
  idle (&pair, 100);
  g_assert_cmpuint (pair.n_up[RW_MESSAGE_BYE], ==, 3);
  g_assert_true (pair.sender_events & RW_SEND_EVENT_BYE);
  g_assert_cmpint (rw_send_session_get_bye (pair.sender)->reason, ==,
                   RW_BYE_STOPPED);
  g_assert_cmpuint (rw_cursor_set_get_size (pair.cursors), ==, 1);
  g_clear_pointer (&pair.sender, rw_send_session_free);
  g_assert_cmpuint (rw_cursor_set_get_size (pair.cursors), ==, 0);
  pair_clear (&pair);
}

static void
test_an_overrun_is_announced_exactly (void)
{
  RwJournalLimits limits = {.max_frames = 30};
  Pair pair;

  pair_init (&pair, &limits);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 50);
  pair.cut_up = pair.cut_down = TRUE;
  play (&pair, 100);
  g_assert_cmpuint (
      rw_cursor_get_shed (rw_send_session_get_cursor (pair.sender),
                          rw_journal_get_tail (pair.journal)),
      >=, 70);
  pair.cut_up = pair.cut_down = FALSE;
  play (&pair, 30);
  g_assert_cmpuint (pair.next, ==, 180);
  g_assert_cmpuint (pair.n_lost, >=, 69);
  g_assert_cmpuint (pair.n_lost, <=, 72);
  idle (&pair, 200);
  g_assert_cmpuint (rw_send_session_get_cursor (pair.sender)->lost, ==,
                    pair.n_lost);
  pair_clear (&pair);
}

static void
test_the_end_comes_after_everything (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 50);
  pair.cut_down = pair.cut_up = TRUE;
  play (&pair, 20);
  rw_journal_end (pair.journal);
  idle (&pair, 300);
  g_assert_false (pair.ended);
  pair.cut_down = pair.cut_up = FALSE;
  idle (&pair, 300);
  g_assert_true (pair.ended);
  g_assert_cmpuint (pair.next, ==, 70);
  g_assert_true (pair.sender_events & RW_SEND_EVENT_FINISHED);
  g_assert_true (pair.receiver_events & RW_RECEIVE_EVENT_ENDED);
  pair_clear (&pair);
}

static void
test_an_end_that_cannot_wait_leaves_a_gap (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 50);
  pair.cut_live = TRUE;
  append (&pair);
  send_live (&pair);
  rw_journal_end (pair.journal);
  rw_send_session_close (pair.sender, RW_BYE_ENDED, "time is up");
  idle (&pair, 50);
  g_assert_true (pair.ended);
  g_assert_cmpuint (pair.next, ==, 51);
  g_assert_cmpuint (pair.n_lost, ==, 1);
  pair_clear (&pair);
}

static void
test_another_generation_is_fenced (void)
{
  Pair pair;
  RwSendStats stats;

  pair_init (&pair, NULL);
  open_receiver (&pair, 7, RW_START_LIVE);
  idle (&pair, 300);
  g_assert_false (rw_receive_session_is_welcome (pair.receiver));
  rw_send_session_get_stats (pair.sender, &stats);
  g_assert_cmpuint (stats.messages_fenced, >=, 2);
  pair_clear (&pair);
}

static void
test_a_new_format_travels_before_its_frames (void)
{
  static const guint8 tens[8] = {10, 10, 10, 10, 10, 10, 10, 10};
  RwFrame frame = {.duration = 960, .format = 1, .size = 8, .data = tens};
  Pair pair;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 10);
  rw_journal_add_format (pair.journal, "audio/x-opus, channels=2");
  rw_journal_append (pair.journal, &frame);
  idle (&pair, 250);
  g_assert_cmpuint (rw_window_get_n_formats (pair.window), ==, 2);
  g_assert_cmpuint (acked (&pair), ==, 11);
  pair_clear (&pair);
}

/* A receiver that lies about its position or asks for the impossible costs
 * itself alone. */
static void
test_absurd_reports_do_no_harm (void)
{
  static RwMessage message;
  static RwMessage out;
  Pair pair;
  guint i;

  pair_init (&pair, NULL);
  open_receiver (&pair, 1, RW_START_LIVE);
  play (&pair, 10);
  for (i = 0; i < 8; i++) {
    message = (RwMessage){.type = RW_MESSAGE_ACK, .generation = 1};
    message.seq = 1000000 + i;
    message.ack.report.next = i % 2 ? G_MAXUINT64 / 4 : 3;
    message.ack.report.known_to = G_MAXUINT64 / 4;
    message.ack.report.room = G_MAXUINT32;
    message.ack.report.n_ranges = 1;
    message.ack.report.ranges[0].from = i % 3 ? 5 : G_MAXUINT64 / 5;
    message.ack.report.ranges[0].to = G_MAXUINT64 / 4;
    rw_send_session_receive (pair.sender, &message, pair.now_us);
    while (rw_send_session_next (pair.sender, pair.now_us, 0, &out))
      ;
  }
  g_assert_cmpuint (acked (&pair), <=, 10);
  pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/sessions/" name, func)
  ADD ("healthy", test_a_healthy_session_only_acknowledges);
  ADD ("idle", test_an_idle_source_stays_alive);
  ADD ("start", test_start_position_is_obeyed);
  ADD ("one-lost", test_one_lost_frame_is_repaired);
  ADD ("last-lost", test_the_last_frame_is_repaired_too);
  ADD ("no-live-lane", test_without_a_live_lane_everything_is_repaired);
  ADD ("stalled-live-lane", test_a_live_lane_that_stalls_is_made_up_for);
  ADD ("outage", test_an_outage_is_noticed_by_both);
  ADD ("long-outage", test_a_long_outage_leaves_room_in_the_channel);
  ADD ("catch-up", test_an_outage_is_caught_up_with_in_time);
  ADD ("stale", test_stale_messages_do_not_spoil_the_round_trip);
  ADD ("one-way", test_one_way_loss_is_noticed_by_both);
  ADD ("overtaken-news", test_overtaken_bad_news_is_old_news);
  ADD ("no-repair-in-outage", test_nothing_is_repaired_into_an_outage);
  ADD ("resume", test_a_new_session_goes_on_where_the_old_was);
  ADD ("rate", test_repair_keeps_to_its_rate);
  ADD ("no-rate", test_repair_without_a_rate_is_quick);
  ADD ("large-backlog", test_a_backlog_may_be_larger_than_the_window);
  ADD ("full-channel", test_frames_wait_for_a_full_channel);
  ADD ("restarted", test_a_restarted_receiver_is_remembered);
  ADD ("former-life", test_an_ack_from_a_former_life_takes_nothing_away);
  ADD ("goodbye", test_who_says_goodbye_is_forgotten);
  ADD ("overrun", test_an_overrun_is_announced_exactly);
  ADD ("end", test_the_end_comes_after_everything);
  ADD ("end-at-once", test_an_end_that_cannot_wait_leaves_a_gap);
  ADD ("generation", test_another_generation_is_fenced);
  ADD ("format", test_a_new_format_travels_before_its_frames);
  ADD ("absurd", test_absurd_reports_do_no_harm);
  return g_test_run ();
}
