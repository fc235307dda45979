/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define TEST_TONES_MAX 8

/* Of each tone in a mix, so that several make no overflow. */
#define TEST_TONES_VOLUME "0.1"

/**
 * TestTones:
 *
 * Which tones are in the audio that passes a pad (of S16, 48 kHz), in windows
 * of 100 ms. A tone's frequency is a multiple of 10 Hz, so that the others do
 * not show in its place.
 */
typedef struct _TestTones TestTones;

/* Tone number @i has the frequency of test_tones_get_hz(). */
TestTones *test_tones_new (GstPad *pad);
void test_tones_free (TestTones *self);
guint test_tones_get_hz (guint i);

/* Waits for a window with exactly the tones in @mask (bits), after now. */
void test_tones_wait (TestTones *self, guint mask);

/* So many windows more. */
void test_tones_wait_windows (TestTones *self, guint n);

/* Waits until tone @i has the amplitude @amplitude, to a fifth. */
void test_tones_wait_amplitude (TestTones *self, guint i, gdouble amplitude);

/* Windows so far, and those with tone @i in them. */
guint test_tones_count_windows (TestTones *self);
guint test_tones_count (TestTones *self, guint i);

/* The time of the last buffer's end. */
GstClockTime test_tones_get_end (TestTones *self);

G_END_DECLS
