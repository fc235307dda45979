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

/** rw_random_uuid: (transfer full): a random UUID (version 4). */
char *
rw_random_uuid (void)
{
  guint8 b[16];

  rw_random_fill (b, sizeof b);
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;

  return g_strdup_printf ("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                          "%02x%02x%02x%02x%02x%02x",
                          b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8],
                          b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/** rw_random_token: (transfer full): 256 random bits, as 64 letters. */
char *
rw_random_token (void)
{
  guint8 bytes[32];
  GString *text = g_string_sized_new (2 * sizeof bytes);

  rw_random_fill (bytes, sizeof bytes);
  for (guint i = 0; i < sizeof bytes; i++)
    g_string_append_printf (text, "%02x", bytes[i]);

  return g_string_free (text, FALSE);
}
