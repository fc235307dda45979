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
  GArray *gaps;        /* GstClockTime pairs of GAP events: start, duration */
  GPtrArray *caps;     /* GstCaps, through the pad */
  GPtrArray *segments; /* GstEvent */
  gboolean eos;        /* EOS went through the pad */
} RwSide;

/* What a test waits for; asked again at every change, under the lock. */
typedef gboolean (*RwSideCondition) (RwSide *side, gpointer data);

/* The launch line names the element "it", and the appsrc, if any, "in". */
RwSide *rw_side_new (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* To NULL, and everything is freed. */
void rw_side_free (RwSide *side);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSide, rw_side_free)

/* A sink with its own server on any free port, fed with Opus by rw_side_push;
 * @properties are further ones of the sink. */
RwSide *rw_side_new_opus_sink (const char *properties);

/* A source of what @sink sends, Opus to a fakesink. */
RwSide *rw_side_new_opus_src (RwSide *sink, const char *properties);

void rw_side_play (RwSide *side);
void rw_side_stop (RwSide *side);
guint rw_side_get_port (RwSide *side);

/* Pushes @n packets of 20 ms, the first of them numbered @first. */
void rw_side_push (RwSide *side, guint64 first, guint n);
GstBuffer *rw_side_make_packet (guint64 number);
void rw_side_end (RwSide *side);

/* The number in a packet of rw_side_push(). */
guint64 rw_side_get_number (GstBuffer *buffer);

void rw_side_wait (RwSide *side, RwSideCondition condition, gpointer data,
                   const char *what);
void rw_side_wait_buffers (RwSide *side, guint n);
void rw_side_wait_eos (RwSide *side);

/* Of the side's pipeline as a whole: the bus has an EOS message. */
void rw_side_wait_eos_message (RwSide *side);

/* Waits for an element message whose @field is @value (NULL: any). The
 * structure is the side's. */
const GstStructure *rw_side_wait_message (RwSide *side, const char *name,
                                          const char *field, const char *value);
void rw_side_wait_state (RwSide *side, const char *state);

/* Waits for the @nth message of @type, from 1. The message is the side's. */
GstMessage *rw_side_wait_type (RwSide *side, GstMessageType type, guint nth);
guint rw_side_count_type (RwSide *side, GstMessageType type);
guint rw_side_count_messages (RwSide *side, const char *name);

/* Errors of the element and what is in it. */
guint rw_side_count_errors (RwSide *side);

/* No error and no warning so far. */
void rw_side_assert_quiet (RwSide *side);

/* A number of the element's stats. */
guint64 rw_side_get_stat (RwSide *side, const char *name);
void rw_side_wait_stat (RwSide *side, const char *name, guint64 value);
void rw_side_wait_stat_at_least (RwSide *side, const char *name, guint64 value);

/* What came out of @src is packets @first to before @end, once, in order. */
void rw_side_assert_numbers (RwSide *src, guint64 first, guint64 end);

/* What went through @src is the end of what went through @sink. */
void rw_side_assert_same (RwSide *sink, RwSide *src);

/* The test program's start: the plugin in this process, a watchdog. */
void rw_side_init (int *argc, char ***argv);

G_END_DECLS
