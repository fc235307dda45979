/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-source.h"

/** rw_server_source_attach: @name is static. @source itself is returned. */
GSource *
rw_server_source_attach (GMainContext *context, GSource *source,
                         const char *name, GSourceFunc func, gpointer user_data)
{
  g_source_set_static_name (source, name);
  g_source_set_callback (source, func, user_data, NULL);
  g_source_attach (source, context);
  return source;
}

/** rw_server_source_clear: fine when there is none. */
void
rw_server_source_clear (GSource **source)
{
  if (*source == NULL)
    return;

  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}
