/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-resend-queue.h"

#include <string.h>

static guint
text_number (gconstpointer message)
{
  return GPOINTER_TO_UINT (message);
}

static void
forget (gpointer message)
{
}

static void
test_keeps_until_acknowledged (void)
{
  g_autoptr (RwResendQueue) replay = rw_resend_queue_new (3, 16, g_free);
  guint64 seq = 0;

  g_assert_cmpuint (rw_resend_queue_send (replay, g_strdup ("a")), ==, 1);
  g_assert_cmpuint (rw_resend_queue_send (replay, g_strdup ("b")), ==, 2);
  g_assert_null (rw_resend_queue_next (replay, &seq));
  g_assert_true (rw_resend_queue_acknowledge (replay, 1));
  g_assert_cmpuint (rw_resend_queue_get_kept (replay), ==, 1);
  g_assert_true (rw_resend_queue_resume (replay, 1));
  g_assert_cmpstr (rw_resend_queue_next (replay, &seq), ==, "b");
  g_assert_cmpuint (seq, ==, 2);
  g_assert_null (rw_resend_queue_next (replay, &seq));
  g_assert_true (rw_resend_queue_acknowledge (replay, 2));
  g_assert_cmpuint (rw_resend_queue_get_kept (replay), ==, 0);
  /* Late and doubled acknowledgements change nothing. */
  g_assert_true (rw_resend_queue_acknowledge (replay, 1));
  g_assert_cmpuint (rw_resend_queue_send (replay, g_strdup ("c")), ==, 3);
}

static void
test_is_bounded (void)
{
  g_autoptr (RwResendQueue) replay = rw_resend_queue_new (2, 16, g_free);

  rw_resend_queue_send (replay, g_strdup ("a"));
  g_assert_false (rw_resend_queue_is_full (replay));
  rw_resend_queue_send (replay, g_strdup ("b"));
  g_assert_true (rw_resend_queue_is_full (replay));
  g_assert_cmpuint (rw_resend_queue_send (replay, g_strdup ("c")), ==, 0);
  g_assert_true (rw_resend_queue_acknowledge (replay, 2));
  g_assert_cmpuint (rw_resend_queue_send (replay, g_strdup ("c")), ==, 3);
}

static void
test_judges_what_comes (void)
{
  g_autoptr (RwResendQueue) replay = rw_resend_queue_new (2, 2, g_free);

  g_assert_cmpint (rw_resend_queue_receive (replay, 2), ==,
                   RW_RESEND_QUEUE_GAP);
  g_assert_cmpint (rw_resend_queue_receive (replay, 0), ==,
                   RW_RESEND_QUEUE_DUPLICATE);
  g_assert_cmpint (rw_resend_queue_receive (replay, 1), ==,
                   RW_RESEND_QUEUE_NEW);
  g_assert_false (rw_resend_queue_is_ack_due (replay));
  g_assert_cmpint (rw_resend_queue_receive (replay, 2), ==,
                   RW_RESEND_QUEUE_NEW);
  g_assert_true (rw_resend_queue_is_ack_due (replay));
  rw_resend_queue_note_acknowledged (replay);
  g_assert_cmpuint (rw_resend_queue_get_owed (replay), ==, 0);
  /* A side that repeats itself has not received the acknowledgement. */
  g_assert_cmpint (rw_resend_queue_receive (replay, 2), ==,
                   RW_RESEND_QUEUE_DUPLICATE);
  g_assert_cmpuint (rw_resend_queue_get_owed (replay), ==, 1);
  g_assert_cmpint (rw_resend_queue_receive (replay, G_MAXUINT64), ==,
                   RW_RESEND_QUEUE_GAP);
  g_assert_cmpuint (rw_resend_queue_get_received (replay), ==, 2);
}

static void
test_refuses_impossible_acknowledgements (void)
{
  g_autoptr (RwResendQueue) replay = rw_resend_queue_new (8, 16, g_free);

  rw_resend_queue_send (replay, g_strdup ("a"));
  rw_resend_queue_send (replay, g_strdup ("b"));
  g_assert_false (rw_resend_queue_acknowledge (replay, 3));
  g_assert_false (rw_resend_queue_acknowledge (replay, G_MAXUINT64));
  g_assert_false (rw_resend_queue_resume (replay, 3));
  g_assert_true (rw_resend_queue_acknowledge (replay, 2));
  /* It was acknowledged, and so is gone: the other end has lost its mind. */
  g_assert_false (rw_resend_queue_resume (replay, 1));
  g_assert_true (rw_resend_queue_resume (replay, 2));
}

