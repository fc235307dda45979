/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-format-table.h"

#include "rw-frame.h"

#include <string.h>

void
rw_format_table_init (RwFormatTable *table)
{
  table->bytes = 0;
  table->texts = g_ptr_array_new_with_free_func (g_free);
  table->ids = g_hash_table_new (g_str_hash, g_str_equal);
}

void
rw_format_table_clear (RwFormatTable *table)
{
  g_clear_pointer (&table->ids, g_hash_table_unref);
  g_clear_pointer (&table->texts, g_ptr_array_unref);
}

gint
rw_format_table_add (RwFormatTable *table, const gchar *caps)
{
  gpointer id;
  gsize length = strlen (caps);
  gchar *copy;

  if (g_hash_table_lookup_extended (table->ids, caps, NULL, &id))
    return GPOINTER_TO_INT (id);
  if (length == 0 || length > RW_FORMAT_MAX_LENGTH ||
      table->texts->len >= RW_FORMAT_MAX_COUNT)
    return -1;

  copy = g_strdup (caps);
  id = GINT_TO_POINTER ((gint) table->texts->len);
  g_ptr_array_add (table->texts, copy);
  g_hash_table_insert (table->ids, copy, id);
  table->bytes += length + 1;
  return GPOINTER_TO_INT (id);
}

const gchar *
rw_format_table_get (const RwFormatTable *table, guint id)
{
  return id < table->texts->len ? table->texts->pdata[id] : NULL;
}

guint
rw_format_table_get_n (const RwFormatTable *table)
{
  return table->texts->len;
}
