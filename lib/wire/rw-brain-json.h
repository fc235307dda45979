/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-brain-message.h"
#include "rw-signal-message.h"

G_BEGIN_DECLS

/* Between the typed messages of the wire and those of the server's brain. */

RwBrainMessage *rw_brain_message_from_signal (const RwSignalMessage *signal);
char *rw_brain_message_to_json (const RwBrainMessage *self);
char *rw_brain_json_add_numbers (const char *text, guint64 seq,
                                 gboolean has_ack, guint64 ack);
char *rw_brain_json_add_member (const char *text, const char *member,
                                const char *json);

G_END_DECLS