static void
test_reset_begins_anew (void)
{
  g_autoptr (RwResendQueue) replay = rw_resend_queue_new (8, 16, g_free);
  guint64 seq;

  rw_resend_queue_send (replay, g_strdup ("a"));
  rw_resend_queue_receive (replay, 1);
  rw_resend_queue_reset (replay);
  g_assert_true (rw_resend_queue_resume (replay, 0));
  g_assert_null (rw_resend_queue_next (replay, &seq));
  g_assert_cmpuint (rw_resend_queue_send (replay, g_strdup ("b")), ==, 1);
  g_assert_cmpint (rw_resend_queue_receive (replay, 1), ==,
                   RW_RESEND_QUEUE_NEW);
}

/* ---- two ends, and a cable that is cut ---- */

/* A packet on its way: a numbered message, or an acknowledgement alone (seq
 * 0). */
typedef struct {
  guint64 seq;
  guint64 ack;
  guint number;
} Packet;

typedef struct {
  RwResendQueue *replay;
  GQueue wire;     /* of Packet, to the other end */
  guint n_written; /* messages that the application has said */
  guint n_heard;   /* messages that the application was given */
} End;

typedef struct {
  GRand *rand;
  End ends[2];
} World;

static void
put (End *end, guint64 seq, guint number)
{
  Packet *packet = g_new (Packet, 1);

  *packet = (Packet){seq, rw_resend_queue_get_received (end->replay), number};
  rw_resend_queue_note_acknowledged (end->replay);
  g_queue_push_tail (&end->wire, packet);
}

static void
say (End *end)
{
  guint number = end->n_written + 1;

  if (rw_resend_queue_is_full (end->replay))
    return;
  end->n_written++;
  put (end, rw_resend_queue_send (end->replay, GUINT_TO_POINTER (number)),
       number);
}

static void
deliver (World *w, int to)
{
  End *end = &w->ends[to];
  Packet *packet = g_queue_pop_head (&w->ends[1 - to].wire);

  if (packet == NULL)
    return;
  g_assert_true (rw_resend_queue_acknowledge (end->replay, packet->ack));
  if (packet->seq > 0) {
    RwResendQueueVerdict verdict =
        rw_resend_queue_receive (end->replay, packet->seq);

    g_assert_cmpint (verdict, !=, RW_RESEND_QUEUE_GAP);
    /* Exactly once, and in order. */
    if (verdict == RW_RESEND_QUEUE_NEW)
      g_assert_cmpuint (packet->number, ==, ++end->n_heard);
  }
  g_free (packet);
  if (rw_resend_queue_is_ack_due (end->replay))
    put (end, 0, 0);
}

/* Packets on their way are lost; then both say where they are. A resumption may
 * itself be cut short, after any number of messages. */
static void
cut_and_resume (World *w)
{
  for (int i = 0; i < 2; i++)
    g_queue_clear_full (&w->ends[i].wire, g_free);
  for (int i = 0; i < 2; i++) {
    End *end = &w->ends[i];
    gpointer message;
    guint64 seq;

    g_assert_true (rw_resend_queue_resume (
        end->replay, rw_resend_queue_get_received (w->ends[1 - i].replay)));
    while ((message = rw_resend_queue_next (end->replay, &seq)) != NULL)
      put (end, seq, text_number (message));
  }
}

static void
run_life (guint32 seed)
{
  World w = {.rand = g_rand_new_with_seed (seed)};
  int cut_odds = g_rand_int_range (w.rand, 2, 60);

  for (int i = 0; i < 2; i++)
    w.ends[i].replay = rw_resend_queue_new (
        20, (guint) g_rand_int_range (w.rand, 1, 8), forget);
  for (int step = 0; step < 500; step++) {
    int i = g_rand_int_range (w.rand, 0, 2);

    if (g_rand_int_range (w.rand, 0, cut_odds) == 0)
      cut_and_resume (&w);
    else if (g_rand_boolean (w.rand))
      say (&w.ends[i]);
    else
      deliver (&w, i);
  }
  cut_and_resume (&w);
  while (w.ends[0].wire.length + w.ends[1].wire.length > 0) {
    deliver (&w, 0);
    deliver (&w, 1);
  }
  for (int i = 0; i < 2; i++) {
    g_assert_cmpuint (w.ends[i].n_heard, ==, w.ends[1 - i].n_written);
    rw_resend_queue_free (w.ends[i].replay);
  }
  g_rand_free (w.rand);
}

static void
test_exactly_once_through_cuts (void)
{
  for (guint32 seed = 0; seed < 10000; seed++)
    run_life (seed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/replay/keeps-until-acknowledged",
                   test_keeps_until_acknowledged);
  g_test_add_func ("/core/replay/is-bounded", test_is_bounded);
  g_test_add_func ("/core/replay/judges-what-comes", test_judges_what_comes);
  g_test_add_func ("/core/replay/refuses-impossible-acknowledgements",
                   test_refuses_impossible_acknowledgements);
  g_test_add_func ("/core/replay/reset-begins-anew", test_reset_begins_anew);
  g_test_add_func ("/core/replay/exactly-once-through-cuts",
                   test_exactly_once_through_cuts);
  return g_test_run ();
}
