/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-frame.h"

G_BEGIN_DECLS

/* Stream ids: random UUIDs, 16 bytes on the data channel and text in
 * signalling. Stateless, any thread. */

void rw_stream_id_generate (guint8 *id);
char *rw_stream_id_to_string (const guint8 *id);

/* FALSE if @text is not a UUID; @id is undefined then. */
gboolean rw_stream_id_parse (const char *text, guint8 *id);

G_END_DECLS
