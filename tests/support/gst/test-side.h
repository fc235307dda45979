/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * One pipeline around one of the two elements, as a test sees it: what went
 * through the element's pad, and every message that came to the bus. Messages
 * are taken in a sync handler, so no main loop is needed; waits are on
 * conditions, with the deadline of a hung machine.
 *
 * Threads: a side may be used from any thread; records are under its lock.
 */
typedef struct {
  GstElement *pipeline;
  GstElement *element; /* the one that is named "it" */
  GstElement *feed;    /* appsrc named "in", or NULL */
  GstPad *pad;

  GMutex lock;
  GCond changed;
  GPtrArray *messages; /* GstMessage */
  GPtrArray *buffers;  /* GstBuffer, through the pad */
  GArray *arrivals;    /* GstClockTime: the running time at each of them */
  GArray *gaps;        /* GstClockTime pairs of GAP events: start, duration */
  GPtrArray *caps;     /* GstCaps, through the pad */
  GPtrArray *segments; /* GstEvent */
  gboolean eos;        /* EOS went through the pad */
} TestSide;

/* A condition that a test waits for; checked at every change, under the
 * lock. */
typedef gboolean (*TestSideCondition) (TestSide *side, gpointer data);

/* The launch line names the element "it", and the appsrc, if any, "in". */
TestSide *test_side_new (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* To NULL, and everything is freed. */
void test_side_free (TestSide *side);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestSide, test_side_free)

/* A sink with its own server on any free port, fed with Opus by test_side_push;
 * @properties are further ones of the sink. */
TestSide *test_side_new_opus_sink (const char *properties);

/* A source of what @sink sends, Opus to a fakesink; from the oldest frame on,
 * so that a test may push before the session is open. */
TestSide *test_side_new_opus_src (TestSide *sink, const char *properties);

void test_side_play (TestSide *side);
void test_side_stop (TestSide *side);
guint test_side_get_port (TestSide *side);

/* Pushes @n packets of 20 ms, the first of them numbered @first. */
void test_side_push (TestSide *side, guint64 first, guint n);
GstBuffer *test_side_make_packet (guint64 number);
void test_side_end (TestSide *side);

/**
 * test_side_measure_early:
 *
 * How far ahead of the running time that one of the newest @n buffers came
 * which was ahead most: a busy machine makes buffers late, and none early.
 */
GstClockTimeDiff test_side_measure_early (TestSide *side, guint n);

/* The number in a packet of test_side_push(). */
guint64 test_side_get_number (GstBuffer *buffer);

void test_side_wait (TestSide *side, TestSideCondition condition, gpointer data,
                     const char *what);
void test_side_wait_buffers (TestSide *side, guint n);
void test_side_wait_eos (TestSide *side);

/* Of the side's pipeline as a whole: the bus has an EOS message. */
void test_side_wait_eos_message (TestSide *side);

/* Waits for an element message whose @field is @value (NULL: any). The
 * structure is the side's. */
const GstStructure *test_side_wait_message (TestSide *side, const char *name,
                                            const char *field,
                                            const char *value);
void test_side_wait_state (TestSide *side, const char *state);

/* Waits for the @nth message of @type, from 1. The message is the side's. */
GstMessage *test_side_wait_type (TestSide *side, GstMessageType type,
                                 guint nth);
guint test_side_count_type (TestSide *side, GstMessageType type);
guint test_side_count_messages (TestSide *side, const char *name);

/* Errors of the element and what is in it. */
guint test_side_count_errors (TestSide *side);

/* No error and no warning so far. */
void test_side_assert_quiet (TestSide *side);

/* A number of the element's stats. */
guint64 test_side_get_stat (TestSide *side, const char *name);
void test_side_wait_stat (TestSide *side, const char *name, guint64 value);
void test_side_wait_stat_at_least (TestSide *side, const char *name,
                                   guint64 value);
void test_side_wait_stat_at_most (TestSide *side, const char *name,
                                  guint64 most);

/* The output of @src is packets @first to before @end, once, in order. */
void test_side_assert_numbers (TestSide *src, guint64 first, guint64 end);

/* The frames of @src are the last frames of @sink. */
void test_side_assert_same (TestSide *sink, TestSide *src);

/* The test program's start: the plugin in this process. */
void test_side_init (int *argc, char ***argv);

G_END_DECLS
