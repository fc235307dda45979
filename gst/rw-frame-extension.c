/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-frame-extension.h"

#include <gst/gst.h>

/* The bytes of the live lane's two RTP header extensions. */

/* Seconds from NTP's epoch (1900) to Unix's (1970). */
#define NTP_UNIX_OFFSET G_GINT64_CONSTANT (2208988800)
/* NTP seconds with the top bit clear are of the era that begins in 2036. */
#define NTP_ERA     (G_GINT64_CONSTANT (1) << 32)
#define NTP_ERA_BIT (G_GUINT64_CONSTANT (1) << 31)

#define FRACTION (G_GUINT64_CONSTANT (1) << 32)
#define SECOND   G_GUINT64_CONSTANT (1000000000)

void
rw_frame_extension_write (const RwFrame *frame,
                          guint8 bytes[RW_FRAME_EXTENSION_SIZE])
{
  g_assert (frame->index <= RW_FRAME_EXTENSION_MAX_INDEX);

  bytes[0] = (guint8) (frame->index >> 32);
  GST_WRITE_UINT32_BE (bytes + 1, (guint32) frame->index);
  bytes[5] = frame->format;
  GST_WRITE_UINT16_BE (bytes + 6, frame->duration);
  GST_WRITE_UINT64_BE (bytes + 8, frame->running_time_ns);
}

gboolean
rw_frame_extension_read (RwFrame *frame, const guint8 *bytes, gsize size)
{
  if (size != RW_FRAME_EXTENSION_SIZE)
    return FALSE;

  frame->index = (guint64) bytes[0] << 32 | GST_READ_UINT32_BE (bytes + 1);
  frame->format = bytes[5];
  frame->duration = GST_READ_UINT16_BE (bytes + 6);
  frame->running_time_ns = GST_READ_UINT64_BE (bytes + 8);
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

  GST_WRITE_UINT32_BE (bytes, (guint32) (seconds + NTP_UNIX_OFFSET));
  GST_WRITE_UINT32_BE (bytes + 4, (guint32) fraction);
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

  seconds = GST_READ_UINT32_BE (bytes);
  if ((seconds & NTP_ERA_BIT) == 0)
    seconds += NTP_ERA;

  fraction = GST_READ_UINT32_BE (bytes + 4);
  *capture_time_ns = (seconds - NTP_UNIX_OFFSET) * (gint64) SECOND +
                     (gint64) ((fraction * SECOND + FRACTION / 2) / FRACTION);
  return TRUE;
}
