/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-error.h"
#include "rw-signal-message.h"

G_BEGIN_DECLS

/* Signalling messages from JSON text and to it, both by the table of
 * rw-signal-schema.h. */

#define RW_SIGNAL_MAX_FRAME (1024 * 1024)

/* Two numbers of twenty digits with their names, a brace and a NUL. */
#define RW_SIGNAL_JSON_MAX_NUMBERS 64

RwSignalMessage *rw_signal_message_parse (const char *text, gsize len,
                                          GError **error);
gboolean rw_signal_message_peek_seq (const char *text, gsize len, guint64 *seq);

char *rw_signal_message_to_json (const RwSignalMessage *self);
char *rw_signal_message_to_unnumbered_json (const RwSignalMessage *self);
gsize rw_signal_json_print_numbers (char *tail, guint64 seq, gboolean has_ack,
                                    guint64 ack);

G_END_DECLS
