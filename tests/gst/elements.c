/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-element-side.h"

/* The two elements against each other on loopback: what goes in comes out. */

#define N_PACKETS 100

static void
test_every_packet_comes_out_once_in_order (void)
{
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("");
  g_autoptr (RwSide) src = NULL;

  rw_side_play (sink);
  src = rw_side_new_opus_src (sink, "");
  rw_side_play (src);
  rw_side_wait_stat (sink, "consumers", 1);
  rw_side_push (sink, 0, N_PACKETS);
  rw_side_end (sink);
  rw_side_wait_eos (src);
  rw_side_wait_eos_message (sink);
  rw_side_assert_numbers (src, 0, N_PACKETS);
  rw_side_assert_same (sink, src);
  rw_side_assert_quiet (sink);
  rw_side_assert_quiet (src);
}

/* The goodbye is waited for as long as it takes, not for a fixed time. */
static void
test_stop_is_quick (void)
{
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("");
  g_autoptr (RwSide) src = NULL;
  gint64 start_us, src_us, sink_us;

  rw_side_play (sink);
  src = rw_side_new_opus_src (sink, "");
  rw_side_play (src);
  rw_side_wait_stat (sink, "consumers", 1);
  rw_side_push (sink, 0, N_PACKETS);
  rw_side_wait_buffers (src, N_PACKETS);
  start_us = g_get_monotonic_time ();
  rw_side_stop (src);
  src_us = g_get_monotonic_time () - start_us;
  start_us = g_get_monotonic_time ();
  rw_side_stop (sink);
  sink_us = g_get_monotonic_time () - start_us;
  g_test_message ("source %" G_GINT64_FORMAT " us, sink %" G_GINT64_FORMAT
                  " us",
                  src_us, sink_us);
  g_assert_cmpint (src_us, <, G_TIME_SPAN_SECOND);
  g_assert_cmpint (sink_us, <, G_TIME_SPAN_SECOND);
}

int
main (int argc, char **argv)
{
  rw_side_init (&argc, &argv);
  g_test_add_func ("/gst/elements/every-packet-once-in-order",
                   test_every_packet_comes_out_once_in_order);
  g_test_add_func ("/gst/elements/stop-is-quick", test_stop_is_quick);
  return g_test_run ();
}
