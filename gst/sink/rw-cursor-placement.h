/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cursor.h"
#include "rw-journal.h"
#include "rw-session-request.h"

G_BEGIN_DECLS

/*
 * Where in the journal a consumer's cursor begins, by its request for a
 * session.
 */

/**
 * rw_cursor_place:
 * Adds the cursor of the consumer of @request to @cursors; where it has one,
 * its position counts as an acknowledgement.
 */
void rw_cursor_place (RwCursorSet *cursors, const RwJournal *journal,
                      const RwSessionRequest *request, gint64 now_us);

G_END_DECLS
