/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"
#include "rw-replay.h"
#include "rw-signal-message.h"
#include "rw-ws-line.h"

G_BEGIN_DECLS

/**
 * RwConversation:
 * What a client says to a server, over one line after another: what cannot be
 * said now waits; on a seat that is kept, what was said is numbered, and said
 * again on the next line until the server has it. The other way, what the
 * server repeats is dropped. Control thread.
 */
typedef struct _RwConversation RwConversation;

/** RwConversationCounts: since it was made. */
typedef struct {
  guint64 sent;
  guint64 replayed;
  guint64 duplicates; /* received again, and dropped */
  guint64 overflow;   /* dropped, as too many waited */
  guint64 stale;      /* dropped, as too old or about what is gone */
} RwConversationCounts;

RwConversation *rw_conversation_new (RwClock *clock, GMainContext *context);
void rw_conversation_free (RwConversation *self);

/** rw_conversation_say_now: on @line, before it is the one in use; or a state
 * that is said again on each line, and needs no number. */
void rw_conversation_say_now (RwConversation *self, RwWsLine *line,
                              const RwSignalMessage *message);

/** rw_conversation_say: (transfer full) @message; now or when it can be. */
void rw_conversation_say (RwConversation *self, RwSignalMessage *message);

/** rw_conversation_say_first: (transfer full) @message; before all that waits,
 * at the next flush. */
void rw_conversation_say_first (RwConversation *self, RwSignalMessage *message);

/**
 * rw_conversation_open:
 * @resilience: what the server said of our seat, or NULL for one without seats.
 *
 * @line is the one in use from now on. FALSE if the server claims to have what
 * we never said: nothing can be made of such a seat.
 */
gboolean rw_conversation_open (RwConversation *self, RwWsLine *line,
                               const RwSignalResilience *resilience);

/** rw_conversation_flush: says what waits. */
void rw_conversation_flush (RwConversation *self);

/** rw_conversation_pause: there is no line. */
void rw_conversation_pause (RwConversation *self);

/** rw_conversation_end: a clean end: nothing waits any more. */
void rw_conversation_end (RwConversation *self);

/** rw_conversation_hear: whether @message is new; takes its acknowledgement. */
RwReplayVerdict rw_conversation_hear (RwConversation *self,
                                      const RwSignalMessage *message);

/** rw_conversation_hear_number: of a message that was not understood. */
RwReplayVerdict rw_conversation_hear_number (RwConversation *self, guint64 seq);

/**
 * rw_conversation_take_answer:
 * @generation: (out): of the request that has waited longest for its answer
 *
 * Servers answer requests for sessions in the order of the asking. FALSE if
 * none waits.
 */
gboolean rw_conversation_take_answer (RwConversation *self,
                                      guint64 *generation);

/** rw_conversation_get_received: for resuming. */
guint64 rw_conversation_get_received (RwConversation *self);

void rw_conversation_get_counts (RwConversation *self,
                                 RwConversationCounts *counts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwConversation, rw_conversation_free)

G_END_DECLS
