/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-transmitter.h"

G_BEGIN_DECLS

/*
 * RwDrainProgress: the wait at the end of the stream until the consumers have
 * all of it, told on the bus: GST_MESSAGE_PROGRESS of code "drain" says which
 * consumers are awaited, and for how long. A wait that is over soon says
 * nothing.
 *
 * A caller-owned struct. Thread: streaming.
 */
typedef struct {
  GstElement *element;
  RwTransmitter *transmitter;
  gboolean is_told; /* a START that has no end yet */
} RwDrainProgress;

/* @element posts the messages; it and @transmitter outlive the struct. */
void rw_drain_progress_init (RwDrainProgress *self, GstElement *element,
                             RwTransmitter *transmitter);

/* As rw_transmitter_wait_drained(); goes on after an interruption. */
RwDrain rw_drain_progress_wait (RwDrainProgress *self, GstClockTime timeout);

/* The wait has ended with @drain, for good. */
void rw_drain_progress_end (RwDrainProgress *self, RwDrain drain);

G_END_DECLS
