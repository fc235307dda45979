/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Checks the input of an application for a room before it is sent: a server
 * could not say which request it has rejected. Errors are RW_FAILURE_ERROR.
 * Pure.
 */

/** rw_room_input_check_id: 1 to 256 bytes of UTF-8. */
gboolean rw_room_input_check_id (const char *room_id, GError **error);

/** rw_room_input_check_json: @text: (nullable): JSON that fits in a message. */
gboolean rw_room_input_check_json (const char *text, GError **error);

G_END_DECLS
