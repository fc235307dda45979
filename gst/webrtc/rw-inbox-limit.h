/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwInboxLimit:
 * Bounds the received bytes that are on their way to the control thread. Bytes
 * beyond the limit are dropped; the protocol repeats lost messages. Any thread,
 * under its own lock. Zeroed memory needs rw_inbox_limit_init().
 */
typedef struct {
  GMutex lock;
  gsize bytes;
} RwInboxLimit;

void rw_inbox_limit_init (RwInboxLimit *self);
void rw_inbox_limit_clear (RwInboxLimit *self);

/** rw_inbox_limit_admit: FALSE, and nothing is counted, if @size more bytes
 * are too many. */
gboolean rw_inbox_limit_admit (RwInboxLimit *self, gsize size);

/** rw_inbox_limit_release: @size admitted bytes have arrived. */
void rw_inbox_limit_release (RwInboxLimit *self, gsize size);

G_END_DECLS
