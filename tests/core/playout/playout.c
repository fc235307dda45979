/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-playout.h"

#define MS    (G_GUINT64_CONSTANT (1000000))
#define SEC   (1000 * MS)
#define FRAME (20 * MS)

/* The sender's clock is that much behind the receiver's. */
#define SHIFT (5 * SEC)

static const guint8 stream_id[RW_STREAM_ID_SIZE] = {1};

typedef struct {
  RwWindow *window;
  RwPlayout *playout;
  guint32 serial;
  RwRtt rtt;
} Player;

static void
player_init (Player *player, RwDelivery delivery, guint64 latency_ns)
{
  player->window = rw_window_new (0, 0);
  player->playout = rw_playout_new (player->window, delivery, latency_ns);
  player->serial = rw_window_begin_stream (player->window, stream_id, 1, 0);
  rw_window_set_format (player->window, player->serial, 0, "audio/x-opus", 12);
  rw_rtt_init (&player->rtt);
}

static RwFrame
make_frame (guint64 index)
{
  static const guint8 payload[] = {1, 2, 3};

  return (RwFrame){.index = index,
                   .running_time_ns = index * FRAME,
                   .capture_time_ns = (gint64) (100 * SEC + index * FRAME),
                   .duration = 960,
                   .size = sizeof payload,
                   .data = payload};
}

static void
repair (Player *player, guint64 index)
{
  RwFrame frame = make_frame (index);

  rw_window_insert (player->window, player->serial, &frame, NULL,
                    RW_LANE_REPAIR);
}

static void
take_live (Player *player, guint64 index)
{
  RwFrame frame = make_frame (index);

  rw_window_insert (player->window, player->serial, &frame, NULL, RW_LANE_LIVE);
  rw_playout_observe (player->playout, player->serial, &frame,
                      frame.running_time_ns + SHIFT, &player->rtt);
}

/* The next frame at @now_ns; gaps before it are counted. FALSE for none. */
static gboolean
pop_frame (Player *player, guint64 now_ns, RwPlayoutItem *item, guint64 *lost)
{
  while (rw_playout_pop (player->playout, now_ns, item)) {
    if (item->window.type == RW_WINDOW_ITEM_GAP)
      *lost += item->window.to - item->window.from;
    rw_window_handed (player->window, &item->window);
    if (item->window.type == RW_WINDOW_ITEM_FRAME) {
      rw_window_item_clear (&item->window);
      return TRUE;
    }
    rw_window_item_clear (&item->window);
  }
  return FALSE;
}

/* A frame that is repaired first has to wait for the live lane, which tells its
 * time. */
static void
test_a_backlog_waits_for_the_live_lane (void)
{
  Player player;
  RwPlayoutItem item;
  guint64 lost = 0;

  player_init (&player, RW_DELIVERY_COMPLETE, 200 * MS);
  for (guint64 i = 0; i < 50; i++)
    repair (&player, i);
  g_assert_false (pop_frame (&player, 6100 * MS, &item, &lost));
  g_assert_cmpuint (rw_playout_get_deadline (player.playout, 6100 * MS), ==,
                    6100 * MS + RW_PLAYOUT_ANCHOR_NS);
  take_live (&player, 50);
  g_assert_true (pop_frame (&player, 6150 * MS, &item, &lost));
  g_assert_cmpuint (item.time_ns, ==, SHIFT);
  rw_playout_free (player.playout);
}

/* After an outage of 10 s everything is repaired, the oldest first: none of it
 * that is older than the latency comes out. */
static void
test_live_hands_on_nothing_old (void)
{
  Player player;
  RwPlayoutItem item;
  guint64 lost = 0, n = 0;

  player_init (&player, RW_DELIVERY_LIVE, 200 * MS);
  for (guint64 i = 0; i < 50; i++) {
    take_live (&player, i);
    g_assert_true (pop_frame (&player, i * FRAME + SHIFT, &item, &lost));
  }
  take_live (&player, 550);
  for (guint64 i = 50; i < 550; i++) {
    guint64 now_ns = 550 * FRAME + SHIFT + (i - 50) / 10 * MS;

    repair (&player, i);
    while (pop_frame (&player, now_ns, &item, &lost)) {
      g_assert_cmpuint (now_ns - item.time_ns, <=, 200 * MS);
      n++;
    }
  }
  g_assert_cmpuint (n + lost, ==, 501);
  g_assert_cmpuint (n, >=, 1);
  rw_playout_free (player.playout);
}

