/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When clicks pass a pad: the delay from one program's pad to another's is the
 * delay from mouth to ear. A click is a burst of TEST_CLICK_MS of a tone in
 * silence; its pitch tells it from its neighbours. One line for each:
 *
 *   C wall_us number time_ns
 *
 * wall_us is when its first sample is due: at a source when the clock reaches
 * its running time, at a sink the latency of the pipeline later, or when it
 * came if that is later still. Wall-clock microseconds, as in
 * test-frame-log.h. The number is that of the tone, from 0 to
 * TEST_CLICK_TONES - 1; time_ns is the sample's time in the stream. */
#pragma once

#include <stdio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define TEST_CLICK_RATE  48000
#define TEST_CLICK_TONES 12
#define TEST_CLICK_MS    20

/** test_click_hz: of the tone with this number. */
#define test_click_hz(number) (500 + 250 * (number))

/**
 * test_click_log_attach:
 * @pad: of audio/x-raw, S16LE, mono, TEST_CLICK_RATE; of a sink, to count its
 *   latency in. @file must live longer than the pad.
 */
void test_click_log_attach (GstPad *pad, FILE *file);

G_END_DECLS
