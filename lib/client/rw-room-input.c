/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-room-input.h"

#include <string.h>

#include "rw-failure.h"
#include "rw-json-text.h"
#include "rw-signal-json.h"

/* The bytes around the JSON of the application in a message. */
#define ENVELOPE_BYTES 4096

gboolean
rw_room_input_check_id (const char *room_id, GError **error)
{
  gsize len = strlen (room_id);

  if (len > 0 && len <= RW_SIGNAL_MAX_ID && g_utf8_validate (room_id, -1, NULL))
    return TRUE;
  g_set_error_literal (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
                       "A room's id must be 1 to 256 bytes of UTF-8");
  return FALSE;
}

gboolean
rw_room_input_check_json (const char *text, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gsize len = text != NULL ? strlen (text) : 0;

  if (text == NULL)
    return TRUE;
  if (len > RW_SIGNAL_MAX_FRAME - ENVELOPE_BYTES) {
    g_set_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
                 "A text of %" G_GSIZE_FORMAT
                 " bytes is too long for a room; at "
                 "most %d bytes fit in a message",
                 len, RW_SIGNAL_MAX_FRAME - ENVELOPE_BYTES);
    return FALSE;
  }
  if (rw_json_text_check (text, len, RW_JSON_TEXT_MAX_DEPTH - 1, &cause))
    return TRUE;
  g_set_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
               "The text for a room must be JSON: %s", cause->message);
  return FALSE;
}