static void
test_complete_hands_on_everything (void)
{
  Player player;
  RwPlayoutItem item;
  guint64 lost = 0;

  player_init (&player, RW_DELIVERY_COMPLETE, 200 * MS);
  take_live (&player, 0);
  take_live (&player, 550);
  g_assert_true (pop_frame (&player, SHIFT, &item, &lost));
  for (guint64 i = 1; i < 550; i++) {
    repair (&player, i);
    g_assert_true (pop_frame (&player, 20 * SEC, &item, &lost));
    g_assert_cmpuint (item.time_ns, ==, i * FRAME + SHIFT);
  }
  g_assert_cmpuint (lost, ==, 0);
  rw_playout_free (player.playout);
}

/* Ten receivers that began at different times, on one clock. */
static void
test_receivers_agree_by_capture_time (void)
{
  for (guint64 k = 0; k < 10; k++) {
    Player player;
    RwPlayoutItem item;
    guint64 lost = 0;
    gint64 base_ns = (gint64) (k * 1234567);

    player_init (&player, RW_DELIVERY_COMPLETE, 200 * MS);
    rw_playout_set_origin (player.playout,
                           (gint64) (100 * SEC - SHIFT + 30 * MS) + base_ns);
    for (guint64 i = 7 * k; i < 7 * k + 100; i++) {
      if (i == 7 * k)
        rw_window_set_tail (player.window, player.serial, i);
      take_live (&player, i);
      g_assert_true (pop_frame (&player, i * FRAME + SHIFT, &item, &lost));
      g_assert_cmpint ((gint64) item.time_ns + base_ns, ==,
                       (gint64) (i * FRAME + SHIFT - 30 * MS));
    }
    rw_playout_free (player.playout);
  }
}

/* Somebody sets the date of a host: the audio is not moved by it. */
static void
test_a_date_that_is_wrong_moves_nothing (void)
{
  Player player;
  RwPlayoutItem item;
  guint64 lost = 0;

  player_init (&player, RW_DELIVERY_COMPLETE, 200 * MS);
  rw_playout_set_origin (player.playout, 3600 * (gint64) SEC);
  for (guint64 i = 0; i < 100; i++) {
    take_live (&player, i);
    g_assert_true (pop_frame (&player, i * FRAME + SHIFT, &item, &lost));
    g_assert_cmpuint (item.time_ns, ==, i * FRAME + SHIFT);
  }
  rw_playout_free (player.playout);
}

/* A receiver that was paused for 2 s, and has had the frames of the pause. */
static void
test_a_jump_is_to_what_is_live (void)
{
  Player player;
  RwPlayoutItem item;
  guint64 lost = 0;

  player_init (&player, RW_DELIVERY_COMPLETE, 200 * MS);
  for (guint64 i = 0; i < 100; i++) {
    take_live (&player, i);
    g_assert_true (pop_frame (&player, i * FRAME + SHIFT, &item, &lost));
  }
  for (guint64 i = 100; i < 200; i++)
    take_live (&player, i);
  rw_playout_jump (player.playout, FALSE, 200 * FRAME + SHIFT);
  take_live (&player, 200);
  g_assert_true (pop_frame (&player, 200 * FRAME + SHIFT, &item, &lost));
  g_assert_cmpuint (item.time_ns, ==, 200 * FRAME + SHIFT);
  g_assert_true (item.is_discont);
  g_assert_cmpuint (lost, ==, 100);
  rw_playout_free (player.playout);
}

/*
 * A source whose sink renders each frame when the pipeline's latency after its
 * time is over, and holds up the source's thread until then. Frame I comes
 * late(I) after it was complete.
 */
typedef struct {
  RwDelivery delivery;
  guint64 latency_ns, pipeline_ns, frame_ns;
  guint64 (*late_ns) (guint64 index);
  guint64 n_handed[2], n_lost[2]; /* before the change, and after it */
  gint64 behind_ns;               /* of the last frame, beside the quickest */
} Synchronized;

#define CHANGE (300 * 20 * MS)

static void
take_late (Player *player, const Synchronized *test, guint64 index)
{
  RwFrame frame = make_frame (index);

  frame.running_time_ns = index * test->frame_ns;
  frame.duration = (guint32) (test->frame_ns * 48 / MS);
  rw_window_insert (player->window, player->serial, &frame, NULL, RW_LANE_LIVE);
  rw_playout_observe (player->playout, player->serial, &frame,
                      frame.running_time_ns + test->frame_ns + SHIFT +
                          test->late_ns (index),
                      &player->rtt);
}

