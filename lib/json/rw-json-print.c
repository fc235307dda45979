/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-json-print.h"

#include <string.h>

/** rw_json_print_name: of the next member of an object; with the comma before
 * it, but for the first. */
void
rw_json_print_name (GString *out, const char *name)
{
  if (out->len > 0 && out->str[out->len - 1] != '{')
    g_string_append_c (out, ',');
  rw_json_print_string (out, name);
  g_string_append_c (out, ':');
}

static void
print_escape (GString *out, guchar c)
{
  static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\";
  const char *found = strchr (letters, c);

  /* A session description has hundreds of line ends. */
  if (found == NULL) {
    g_string_append_printf (out, "\\u%04x", c);
    return;
  }
  g_string_append_c (out, '\\');
  g_string_append_c (out, found[1]);
}

static gboolean
needs_escape (guchar c)
{
  return c < 0x20 || c == 0x7f || c == '"' || c == '\\';
}

/** rw_json_print_string: @text: (nullable): UTF-8; NULL gives null */
void
rw_json_print_string (GString *out, const char *text)
{
  const char *plain = text;

  if (text == NULL) {
    g_string_append (out, "null");
    return;
  }

  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p++) {
    if (!needs_escape ((guchar) *p))
      continue;
    g_string_append_len (out, plain, p - plain);
    print_escape (out, (guchar) *p);
    plain = p + 1;
  }
  g_string_append (out, plain);
  g_string_append_c (out, '"');
}

/** rw_json_print_double: finite; with a point or an exponent in it. */
void
rw_json_print_double (GString *out, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_dtostr (text, sizeof text, value);
  g_string_append (out, text);
  if (strpbrk (text, ".e") == NULL)
    g_string_append (out, ".0");
}

/** rw_json_add_member: @json is a value's text, @text an object's, which has a
 * member already. */
char *
rw_json_add_member (const char *text, const char *name, const char *json)
{
  gsize len = strlen (text);

  g_return_val_if_fail (len > 2 && text[len - 1] == '}', NULL);

  return g_strdup_printf ("%.*s,\"%s\":%s}", (int) len - 1, text, name, json);
}
