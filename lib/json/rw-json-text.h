/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The gate before json-glib, for text from untrusted peers. json-glib recurses,
 * and takes more than JSON: comments, hexadecimal, lone surrogates, numbers
 * that overflow. A text that passes here is strict JSON, and safe to hand on.
 */

#define RW_JSON_TEXT_MAX_DEPTH 48

gboolean rw_json_text_check (const char *text, gsize len, guint max_depth,
                             GError **error);

G_END_DECLS
