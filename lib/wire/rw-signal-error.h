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
 * @RW_SIGNAL_ERROR_UNKNOWN_TYPE: well-formed, with a `type` nobody knows
 * @RW_SIGNAL_ERROR_INVALID: a known type with a field missing or wrong
 *
 * What can be wrong with a signalling message from a stranger. The messages
 * may be sent back to it: they name fields, never the contents of ours.
 */
typedef enum {
  RW_SIGNAL_ERROR_TOO_LARGE,
  RW_SIGNAL_ERROR_TOO_DEEP,
  RW_SIGNAL_ERROR_SYNTAX,
  RW_SIGNAL_ERROR_UNKNOWN_TYPE,
  RW_SIGNAL_ERROR_INVALID,
} RwSignalError;

GQuark rw_signal_error_quark (void);

G_END_DECLS
