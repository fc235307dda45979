/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-app-packet.h"

#include <string.h>

/* See the header. All numbers are big-endian. */

#define RTCP_VERSION  2u
#define RTCP_TYPE_APP 204u
#define MAX_SUBTYPE   31u
#define NAME          "RWM1"

/* Offsets. */
enum {
  AT_TYPE = 1,
  AT_LENGTH = 2,
  AT_SSRC = 4,
  AT_NAME = 8,
  AT_NUMBER = 12, /* the end of a CLOSE */
  AT_INDEX = 14,
  AT_N_PARTS = 15,
  AT_SIZE = 16,
  AT_DATA = 18,
};

#define MAX_MESSAGE 65536u

G_STATIC_ASSERT (RW_APP_MAX_PARTS *RW_APP_PART_SIZE >= MAX_MESSAGE);
G_STATIC_ASSERT (AT_DATA + RW_APP_PART_SIZE <= RW_APP_MAX_SIZE);

static void
put_u16 (guint8 *at, guint16 value)
{
  value = GUINT16_TO_BE (value);
  memcpy (at, &value, sizeof value);
}

static guint16
get_u16 (const guint8 *at)
{
  guint16 value;

  memcpy (&value, at, sizeof value);
  return GUINT16_FROM_BE (value);
}

/* RTCP counts in words of four bytes. */
static gsize
round_up (gsize size)
{
  return (size + 3) & ~(gsize) 3;
}

static void
write_header (const RwAppPacket *packet, guint8 *bytes, gsize size)
{
  guint32 ssrc = GUINT32_TO_BE (packet->ssrc);

  bytes[0] = (guint8) (RTCP_VERSION << 6 | packet->kind);
  bytes[AT_TYPE] = RTCP_TYPE_APP;
  put_u16 (bytes + AT_LENGTH, (guint16) (size / 4 - 1));
  memcpy (bytes + AT_SSRC, &ssrc, sizeof ssrc);
  memcpy (bytes + AT_NAME, NAME, strlen (NAME));
}

gsize
rw_app_packet_write (const RwAppPacket *packet, guint8 bytes[RW_APP_MAX_SIZE])
{
  gsize end = AT_DATA + packet->size;

  if (packet->kind == RW_APP_CLOSE) {
    write_header (packet, bytes, AT_NUMBER);
    return AT_NUMBER;
  }
  write_header (packet, bytes, round_up (end));
  put_u16 (bytes + AT_NUMBER, packet->number);
  bytes[AT_INDEX] = packet->index;
  bytes[AT_N_PARTS] = packet->n_parts;
  put_u16 (bytes + AT_SIZE, packet->size);
  memcpy (bytes + AT_DATA, packet->data, packet->size);
  memset (bytes + end, 0, round_up (end) - end);
  return round_up (end);
}

gboolean
rw_app_packet_is_ours (const guint8 *bytes, gsize size)
{
  return size >= AT_NUMBER && bytes[0] >> 6 == RTCP_VERSION &&
         bytes[AT_TYPE] == RTCP_TYPE_APP &&
         memcmp (bytes + AT_NAME, NAME, strlen (NAME)) == 0;
}

/* All parts but the last are full, so that the index gives the offset. */
static gboolean
is_part_valid (const RwAppPacket *part)
{
  if (part->n_parts > RW_APP_MAX_PARTS || part->index >= part->n_parts ||
      part->index * RW_APP_PART_SIZE + part->size > MAX_MESSAGE)
    return FALSE;
  if (part->index + 1 < part->n_parts)
    return part->size == RW_APP_PART_SIZE;
  return part->size > 0 && part->size <= RW_APP_PART_SIZE;
}

static gboolean
read_part (RwAppPacket *packet, const guint8 *bytes, gsize size)
{
  if (size < AT_DATA)
    return FALSE;
  packet->number = get_u16 (bytes + AT_NUMBER);
  packet->index = bytes[AT_INDEX];
  packet->n_parts = bytes[AT_N_PARTS];
  packet->size = get_u16 (bytes + AT_SIZE);
  packet->data = bytes + AT_DATA;
  return is_part_valid (packet) && round_up (AT_DATA + packet->size) == size;
}

gboolean
rw_app_packet_read (RwAppPacket *packet, const guint8 *bytes, gsize size)
{
  guint32 ssrc;

  if (!rw_app_packet_is_ours (bytes, size) ||
      ((gsize) get_u16 (bytes + AT_LENGTH) + 1) * 4 != size)
    return FALSE;
  memcpy (&ssrc, bytes + AT_SSRC, sizeof ssrc);
  *packet = (RwAppPacket){.ssrc = GUINT32_FROM_BE (ssrc)};
  /* With the bit of RTCP's own padding, which is not used, it is no kind. */
  switch (bytes[0] & (MAX_SUBTYPE | 0x20)) {
  case RW_APP_PART:
    packet->kind = RW_APP_PART;
    return read_part (packet, bytes, size);
  case RW_APP_CLOSE:
    packet->kind = RW_APP_CLOSE;
    return size == AT_NUMBER;
  default:
    return FALSE;
  }
}

guint
rw_app_count_parts (gsize size)
{
  if (size > MAX_MESSAGE)
    return 0;
  return (guint) ((size + RW_APP_PART_SIZE - 1) / RW_APP_PART_SIZE);
}

RwAppPacket
rw_app_take_part (guint32 ssrc, guint16 number, const guint8 *data, gsize size,
                  guint index)
{
  gsize offset = (gsize) index * RW_APP_PART_SIZE;

  return (RwAppPacket){
      .kind = RW_APP_PART,
      .ssrc = ssrc,
      .number = number,
      .index = (guint8) index,
      .n_parts = (guint8) rw_app_count_parts (size),
      .size = (guint16) MIN (size - offset, RW_APP_PART_SIZE),
      .data = data + offset,
  };
}
