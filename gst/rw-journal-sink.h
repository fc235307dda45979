/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/base.h>

#include "rw-transmitter.h"

G_BEGIN_DECLS

/*
 * RwJournalSink: the end of the sink's data path, a GstBaseSink that appends
 * each Opus packet to the transmitter and returns. It does not wait for the
 * clock, and for the network at EOS alone.
 *
 * Thread: the upstream streaming thread; the EOS timeout from any thread.
 */
#define RW_TYPE_JOURNAL_SINK (rw_journal_sink_get_type ())
G_DECLARE_FINAL_TYPE (RwJournalSink, rw_journal_sink, RW, JOURNAL_SINK,
                      GstBaseSink)

#define RW_DEFAULT_EOS_TIMEOUT (30 * GST_SECOND)

GstElement *rw_journal_sink_new (RwTransmitter *transmitter);

void rw_journal_sink_set_eos_timeout (RwJournalSink *self,
                                      GstClockTime timeout);
GstClockTime rw_journal_sink_get_eos_timeout (RwJournalSink *self);

G_END_DECLS
