/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-brain-message.h"
#include "rw-signal-message.h"

G_BEGIN_DECLS

/* Two numbers of twenty digits with their names, a brace and a NUL. */
#define RW_BRAIN_JSON_MAX_NUMBERS 64

/* Between the typed messages of the wire and those of the server's brain. */

RwBrainMessage *rw_brain_message_from_signal (const RwSignalMessage *signal);
char *rw_brain_message_to_json (const RwBrainMessage *self);
gsize rw_brain_json_print_numbers (char *tail, guint64 seq, gboolean has_ack,
                                   guint64 ack);
char *rw_brain_json_add_member (const char *text, const char *member,
                                const char *json);

G_END_DECLS
