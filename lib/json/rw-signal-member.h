/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "rw-signal-message.h"
#include "rw-signal-schema.h"

G_BEGIN_DECLS

/* Reads one member of a signalling message, by its row in the table of
 * rw-signal-schema.h. Any thread; owns nothing. */

/** rw_signal_member_read: @object: which holds the member, or lacks it. FALSE
 * with an RW_SIGNAL_ERROR_INVALID if it is not what the table requires. */
gboolean rw_signal_member_read (JsonObject *object,
                                const RwSignalMember *member,
                                RwSignalMessage *message, GError **error);

G_END_DECLS
