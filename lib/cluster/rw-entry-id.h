/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** RwEntryId: of an entry in a room's stream: of the message, and how many
 * entries have followed that one. */
typedef struct {
  guint64 sequence;
  guint64 note;
} RwEntryId;

gboolean rw_entry_id_parse (RwEntryId *self, const char *text);
char *rw_entry_id_print (const RwEntryId *self);
int rw_entry_id_compare (const RwEntryId *a, const RwEntryId *b);
gboolean rw_entry_id_follows (const RwEntryId *self, const RwEntryId *before);

G_END_DECLS
