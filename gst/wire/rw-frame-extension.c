/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-frame-extension.h"

/* The bytes of the live lane's two RTP header extensions. */

/* Seconds from NTP's epoch (1900) to Unix's (1970). */
#define NTP_UNIX_OFFSET G_GINT64_CONSTANT (2208988800)
/* NTP seconds with the top bit clear are of the era that begins in 2036. */
#define NTP_ERA     (G_GINT64_CONSTANT (1) << 32)
#define NTP_ERA_BIT (G_GUINT64_CONSTANT (1) << 31)

#define FRACTION (G_GUINT64_CONSTANT (1) << 32)
#define SECOND   G_GUINT64_CONSTANT (1000000000)

/* Byte by byte, as nothing in a packet is aligned. */
static void
write_big_endian (guint8 *bytes, guint n_bytes, guint64 number)
{
  while (n_bytes-- > 0) {
    bytes[n_bytes] = (guint8) number;
    number >>= 8;
  }
}

static guint64
read_big_endian (const guint8 *bytes, guint n_bytes)
{
  guint64 number = 0;
  guint i;

  for (i = 0; i < n_bytes; i++)
    number = number << 8 | bytes[i];
  return number;
}

void
rw_frame_extension_write (const RwFrame *frame,
                          guint8 bytes[RW_FRAME_EXTENSION_SIZE])
{
  g_assert (frame->index <= RW_FRAME_EXTENSION_MAX_INDEX);

  write_big_endian (bytes, 5, frame->index);
  bytes[5] = frame->format;
  write_big_endian (bytes + 6, 2, frame->duration);
  write_big_endian (bytes + 8, 8, frame->running_time_ns);
}

gboolean
rw_frame_extension_read (RwFrame *frame, const guint8 *bytes, gsize size)
{
  if (size != RW_FRAME_EXTENSION_SIZE)
    return FALSE;

  frame->index = read_big_endian (bytes, 5);
  frame->format = bytes[5];
  frame->duration = (guint16) read_big_endian (bytes + 6, 2);
  frame->running_time_ns = read_big_endian (bytes + 8, 8);
  return TRUE;
}

void
rw_capture_extension_write (gint64 capture_time_ns,
                            guint8 bytes[RW_CAPTURE_EXTENSION_SIZE])
{
  gint64 seconds = capture_time_ns / (gint64) SECOND;
  gint64 rest = capture_time_ns % (gint64) SECOND;
  guint64 fraction;

  if (rest < 0) {
    rest += (gint64) SECOND;
    seconds--;
  }

  /* Half a step of the fraction is 0.12 ns, so the nearest one reads back to
   * the same ns; the largest rest stays 4 steps below a whole second. */
  fraction = ((guint64) rest * FRACTION + SECOND / 2) / SECOND;

  write_big_endian (bytes, 4, (guint64) (seconds + NTP_UNIX_OFFSET));
  write_big_endian (bytes + 4, 4, fraction);
}

gboolean
rw_capture_extension_read (gint64 *capture_time_ns, const guint8 *bytes,
                           gsize size)
{
  gint64 seconds;
  guint64 fraction;

  if (size != RW_CAPTURE_EXTENSION_SIZE &&
      size != 2 * RW_CAPTURE_EXTENSION_SIZE)
    return FALSE;

  seconds = (gint64) read_big_endian (bytes, 4);
  if ((seconds & NTP_ERA_BIT) == 0)
    seconds += NTP_ERA;

  fraction = read_big_endian (bytes + 4, 4);
  *capture_time_ns = (seconds - NTP_UNIX_OFFSET) * (gint64) SECOND +
                     (gint64) ((fraction * SECOND + FRACTION / 2) / FRACTION);
  return TRUE;
}
