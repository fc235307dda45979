/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-json-text.h"
#include "rw-signal-error.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Hand-written, as jansson (which comes with libjwt, but without its headers)
 * would be a second tree beside json-glib's and recurses to a depth of 2,048
 * that cannot be lowered, while this refuses before anything is allocated.
 *
 * Strictly RFC 8259, minus what C strings and gint64 cannot hold (\u0000,
 * integers over 64 bits, numbers that are infinite as a double). One pass, no
 * recursion: a bit per open bracket says whether it is an object. */

typedef enum {
  WANT_VALUE,
  WANT_VALUE_OR_CLOSE,
  WANT_KEY,
  WANT_KEY_OR_CLOSE,
  WANT_COLON,
  WANT_COMMA_OR_CLOSE,
  WANT_END,
} Want;

typedef struct {
  const char *text;
  const char *p;
  const char *end;
  guint64 objects;
  guint depth;
  guint max_depth;
  Want want;
} Scan;

static gboolean
fail (Scan *s, GError **error, const char *what)
{
  g_set_error (error, RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_SYNTAX,
               "not JSON: %s at byte %" G_GSIZE_FORMAT, what,
               (gsize) (s->p - s->text));
  return FALSE;
}

static gboolean
in_object (const Scan *s)
{
  return s->depth > 0 && (s->objects >> (s->depth - 1) & 1) != 0;
}

static void
after_value (Scan *s)
{
  s->want = s->depth == 0 ? WANT_END : WANT_COMMA_OR_CLOSE;
}

static gboolean
open_bracket (Scan *s, gboolean object, GError **error)
{
  if (s->depth == s->max_depth) {
    g_set_error (error, RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_TOO_DEEP,
                 "the JSON is nested more than %u levels deep", s->max_depth);
    return FALSE;
  }

  s->objects &= ~(G_GUINT64_CONSTANT (1) << s->depth);
  if (object)
    s->objects |= G_GUINT64_CONSTANT (1) << s->depth;
  s->depth++;
  s->p++;
  s->want = object ? WANT_KEY_OR_CLOSE : WANT_VALUE_OR_CLOSE;
  return TRUE;
}

static gboolean
close_bracket (Scan *s, gboolean object, GError **error)
{
  if (s->depth == 0 || in_object (s) != object)
    return fail (s, error, "a bracket that closes nothing");

  s->depth--;
  s->p++;
  after_value (s);
  return TRUE;
}

/* Reads the four digits after \u; -1 where there are none. */
static int
read_hex4 (const Scan *s, const char *p)
{
  int value = 0;

  if (s->end - p < 4)
    return -1;
  for (guint i = 0; i < 4; i++) {
    int digit = g_ascii_xdigit_value (p[i]);

    if (digit < 0)
      return -1;
    value = value * 16 + digit;
  }

  return value;
}

/* At a backslash. Steps over the escape, or over both halves of a pair. */
static gboolean
scan_escape (Scan *s, GError **error)
{
  int unit;

  if (s->end - s->p < 2 || strchr ("\"\\/bfnrtu", s->p[1]) == NULL)
    return fail (s, error, "a bad escape");
  if (s->p[1] != 'u') {
    s->p += 2;
    return TRUE;
  }

  unit = read_hex4 (s, s->p + 2);
  if (unit <= 0 || (unit >= 0xdc00 && unit <= 0xdfff))
    return fail (s, error, "a bad \\u escape");
  s->p += 6;
  if (unit < 0xd800 || unit > 0xdbff)
    return TRUE;

  if (s->end - s->p < 6 || s->p[0] != '\\' || s->p[1] != 'u')
    return fail (s, error, "half of a surrogate pair");
  unit = read_hex4 (s, s->p + 2);
  if (unit < 0xdc00 || unit > 0xdfff)
    return fail (s, error, "half of a surrogate pair");
  s->p += 6;
  return TRUE;
}

static gboolean
scan_string (Scan *s, GError **error)
{
  s->p++;
  while (s->p < s->end && *s->p != '"') {
    if ((guchar) *s->p < 0x20)
      return fail (s, error, "a control character in a string");
    if (*s->p != '\\')
      s->p++;
    else if (!scan_escape (s, error))
      return FALSE;
  }
  if (s->p == s->end)
    return fail (s, error, "a string that does not end");

  s->p++;
  return TRUE;
}

static gboolean
skip_digits (Scan *s)
{
  const char *start = s->p;

  while (s->p < s->end && g_ascii_isdigit (*s->p))
    s->p++;

  return s->p > start;
}

