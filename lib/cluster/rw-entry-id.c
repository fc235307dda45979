/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-entry-id.h"

/** rw_entry_id_parse: FALSE if @text is no such id. */
gboolean
rw_entry_id_parse (RwEntryId *self, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text != NULL ? text : "", "-", 2);

  return g_strv_length (parts) == 2 &&
         g_ascii_string_to_unsigned (parts[0], 10, 0, G_MAXINT64,
                                     &self->sequence, NULL) &&
         g_ascii_string_to_unsigned (parts[1], 10, 0, G_MAXINT64, &self->note,
                                     NULL);
}

char *
rw_entry_id_print (const RwEntryId *self)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT,
                          self->sequence, self->note);
}

int
rw_entry_id_compare (const RwEntryId *a, const RwEntryId *b)
{
  if (a->sequence != b->sequence)
    return a->sequence < b->sequence ? -1 : 1;
  return a->note < b->note ? -1 : a->note > b->note;
}

/** rw_entry_id_follows: without a hole, in which more was dropped than had been
 * read. */
gboolean
rw_entry_id_follows (const RwEntryId *self, const RwEntryId *before)
{
  return (self->sequence == before->sequence &&
          self->note == before->note + 1) ||
         (self->sequence == before->sequence + 1 && self->note == 0);
}
