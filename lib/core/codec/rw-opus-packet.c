/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-opus-packet.h"

/* RFC 6716, 3.4 [R5]: no packet holds more than 120 ms. */
#define MAX_SAMPLES 5760u

/* Samples of one frame by the five configuration bits (table 2). */
static guint
frame_samples (guint8 toc)
{
  static const guint16 silk[] = {480, 960, 1920, 2880};
  static const guint16 hybrid[] = {480, 960};
  static const guint16 celt[] = {120, 240, 480, 960};
  guint config = toc >> 3;

  if (config < 12)
    return silk[config & 3];
  if (config < 16)
    return hybrid[config & 1];
  return celt[config & 3];
}

/* The two low bits: one frame, two, or a count in the second byte. */
static guint
frame_count (const guint8 *data, gsize size)
{
  switch (data[0] & 3) {
  case 0:
    return 1;
  case 1:
  case 2:
    return 2;
  default:
    return size < 2 ? 0 : data[1] & 0x3f;
  }
}

guint16
rw_opus_packet_duration (const guint8 *data, gsize size)
{
  guint samples;

  if (data == NULL || size == 0)
    return 0;
  samples = frame_count (data, size) * frame_samples (data[0]);
  return samples <= MAX_SAMPLES ? samples : 0;
}