static void
render_frames (Synchronized *test)
{
  guint64 free_ns = 0, next = 0;
  Player player;
  RwPlayoutItem item;

  player_init (&player, test->delivery, test->latency_ns);
  rw_playout_set_pipeline_latency (player.playout, test->pipeline_ns);
  for (guint64 now_ns = SHIFT; now_ns < SHIFT + 2 * CHANGE; now_ns += MS / 2) {
    guint after = now_ns >= SHIFT + CHANGE;
    guint64 lost = 0;

    while ((next + 1) * test->frame_ns + SHIFT + test->late_ns (next) <= now_ns)
      take_late (&player, test, next++);
    if (now_ns >= free_ns && pop_frame (&player, now_ns, &item, &lost)) {
      /* A thread is woken up late by a little. */
      free_ns = item.time_ns + test->pipeline_ns + 3 * MS;
      test->n_handed[after]++;
      test->behind_ns = (gint64) (item.time_ns - SHIFT - test->frame_ns -
                                  item.window.frame.running_time_ns);
    }
    test->n_lost[after] += lost;
  }
  rw_playout_free (player.playout);
}

static guint64
never_late (guint64 index)
{
  return 0;
}

/* A sink that holds up the source's thread makes no frame too old, however
 * short they are and whatever else of the pipeline takes time. */
static void
test_a_synchronized_sink_gets_every_frame (void)
{
  static const guint64 pipelines[] = {40 * MS, 65 * MS, 500 * MS};
  static const guint64 frames[] = {5 * MS / 2, 10 * MS, 20 * MS, 60 * MS};

  for (guint i = 0; i < G_N_ELEMENTS (pipelines); i++)
    for (guint k = 0; k < G_N_ELEMENTS (frames); k++) {
      Synchronized test = {.delivery = RW_DELIVERY_LIVE,
                           .latency_ns = 40 * MS,
                           .pipeline_ns = pipelines[i],
                           .frame_ns = frames[k],
                           .late_ns = never_late};

      render_frames (&test);
      g_assert_cmpuint (test.n_lost[0] + test.n_lost[1], ==, 0);
      g_assert_cmpuint (test.n_handed[1], >=, CHANGE / frames[k] - 30);
    }
}

static guint64
late_before_the_change (guint64 index)
{
  return index < CHANGE / FRAME ? 70 * MS : 0;
}

/* The path becomes quicker: what was on time is too old now. So much is left
 * out, and no more. */
static void
test_live_follows_a_quicker_path (void)
{
  Synchronized test = {.delivery = RW_DELIVERY_LIVE,
                       .latency_ns = 40 * MS,
                       .pipeline_ns = 40 * MS,
                       .frame_ns = FRAME,
                       .late_ns = late_before_the_change};

  render_frames (&test);
  g_assert_cmpuint (test.n_lost[0], ==, 0);
  g_assert_cmpuint (test.n_lost[1], <=, 4);
  g_assert_cmpuint (test.n_handed[1], >=, CHANGE / FRAME - 10);
  g_assert_cmpint (test.behind_ns, <=, (gint64) FRAME);
}

static guint64
late_at_first (guint64 index)
{
  guint64 quicker = index < 30 ? 0 : (index - 29) * FRAME;

  return quicker > 250 * MS ? 0 : 250 * MS - quicker;
}

/* A busy machine brings the first live frames 250 ms late. */
static void
test_a_late_start_is_made_good (void)
{
  for (RwDelivery i = RW_DELIVERY_COMPLETE; i <= RW_DELIVERY_LIVE; i++) {
    Synchronized test = {.delivery = i,
                         .latency_ns = 40 * MS,
                         .pipeline_ns = 40 * MS,
                         .frame_ns = FRAME,
                         .late_ns = late_at_first};

    render_frames (&test);
    g_assert_cmpuint (test.n_lost[0], <=, i == RW_DELIVERY_LIVE ? 15 : 0);
    g_assert_cmpuint (test.n_lost[1], ==, 0);
    g_assert_cmpint (test.behind_ns, <=, (gint64) FRAME);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/playout/" name, func)
  ADD ("backlog", test_a_backlog_waits_for_the_live_lane);
  ADD ("live", test_live_hands_on_nothing_old);
  ADD ("complete", test_complete_hands_on_everything);
  ADD ("capture", test_receivers_agree_by_capture_time);
  ADD ("date", test_a_date_that_is_wrong_moves_nothing);
  ADD ("jump", test_a_jump_is_to_what_is_live);
  ADD ("synchronized", test_a_synchronized_sink_gets_every_frame);
  ADD ("quicker-path", test_live_follows_a_quicker_path);
  ADD ("late-start", test_a_late_start_is_made_good);
  return g_test_run ();
}
