/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-link.h"
#include "rw-window.h"

G_BEGIN_DECLS

/*
 * RwAckWriter: decides when the receiver acknowledges, and fills in the ACK;
 * part of #RwReceiveEndpoint. A caller-owned struct.
 *
 * Every @interval_us at rest, oftener while frames are missing, at once (10 ms
 * apart) when an ack is wanted or the stream was handed on to its end; rarer
 * on a session that is down. At rest an ack goes along with what arrives: a
 * little early when something has arrived just now, and a timer is set a little
 * late, so that a packet comes before it.
 */
typedef struct {
  gboolean wanted;
  gboolean has_arrival; /* just now; set and reset by the owner */
  /*< private >*/
  gint64 interval_us;
  gint64 last_us;
  gboolean stated_not_receiving;
  gboolean stated_finished;
} RwAckWriter;

void rw_ack_writer_init (RwAckWriter *writer, gint64 interval_us);

/* Wants an ack if @liveness differs from what the last ack stated. */
void rw_ack_writer_note_liveness (RwAckWriter *writer,
                                  const RwLiveness *liveness);

/* When to look for an ack again, if nothing arrives before. */
gint64 rw_ack_writer_get_deadline (const RwAckWriter *writer,
                                   const RwLink *link, const RwWindow *window,
                                   guint64 known_to);

/* When the next ack is due; below @known_to every frame should be here. */
gint64 rw_ack_writer_get_due (const RwAckWriter *writer, const RwLink *link,
                              const RwWindow *window, guint64 known_to);

/* Fills in an ACK that is sent now. */
void rw_ack_writer_fill (RwAckWriter *writer, RwLink *link,
                         const RwWindow *window, guint64 known_to,
                         gint64 now_us, RwMessage *out);

G_END_DECLS
