/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-host.h"
#include "test-side.h"

G_BEGIN_DECLS

/*
 * Sinks that talk in the room "stage" of a server in this process, and who
 * listens to one of them. The pad of a talker is its input; recorded frames are
 * those that its journal counts.
 */

#define TEST_FLOOR "resilient-webrtc-floor"
#define TEST_ROOM  "resilient-webrtc-room"

void test_talker_start_host (TestHost *host, guint floor_grace_ms);

/* Playing; with floor=request and @properties. */
TestSide *test_talker_new (guint port, const char *name,
                           const char *properties);

/* Of all that @producer sends, from its oldest frame on. */
TestSide *test_talker_new_listener (guint port, const char *producer);

void test_talker_press (TestSide *side, gboolean pressed);

/* A condition for test_side_wait(); @wanted is a boolean. */
gboolean test_talker_is_on_air (TestSide *side, gpointer wanted);
void test_talker_wait_on_air (TestSide *side, gboolean on_air);

/* Element messages called @name (TEST_FLOOR, TEST_ROOM) with this event. */
void test_talker_wait_events (TestSide *side, const char *name,
                              const char *event, guint n);

/* Those of the floor so far. */
guint test_talker_count_events (TestSide *side, const char *event);

/* Buffers through the pad so far. */
guint test_talker_count_input (TestSide *side);

/* Lets @n more buffers of the input pass. */
void test_talker_pass_input (TestSide *side, guint n);

guint64 test_talker_count_recorded (TestSide *side);

/* 25 more buffers come in and none is recorded, but for one frame that was on
 * its way to the journal. */
void test_talker_check_silent (TestSide *side, guint64 recorded);

guint test_talker_count_states (TestSide *side, const char *state);

/* Between the end of a buffer and the begin of the next one. */
GstClockTime test_talker_get_longest_hole (TestSide *side);

G_END_DECLS
