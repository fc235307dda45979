/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Sources that are kept, named and destroyed. Of the context's thread. */

GSource *rw_server_source_attach (GMainContext *context, GSource *source,
                                  const char *name, GSourceFunc func,
                                  gpointer user_data);
void rw_server_source_clear (GSource **source);

G_END_DECLS
