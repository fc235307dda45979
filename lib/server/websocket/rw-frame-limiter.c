/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-frame-limiter.h"

/* RFC 6455, 5.2: one byte of FIN and opcode, one of MASK and a short length,
 * then 0, 2 or 8 bytes of length, then 0 or 4 of mask. */

#define OPCODE_CONTINUATION 0x0
#define OPCODE_CONTROL      0x8

static guint
get_header_size (const RwFrameLimiter *self)
{
  guint size = 2;

  if (self->header_len < 2)
    return 2;

  if ((self->header[1] & 0x7f) == 126)
    size += 2;
  else if ((self->header[1] & 0x7f) == 127)
    size += 8;

  return size + ((self->header[1] & 0x80) != 0 ? 4 : 0);
}

static guint64
get_payload_size (const RwFrameLimiter *self)
{
  guint n_bytes = 0;
  guint64 size = 0;

  if ((self->header[1] & 0x7f) < 126)
    return self->header[1] & 0x7f;

  n_bytes = (self->header[1] & 0x7f) == 126 ? 2 : 8;
  for (guint i = 0; i < n_bytes; i++)
    size = size << 8 | self->header[2 + i];

  return size;
}

/* The header is whole. FALSE if its frame is one too many or too long. */
static gboolean
accept_frame (RwFrameLimiter *self)
{
  guint8 opcode = self->header[0] & 0x0f;
  gboolean final = (self->header[0] & 0x80) != 0;
  guint64 size = get_payload_size (self);

  self->header_len = 0;
  self->payload_left = size;
  if (opcode & OPCODE_CONTROL)
    return self->controls++ < self->max_controls;

  if (opcode != OPCODE_CONTINUATION)
    self->message_bytes = 0;
  if (size > self->max_message - self->message_bytes)
    return FALSE;

  self->message_bytes = final ? 0 : self->message_bytes + size;
  return TRUE;
}

void
rw_frame_limiter_init (RwFrameLimiter *self, guint64 max_message,
                       guint max_controls)
{
  *self = (RwFrameLimiter){.max_message = max_message,
                           .max_controls = max_controls};
}

/**
 * rw_frame_limiter_pass:
 *
 * Returns: how many of @bytes may be read on; fewer than @len once the limiter
 *   has `tripped`, and then none ever after
 */
gsize
rw_frame_limiter_pass (RwFrameLimiter *self, const guint8 *bytes, gsize len)
{
  gsize at = 0;
  gsize passed = 0;

  while (at < len && !self->tripped) {
    if (self->payload_left > 0) {
      gsize step = MIN (self->payload_left, len - at);

      self->payload_left -= step;
      at += step;
      passed = at;
      continue;
    }

    self->header[self->header_len++] = bytes[at++];
    if (self->header_len < get_header_size (self))
      continue;
    if (accept_frame (self))
      passed = at;
    else
      self->tripped = TRUE;
  }

  return self->tripped ? passed : len;
}

/** rw_frame_limiter_refill: allows the next lot of control frames. */
void
rw_frame_limiter_refill (RwFrameLimiter *self)
{
  self->controls = 0;
}
