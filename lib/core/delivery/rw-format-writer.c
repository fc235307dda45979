/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-format-writer.h"

#include <string.h>

void
rw_format_writer_confirm (RwFormatWriter *writer, guint n)
{
  writer->n_known = MAX (writer->n_known, n);
}

gboolean
rw_format_writer_next (RwFormatWriter *writer, RwJournal *journal, RwLink *link,
                       gint64 now_us, RwMessage *out)
{
  guint n = rw_journal_get_n_formats (journal);
  gint64 rto = rw_rtt_get_rto_us (&link->rtt);
  guint id;

  if (writer->n_sent >= n && writer->n_known < n &&
      now_us - writer->sent_us >= rto)
    writer->n_sent = writer->n_known;
  writer->n_sent = MAX (writer->n_sent, writer->n_known);
  if (writer->n_sent >= n)
    return FALSE;
  id = writer->n_sent++;
  writer->sent_us = now_us;
  rw_link_stamp (link, RW_MESSAGE_FORMAT, now_us, out);
  out->format.id = id;
  out->format.caps = rw_journal_get_format (journal, id);
  out->format.length = strlen (out->format.caps);
  return TRUE;
}

gint64
rw_format_writer_get_due (const RwFormatWriter *writer, RwJournal *journal,
                          const RwRtt *rtt)
{
  if (writer->n_known >= rw_journal_get_n_formats (journal))
    return G_MAXINT64;
  return writer->sent_us + rw_rtt_get_rto_us (rtt);
}
