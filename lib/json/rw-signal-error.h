/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define RW_SIGNAL_ERROR (rw_signal_error_quark ())

/**
 * RwSignalError:
 * @RW_SIGNAL_ERROR_TOO_LARGE: the frame is over the limit; it was not read
 * @RW_SIGNAL_ERROR_TOO_DEEP: brackets are nested deeper than any message
 * needs
 * @RW_SIGNAL_ERROR_SYNTAX: not one JSON value
 * @RW_SIGNAL_ERROR_UNKNOWN_TYPE: well-formed, with an unknown `type`
 * @RW_SIGNAL_ERROR_INVALID: a known type with a field missing or wrong
 *
 * The faults of a signalling message from an untrusted peer. The error texts
 * may be sent back to it: they name members, and never contain local data.
 */
typedef enum {
  RW_SIGNAL_ERROR_TOO_LARGE,
  RW_SIGNAL_ERROR_TOO_DEEP,
  RW_SIGNAL_ERROR_SYNTAX,
  RW_SIGNAL_ERROR_UNKNOWN_TYPE,
  RW_SIGNAL_ERROR_INVALID,
} RwSignalError;

GQuark rw_signal_error_quark (void);

/** rw_signal_error_set_invalid: replaces *@error, if it is wanted, by an
 * RW_SIGNAL_ERROR_INVALID. Returns FALSE. */
gboolean rw_signal_error_set_invalid (GError **error, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

G_END_DECLS
