/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwFormatTable: the formats (caps texts) of a stream and their ids; part of
 * #RwJournal. A caller-owned struct without a lock: the journal's owner holds
 * one around every call. Owns the texts, which live as long as the table.
 */

typedef struct {
  gsize bytes; /* of all texts */
  /*< private >*/
  GPtrArray *texts;
  GHashTable *ids; /* of the texts */
} RwFormatTable;

void rw_format_table_init (RwFormatTable *table);
void rw_format_table_clear (RwFormatTable *table);

/* As rw_journal_add_format(). */
gint rw_format_table_add (RwFormatTable *table, const gchar *caps);

/* The text of a format, or NULL. */
const gchar *rw_format_table_get (const RwFormatTable *table, guint id);
guint rw_format_table_get_n (const RwFormatTable *table);

G_END_DECLS
