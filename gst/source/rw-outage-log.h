/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-state.h"

G_BEGIN_DECLS

/*
 * RwOutageLog: how soon outages of a source were detected, ended and repaired.
 * Pure book-keeping, with a lock because `stats` is read on any thread.
 */
typedef struct _RwOutageLog RwOutageLog;

/* One repaired outage. */
typedef struct {
  guint64 frames; /* taken by repair */
  gint64 outage_us;
  gint64 catch_up_us; /* from connected again until nothing was missing */
} RwCatchUp;

RwOutageLog *rw_outage_log_new (void);
void rw_outage_log_free (RwOutageLog *log);

/* The session in use, whose last packet arrived at @received_us, is suspect or
 * down now. */
void rw_outage_log_note_silence (RwOutageLog *log, gint64 received_us,
                                 gint64 now_us, gboolean is_down);

/* @repaired: frames taken by repair so far. */
void rw_outage_log_note_state (RwOutageLog *log, RwState state, gint64 now_us,
                               gint64 outage_us, guint64 repaired);

gboolean rw_outage_log_is_catching_up (RwOutageLog *log);
void rw_outage_log_note_caught_up (RwOutageLog *log, gint64 now_us,
                                   guint64 repaired, RwCatchUp *catch_up);

/* Adds outages, and last and worst detection, reconnect and catch-up in ns. */
void rw_outage_log_fill_stats (RwOutageLog *log, GstStructure *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwOutageLog, rw_outage_log_free)

G_END_DECLS
