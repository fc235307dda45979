/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-red.h"

#include <gst/rtp/rtp.h>
#include <string.h>

/* See the header. */

/* A block's header: a bit that another follows, payload type, 14 bits of
 * timestamp offset, 10 of length. The last one has the first byte alone. */
#define HEADER_SIZE 4
#define MAX_BLOCKS  8

typedef struct {
  guint8 payload_type;
  guint offset; /* of the timestamp */
  guint length;
  const guint8 *data;
} Block;

/* Returns the number of blocks, the primary one last; 0 for a malformed one. */
static guint
read_blocks (const guint8 *data, guint size, Block *blocks)
{
  guint n = 0, at = 0;

  while (at < size && (data[at] & 0x80)) {
    if (n == MAX_BLOCKS - 1 || size - at < HEADER_SIZE)
      return 0;
    blocks[n].payload_type = data[at] & 0x7f;
    blocks[n].offset = (guint) data[at + 1] << 6 | data[at + 2] >> 2;
    blocks[n].length = (data[at + 2] & 3u) << 8 | data[at + 3];
    n++;
    at += HEADER_SIZE;
  }
  if (at == size)
    return 0;
  blocks[n] = (Block){.payload_type = data[at] & 0x7f};
  at++;
  for (guint i = 0; i < n; i++) {
    if (blocks[i].length > size - at)
      return 0;
    blocks[i].data = data + at;
    at += blocks[i].length;
  }
  blocks[n].data = data + at;
  blocks[n].length = size - at;
  return n + 1;
}

static GstBuffer *
make_packet (GstRTPBuffer *from, const Block *block, guint distance)
{
  GstBuffer *packet = gst_rtp_buffer_new_allocate (block->length, 0, 0);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

  gst_rtp_buffer_map (packet, GST_MAP_READWRITE, &rtp);
  gst_rtp_buffer_set_payload_type (&rtp, block->payload_type);
  gst_rtp_buffer_set_ssrc (&rtp, gst_rtp_buffer_get_ssrc (from));
  gst_rtp_buffer_set_seq (&rtp,
                          (guint16) (gst_rtp_buffer_get_seq (from) - distance));
  gst_rtp_buffer_set_timestamp (&rtp, gst_rtp_buffer_get_timestamp (from) -
                                          block->offset);
  gst_rtp_buffer_set_marker (&rtp,
                             distance == 0 && gst_rtp_buffer_get_marker (from));
  memcpy (gst_rtp_buffer_get_payload (&rtp), block->data, block->length);
  gst_rtp_buffer_unmap (&rtp);
  gst_buffer_copy_into (packet, from->buffer, GST_BUFFER_COPY_TIMESTAMPS, 0,
                        -1);
  return packet;
}

static gboolean
is_newer (const RwRed *self, guint16 sequence)
{
  return (gint16) (guint16) (sequence - self->last) > 0;
}

static void
unwrap (RwRed *self, GstRTPBuffer *rtp, guint8 payload_type, RwRedFunc func,
        gpointer user_data)
{
  guint16 sequence = gst_rtp_buffer_get_seq (rtp);
  Block blocks[MAX_BLOCKS];
  guint n = read_blocks (gst_rtp_buffer_get_payload (rtp),
                         gst_rtp_buffer_get_payload_len (rtp), blocks);

  for (guint i = 0; i < n; i++) {
    guint distance = n - 1 - i;
    gboolean is_wanted =
        distance == 0 ||
        (self->has_last && is_newer (self, (guint16) (sequence - distance)));

    if (is_wanted && blocks[i].length > 0 &&
        blocks[i].payload_type == payload_type)
      func (make_packet (rtp, &blocks[i], distance), user_data);
  }
}

void
rw_red_unwrap (RwRed *self, GstBuffer *packet, const RwRtpFormat *format,
               RwRedFunc func, gpointer user_data)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  guint16 sequence;

  if (!gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp))
    return;
  if (self->ssrc != gst_rtp_buffer_get_ssrc (&rtp))
    *self = (RwRed){.ssrc = gst_rtp_buffer_get_ssrc (&rtp)};
  sequence = gst_rtp_buffer_get_seq (&rtp);
  if (format->red_type == 0 ||
      gst_rtp_buffer_get_payload_type (&rtp) != format->red_type)
    func (gst_buffer_ref (packet), user_data);
  else if (gst_rtp_buffer_get_payload_len (&rtp) > 0)
    unwrap (self, &rtp, format->payload_type, func, user_data);
  if (!self->has_last || is_newer (self, sequence))
    self->last = sequence;
  self->has_last = TRUE;
  gst_rtp_buffer_unmap (&rtp);
}
