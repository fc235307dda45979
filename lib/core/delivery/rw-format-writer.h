/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-journal.h"
#include "rw-link.h"

G_BEGIN_DECLS

/*
 * RwFormatWriter: sends the journal's formats, each again until the receiver
 * has confirmed it; part of #RwSendEndpoint. A caller-owned struct, all zero at
 * first.
 */
typedef struct {
  /*< private >*/
  guint n_known; /* confirmed by the receiver */
  guint n_sent;
  gint64 sent_us;
} RwFormatWriter;

/* The receiver has confirmed the first @n formats. */
void rw_format_writer_confirm (RwFormatWriter *writer, guint n);

/* Whether a FORMAT is due; @out is that FORMAT. */
gboolean rw_format_writer_next (RwFormatWriter *writer, RwJournal *journal,
                                RwLink *link, gint64 now_us, RwMessage *out);

/* When the formats are sent again, G_MAXINT64 for never. */
gint64 rw_format_writer_get_due (const RwFormatWriter *writer,
                                 RwJournal *journal, const RwRtt *rtt);

G_END_DECLS
