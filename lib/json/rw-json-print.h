/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Pieces of compact JSON text. */

void rw_json_print_name (GString *out, const char *name);
void rw_json_print_string (GString *out, const char *text);
void rw_json_print_double (GString *out, double value);
char *rw_json_add_member (const char *text, const char *name, const char *json);

G_END_DECLS
