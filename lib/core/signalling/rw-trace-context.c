/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-trace-context.h"

#include <string.h>

/* 00-<trace id>-<parent id>-<flags>, in lower case hexadecimal digits. */
static const char shape[] =
    "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";

G_STATIC_ASSERT (sizeof shape - 1 == RW_TRACEPARENT_LENGTH);

static gboolean
is_zero (const char *digits, gsize n)
{
  return strspn (digits, "0") >= n;
}

/**
 * rw_traceparent_is_valid:
 *
 * Whether @text has the form of version 00. A later version may append fields
 * after a further dash; version ff and ids of zeros are invalid.
 */
gboolean
rw_traceparent_is_valid (const char *text)
{
  for (gsize i = 0; i < RW_TRACEPARENT_LENGTH; i++) {
    gboolean is_good = shape[i] == '-'
                           ? text[i] == '-'
                           : strchr ("0123456789abcdef", text[i]) != NULL;

    if (text[i] == '\0' || !is_good)
      return FALSE;
  }
  if (g_str_has_prefix (text, "ff") || is_zero (text + 3, 32) ||
      is_zero (text + 36, 16))
    return FALSE;

  return text[RW_TRACEPARENT_LENGTH] == '\0' ||
         (!g_str_has_prefix (text, "00") && text[RW_TRACEPARENT_LENGTH] == '-');
}
