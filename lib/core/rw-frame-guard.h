/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwFrameGuard:
 *
 * Watches the bytes of a WebSocket on their way in, and counts the length of
 * each whole message before any of it is stored: a message may come in any
 * number of fragments, each small. Also limits how many control frames may
 * come between two refills, since each ping makes its receiver queue a pong.
 * It reads frame headers only; whether they are well-formed is for whoever
 * reads the bytes after it. A plain value; zero the struct, then init.
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
} RwFrameGuard;

void rw_frame_guard_init (RwFrameGuard *self, guint64 max_message,
                          guint max_controls);
gsize rw_frame_guard_pass (RwFrameGuard *self, const guint8 *bytes, gsize len);
void rw_frame_guard_refill (RwFrameGuard *self);

G_END_DECLS
