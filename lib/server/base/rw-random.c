/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-random.h"

#include <errno.h>
#include <sys/random.h>

/* Requests of up to 256 bytes are never cut short once the pool is ready. */
/** rw_random_fill: up to 256 bytes. */
void
rw_random_fill (guint8 *bytes, gsize len)
{
  gssize got;

  do {
    got = getrandom (bytes, len, 0);
  } while (got < 0 && errno == EINTR);

  if (got != (gssize) len)
    g_error ("the kernel gives no random bytes: %s", g_strerror (errno));
}

static char *
put_hex (char *at, guint8 byte)
{
  static const char digits[] = "0123456789abcdef";

  *at++ = digits[byte >> 4];
  *at++ = digits[byte & 0x0f];
  return at;
}

/** rw_random_uuid: (transfer full): a random UUID (version 4). */
char *
rw_random_uuid (void)
{
  char *uuid = g_malloc0 (37);
  char *at = uuid;
  guint8 b[16];

  rw_random_fill (b, sizeof b);
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;

  for (guint i = 0; i < sizeof b; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10)
      *at++ = '-';
    at = put_hex (at, b[i]);
  }

  return uuid;
}

/** rw_random_token: (transfer full): 256 random bits, as 64 letters. */
char *
rw_random_token (void)
{
  guint8 bytes[32];
  char *token = g_malloc0 (2 * sizeof bytes + 1);
  char *at = token;

  rw_random_fill (bytes, sizeof bytes);
  for (guint i = 0; i < sizeof bytes; i++)
    at = put_hex (at, bytes[i]);

  return token;
}