/* Whether the number of @len bytes at @start is one that can be kept. */
static gboolean
number_fits (const char *start, gsize len, gboolean integer)
{
  char digits[64];

  if (len >= sizeof digits)
    return FALSE;
  memcpy (digits, start, len);
  digits[len] = '\0';

  if (!integer)
    return isfinite (g_ascii_strtod (digits, NULL));
  errno = 0;
  g_ascii_strtoll (digits, NULL, 10);
  return errno == 0;
}

static gboolean
scan_number (Scan *s, GError **error)
{
  const char *start = s->p;
  gboolean integer = TRUE;

  if (*s->p == '-')
    s->p++;
  if (s->p < s->end && *s->p == '0')
    s->p++;
  else if (!skip_digits (s))
    return fail (s, error, "a bad number");

  if (s->p < s->end && *s->p == '.') {
    integer = FALSE;
    s->p++;
    if (!skip_digits (s))
      return fail (s, error, "a bad number");
  }
  if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
    integer = FALSE;
    s->p++;
    if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
      s->p++;
    if (!skip_digits (s))
      return fail (s, error, "a bad number");
  }

  if (!number_fits (start, s->p - start, integer))
    return fail (s, error, "a number out of range");
  return TRUE;
}

static gboolean
scan_word (Scan *s, GError **error)
{
  static const char *const words[] = {"true", "false", "null"};

  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    gsize len = strlen (words[i]);

    if ((gsize) (s->end - s->p) >= len && memcmp (s->p, words[i], len) == 0) {
      s->p += len;
      return TRUE;
    }
  }

  return fail (s, error, "an unexpected character");
}

static gboolean
scan_value (Scan *s, GError **error)
{
  gboolean good;

  if (*s->p == '{' || *s->p == '[')
    return open_bracket (s, *s->p == '{', error);

  if (*s->p == '"')
    good = scan_string (s, error);
  else if (*s->p == '-' || g_ascii_isdigit (*s->p))
    good = scan_number (s, error);
  else
    good = scan_word (s, error);

  after_value (s);
  return good;
}

static gboolean
scan_key (Scan *s, GError **error)
{
  if (*s->p != '"')
    return fail (s, error, "a member without a name");

  s->want = WANT_COLON;
  return scan_string (s, error);
}

static gboolean
scan_colon (Scan *s, GError **error)
{
  if (*s->p != ':')
    return fail (s, error, "no colon after a name");

  s->p++;
  s->want = WANT_VALUE;
  return TRUE;
}

static gboolean
scan_comma (Scan *s, GError **error)
{
  if (*s->p != ',')
    return fail (s, error, "no comma between values");

  s->p++;
  s->want = in_object (s) ? WANT_KEY : WANT_VALUE;
  return TRUE;
}

static gboolean
scan_token (Scan *s, GError **error)
{
  gboolean may_close = s->want == WANT_COMMA_OR_CLOSE ||
                       s->want == WANT_KEY_OR_CLOSE ||
                       s->want == WANT_VALUE_OR_CLOSE;

  if (may_close && (*s->p == '}' || *s->p == ']'))
    return close_bracket (s, *s->p == '}', error);

  switch (s->want) {
  case WANT_VALUE:
  case WANT_VALUE_OR_CLOSE:
    return scan_value (s, error);
  case WANT_KEY:
  case WANT_KEY_OR_CLOSE:
    return scan_key (s, error);
  case WANT_COLON:
    return scan_colon (s, error);
  case WANT_COMMA_OR_CLOSE:
    return scan_comma (s, error);
  case WANT_END:
  default:
    return fail (s, error, "something after the end");
  }
}

/**
 * rw_json_text_check:
 * @text: UTF-8, not necessarily NUL-terminated
 * @max_depth: how many brackets may be open at once, at most 64
 *
 * Whether @text is one strict JSON value. Errors: RW_SIGNAL_ERROR_SYNTAX,
 * RW_SIGNAL_ERROR_TOO_DEEP.
 */
gboolean
rw_json_text_check (const char *text, gsize len, guint max_depth,
                    GError **error)
{
  Scan s = {text, text, text + len, 0, 0, max_depth, WANT_VALUE};

  g_return_val_if_fail (text != NULL || len == 0, FALSE);
  g_return_val_if_fail (max_depth <= 64, FALSE);

  if (!g_utf8_validate_len (text, len, &s.p))
    return fail (&s, error, "bytes that are not UTF-8 (or a NUL)");

  for (s.p = text; s.p < s.end;) {
    if (strchr (" \t\r\n", *s.p) != NULL)
      s.p++;
    else if (!scan_token (&s, error))
      return FALSE;
  }

  if (s.want != WANT_END)
    return fail (&s, error, "the text ends too early");
  return TRUE;
}
