/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/base.h>

#include "rw-talk-gate.h"
#include "rw-transmitter.h"

G_BEGIN_DECLS

/*
 * RwJournalSink: the end of the sink's data path, a GstBaseSink that appends
 * each Opus packet to the transmitter and returns. It never waits for the
 * clock, and waits for the network only at EOS.
 *
 * Thread: the upstream streaming thread; the EOS timeout from any thread.
 */
#define RW_TYPE_JOURNAL_SINK (rw_journal_sink_get_type ())
G_DECLARE_FINAL_TYPE (RwJournalSink, rw_journal_sink, RW, JOURNAL_SINK,
                      GstBaseSink)

#define RW_DEFAULT_EOS_TIMEOUT (30 * GST_SECOND)

/* @gate decides what is recorded; it outlives the element. */
GstElement *rw_journal_sink_new (RwTransmitter *transmitter, RwTalkGate *gate);

void rw_journal_sink_set_eos_timeout (RwJournalSink *self,
                                      GstClockTime timeout);
GstClockTime rw_journal_sink_get_eos_timeout (RwJournalSink *self);

/* Whether input that is not live is taken at the pace of the clock; TRUE. Holds
 * from the next segment on. */
void rw_journal_sink_set_sync (RwJournalSink *self, gboolean sync);
gboolean rw_journal_sink_get_sync (RwJournalSink *self);

G_END_DECLS
