/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-side.h"

#include <string.h>

/* The reports of a sink about consumers that lag behind: what they lose, and
 * that its end waits for them. */

#define N_PACKETS 100

static void
on_overrun (GstElement *element, const char *consumer_id, guint64 frames,
            gpointer data)
{
  g_atomic_int_inc ((gint *) data);
}

/* Shed before it was acknowledged, and not lost: the source has all of it. */
static void
test_no_overrun_where_nothing_is_lost (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("max-size-buffers=4");
  g_autoptr (TestSide) src = NULL;
  gint n_overruns = 0;

  g_signal_connect (sink->element, "overrun", G_CALLBACK (on_overrun),
                    &n_overruns);
  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_push (sink, 0, 1);
  test_side_wait_state (src, "connected");
  for (guint i = 0; i < 40; i++) {
    test_side_push (sink, 1 + 10 * i, 10);
    test_side_wait_buffers (src, 1 + 10 * (i + 1));
  }
  g_assert_cmpuint (test_side_get_stat (sink, "shed"), >, 0);
  test_side_end (sink);
  test_side_wait_eos (src);
  test_side_assert_numbers (src, 0, 401);
  test_side_stop (sink);
  g_assert_cmpint (g_atomic_int_get (&n_overruns), ==, 0);
  g_assert_cmpuint (test_side_count_messages (sink, "resilient-webrtc-overrun"),
                    ==, 0);
  test_side_assert_quiet (sink);
}

static GstPadProbeReturn
block (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

static gulong
block_source (TestSide *src)
{
  return gst_pad_add_probe (
      src->pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, block,
      NULL, NULL);
}

static gboolean
has_progress (TestSide *side, gpointer data)
{
  GstProgressType wanted = GPOINTER_TO_INT (data);

  for (guint i = 0; i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);
    g_autofree char *code = NULL;
    g_autofree char *text = NULL;
    GstProgressType type;

    if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_PROGRESS)
      continue;
    gst_message_parse_progress (message, &type, &code, &text);
    if (type != wanted || !g_str_equal (code, "drain"))
      continue;
    g_test_message ("%s", text);
    g_assert_true (type != GST_PROGRESS_TYPE_START ||
                   strstr (text, "recorder"));
    return TRUE;
  }
  return FALSE;
}

/* Its consumer takes nothing: the application learns for whom it waits. */
static void
check_awaited_consumer (gboolean stops)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;
  gulong id;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "consumer-id=recorder");
  id = block_source (src);
  test_side_play (src);
  test_side_wait_stat (sink, "consumers", 1);
  test_side_push (sink, 0, N_PACKETS);
  test_side_end (sink);
  test_side_wait (sink, has_progress, GINT_TO_POINTER (GST_PROGRESS_TYPE_START),
                  "a start");
  if (stops) {
    test_side_stop (sink);
    gst_pad_remove_probe (src->pad, id);
  } else {
    gst_pad_remove_probe (src->pad, id);
    test_side_wait_eos_message (sink);
  }
  test_side_wait (sink, has_progress,
                  GINT_TO_POINTER (stops ? GST_PROGRESS_TYPE_CANCELED
                                         : GST_PROGRESS_TYPE_COMPLETE),
                  "an end");
}

static void
test_end_that_waits_says_for_whom (void)
{
  check_awaited_consumer (FALSE);
  check_awaited_consumer (TRUE);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/elements/no-overrun-where-nothing-is-lost",
                   test_no_overrun_where_nothing_is_lost);
  g_test_add_func ("/gst/elements/end-that-waits-says-for-whom",
                   test_end_that_waits_says_for_whom);
  return test_process_run_tests ();
}
