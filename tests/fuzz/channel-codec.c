/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-channel-codec.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* An accepted message must survive being encoded and decoded again. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static RwMessage message, again;
  static guint8 bytes[RW_CHANNEL_MAX_SIZE], bytes_again[RW_CHANNEL_MAX_SIZE];
  gsize n;

  if (!rw_channel_decode (data, size, &message, NULL))
    return 0;
  n = rw_channel_encode (&message, bytes, sizeof bytes);
  if (n == 0) /* many large frames: more than an encoder has room for */
    return 0;
  g_assert (rw_channel_decode (bytes, n, &again, NULL));
  g_assert (rw_channel_encode (&again, bytes_again, sizeof bytes_again) == n);
  g_assert (memcmp (bytes, bytes_again, n) == 0);
  return 0;
}
