/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-journal.h"
#include "rw-link.h"
#include "rw-live-progress.h"

G_BEGIN_DECLS

/*
 * RwBeatWriter: decides when the sender sends a BEAT, and fills in the status
 * that BEAT and WELCOME carry; part of #RwSendEndpoint. A caller-owned struct;
 * borrows what it reports on.
 *
 * A beat is sent after @idle_us without any packet and at least every @max_us,
 * a little earlier where a live frame is sent at this moment; every @idle_us
 * while either side does not receive; at once (20 ms apart) when one is wanted
 * or the stream ended; rarer on a session that is down.
 */
typedef struct {
  /* set by the owner; the rest begins at zero */
  RwJournal *journal;
  RwLink *link;
  const RwLiveProgress *live;
  gint64 idle_us;
  gint64 max_us;

  gboolean wanted;
  gboolean has_frame;    /* one was sent just now; set and reset by the owner */
  gint64 last_packet_us; /* of any kind, set by the owner */
  /*< private >*/
  gint64 last_us;
  gboolean stated_not_receiving;
  gboolean stated_ended;
} RwBeatWriter;

/* Wants a beat if the link's liveness differs from the last status. */
void rw_beat_writer_note_liveness (RwBeatWriter *writer);

/* Fills in the status of a message that is sent now: it stands for a beat. */
void rw_beat_writer_fill_status (RwBeatWriter *writer, gint64 now_us,
                                 RwStatus *status);

gint64 rw_beat_writer_get_due (const RwBeatWriter *writer);

/* Whether a BEAT is due; @out is that BEAT. */
gboolean rw_beat_writer_next (RwBeatWriter *writer, gint64 now_us,
                              RwMessage *out);

G_END_DECLS
