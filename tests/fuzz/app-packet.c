/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-app-assembler.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* An accepted packet is written again as it was, but for the padding. */
static void
check_packet (const RwAppPacket *packet, const guint8 *data, gsize size)
{
  static guint8 bytes[RW_APP_MAX_SIZE];
  gsize used = packet->kind == RW_APP_PART ? 18u + packet->size : size;

  g_assert (rw_app_packet_write (packet, bytes) == size);
  g_assert (memcmp (bytes, data, used) == 0);
}

/* The input is a sequence of packets, each behind its length in two bytes. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (RwAppAssembler) assembler = rw_app_assembler_new ();

  while (size >= 2) {
    gsize n = MIN ((gsize) (data[0] << 8 | data[1]), size - 2);
    RwAppPacket packet;

    data += 2;
    size -= 2;
    if (rw_app_packet_read (&packet, data, n)) {
      check_packet (&packet, data, n);
      if (packet.kind == RW_APP_PART) {
        g_autoptr (GBytes) message = rw_app_assembler_add (assembler, &packet);

        g_assert (message == NULL || g_bytes_get_size (message) <= 65536);
      }
    }
    data += n;
    size -= n;
  }
  return 0;
}
