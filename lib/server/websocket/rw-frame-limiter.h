/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwFrameLimiter:
 *
 * Watches the bytes of a WebSocket on their way in, and counts the length of
 * each whole message before any of it is stored: a message may come in any
 * number of fragments, each small. Also limits how many control frames may
 * come between two refills, since each ping makes its receiver queue a pong.
 * It reads frame headers only; whether they are well-formed is for the code
 * that reads the bytes after it. A plain value; zero the struct, then init.
 */
typedef struct {
  guint64 max_message;
  guint max_controls;
  guint64 message_bytes;
  guint64 payload_left;
  guint controls;
  guint8 header[14];
  guint header_len;
  gboolean tripped;
} RwFrameLimiter;

void rw_frame_limiter_init (RwFrameLimiter *self, guint64 max_message,
                            guint max_controls);
gsize rw_frame_limiter_pass (RwFrameLimiter *self, const guint8 *bytes,
                             gsize len);
void rw_frame_limiter_refill (RwFrameLimiter *self);

G_END_DECLS
