/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-stream-id.h"

gboolean
rw_stream_id_parse (const char *text, guint8 *id)
{
  guint n = 0;

  if (!g_uuid_string_is_valid (text))
    return FALSE;
  for (const char *p = text; *p; p++) {
    if (*p == '-')
      continue;
    id[n++] = g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]);
    p++;
  }
  return n == RW_STREAM_ID_SIZE;
}

char *
rw_stream_id_to_string (const guint8 *id)
{
  GString *text = g_string_sized_new (36);

  for (guint i = 0; i < RW_STREAM_ID_SIZE; i++)
    g_string_append_printf (
        text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", id[i]);
  return g_string_free (text, FALSE);
}

void
rw_stream_id_generate (guint8 *id)
{
  g_autofree char *text = g_uuid_string_random ();

  rw_stream_id_parse (text, id);
}
