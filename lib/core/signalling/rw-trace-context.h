/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The traceparent of W3C Trace Context (https://www.w3.org/TR/trace-context/),
 * which belongs a message to a distributed trace. Pure. */

/** RW_TRACEPARENT_LENGTH: of version 00, in bytes. */
#define RW_TRACEPARENT_LENGTH 55

gboolean rw_traceparent_is_valid (const char *text);

G_END_DECLS
