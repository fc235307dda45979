/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-json.h"

G_BEGIN_DECLS

/**
 * RwOutbox:
 * Messages that wait for a connection: in order, bounded, each with its own age
 * limit. Of one thread; reads no clock.
 */
typedef struct _RwOutbox RwOutbox;

/** RwOutboxCounts: what was dropped, and why. */
typedef struct {
  guint64 overflow;
  guint64 stale;
} RwOutboxCounts;

/** rw_outbox_new: when @max wait, the most dispensable one goes first: the
 * oldest candidate, or else the oldest message. */
RwOutbox *rw_outbox_new (guint max);
void rw_outbox_free (RwOutbox *self);

/**
 * rw_outbox_push:
 * @message: (transfer full). A request for a session takes the place of an
 *   earlier one to the same peer; the end of a session, of all messages
 *   of that session; a request for a floor or its release, of an earlier
 * request for it.
 */
void rw_outbox_push (RwOutbox *self, RwSignalMessage *message, gint64 now_us);

/**
 * rw_outbox_push_first:
 * @message: (transfer full): sent before all that waits, and instead of what
 *   waits to join the same room; there is always place for it
 */
void rw_outbox_push_first (RwOutbox *self, RwSignalMessage *message);

/** rw_outbox_pop: (transfer full): the next one that is not stale, or NULL. */
RwSignalMessage *rw_outbox_pop (RwOutbox *self, gint64 now_us);

/** rw_outbox_forget_sessions: the server knows no session of this client any
 * more. Requests for new ones stay. */
void rw_outbox_forget_sessions (RwOutbox *self);

/** rw_outbox_clear: nothing waits any more; not counted as dropped. */
void rw_outbox_clear (RwOutbox *self);

void rw_outbox_get_counts (RwOutbox *self, RwOutboxCounts *counts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwOutbox, rw_outbox_free)

G_END_DECLS
