/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A record of what passes a pad, one line a buffer and one a serialized event:
 *
 *   F wall_us pts_ns dur_ns size sha1 reference_ns
 *   E wall_us name details
 *
 * Times are wall-clock microseconds: the same clock in every network namespace
 * and in the shell's EPOCHREALTIME. A missing time is -1. */
#pragma once

#include <stdio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * test_frame_log_open: for lines that survive a kill -9.
 * @append: goes on in the file of an earlier process.
 *
 * Returns NULL and says why on the standard error.
 */
FILE *test_frame_log_open (const char *name, gboolean append);

/** test_frame_log_buffer, test_frame_log_event: any thread. */
void test_frame_log_buffer (FILE *file, GstBuffer *buffer);
void test_frame_log_event (FILE *file, GstEvent *event);

/**
 * test_frame_log_attach: logs all that passes @pad. @file must live longer than
 * the pad.
 */
void test_frame_log_attach (GstPad *pad, FILE *file);

G_END_DECLS
