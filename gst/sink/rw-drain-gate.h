/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-cursor.h"

G_BEGIN_DECLS

/*
 * RwDrainGate: where the streaming thread waits at the end of the stream until
 * the consumers have all of it. A caller-owned struct; the owner's lock guards
 * it.
 */
typedef struct {
  GCond changed; /* on an acknowledgement and on an interrupt */
  gboolean interrupted;
  GHashTable *finished; /* ids of consumers that have confirmed the end */
} RwDrainGate;

typedef enum {
  RW_DRAIN_DONE,
  RW_DRAIN_TIMED_OUT,
  RW_DRAIN_INTERRUPTED,
} RwDrain;

void rw_drain_gate_init (RwDrainGate *gate);
void rw_drain_gate_clear (RwDrainGate *gate);

/* Another stream begins, whose end no consumer has confirmed. */
void rw_drain_gate_reset (RwDrainGate *gate);

/* The consumer has confirmed the end of the stream. */
void rw_drain_gate_finish (RwDrainGate *gate, const char *consumer_id);

/* The consumer has left. */
void rw_drain_gate_forget (RwDrainGate *gate, const char *consumer_id);

/* A cursor has moved or is gone: a wait looks again. */
void rw_drain_gate_change (RwDrainGate *gate);

/* Ends a wait, and refuses new ones until it is called with FALSE. */
void rw_drain_gate_interrupt (RwDrainGate *gate, gboolean interrupt);

/**
 * rw_drain_gate_wait:
 * @lock: the owner's; released while waiting
 *
 * Waits until every consumer in @cursors has confirmed the end.
 */
RwDrain rw_drain_gate_wait (RwDrainGate *gate, GMutex *lock,
                            RwCursorSet *cursors, GstClockTime timeout);

/* Those that have not confirmed the end, for the user. Free it. */
char *rw_drain_gate_describe (RwDrainGate *gate, RwCursorSet *cursors);

G_END_DECLS
