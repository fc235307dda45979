/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-transmitter.h"

G_BEGIN_DECLS

/*
 * RwInputFormat: in which format the sink's input comes: enters its caps in the
 * journal's table of formats, and refuses caps and segments that cannot be
 * sent. A refusal is an error of the element, posted once, and final.
 *
 * A caller-owned struct of the upstream thread; there is nothing to clear.
 */
typedef struct {
  GstElement *element;        /* that posts; not referenced */
  RwTransmitter *transmitter; /* not referenced */
  gint index;                 /* of the caps, in the table; -1 before them */
  gboolean refused;
} RwInputFormat;

/* Both outlive it. */
void rw_input_format_init (RwInputFormat *format, GstElement *element,
                           RwTransmitter *transmitter);

/* A stream begins, whose table of formats is empty. */
void rw_input_format_begin (RwInputFormat *format);

/* Enters @caps, which were accepted before; FALSE when the table is full. */
gboolean rw_input_format_add (RwInputFormat *format, GstCaps *caps);

/* FALSE when @caps or anything before them is refused. */
gboolean rw_input_format_set_caps (RwInputFormat *format, GstCaps *caps);

/* FALSE when the segment of @event is refused: frames are kept, paced and
 * played by their running times. */
gboolean rw_input_format_check_segment (RwInputFormat *format, GstEvent *event);

G_END_DECLS
