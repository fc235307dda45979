/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-error.h"

G_DEFINE_QUARK (rw - signal - error - quark, rw_signal_error)

gboolean
rw_signal_error_set_invalid (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_clear_error (error);
  if (error != NULL)
    *error = g_error_new_valist (RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_INVALID,
                                 format, args);
  va_end (args);
  return FALSE;
}
