/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwReplay:
 *
 * One end of a conversation that outlives its connections: each message is
 * numbered from 1 when it is first sent, kept until the other end acknowledges
 * it, and sent again on the next connection if it was not. With one at each
 * end, over connections that lose nothing but their ends (TCP), every message
 * arrives exactly once and in order. Messages are opaque. Of one thread; pure.
 *
 * On a new connection both ends say which number they have received last, call
 * rw_replay_resume() with the other's, and send what rw_replay_next() gives.
 */
typedef struct _RwReplay RwReplay;

/** RwReplayVerdict: what to do with a message that came. */
typedef enum {
  RW_REPLAY_NEW,       /* the next one: handle it */
  RW_REPLAY_DUPLICATE, /* handled before: drop it, and acknowledge it again */
  RW_REPLAY_GAP,       /* one is missing, which cannot be: end it all */
} RwReplayVerdict;

/**
 * rw_replay_new:
 * @max: messages that may wait for their acknowledgement
 * @ack_every: messages received after which one is due at once
 * @destroy: of a message
 */
RwReplay *rw_replay_new (guint max, guint ack_every, GDestroyNotify destroy);
void rw_replay_free (RwReplay *self);

/** rw_replay_reset: both ends begin anew: what is kept is forgotten. */
void rw_replay_reset (RwReplay *self);

/** rw_replay_is_full: nothing more may be sent until something is
 * acknowledged. */
gboolean rw_replay_is_full (RwReplay *self);

/**
 * rw_replay_send:
 * @message: (transfer full): about to be sent, for the first time
 *
 * Returns its number; 0, and @message is freed, if it is full.
 */
guint64 rw_replay_send (RwReplay *self, gpointer message);

/** rw_replay_receive: judges @seq, and counts it when it is new. */
RwReplayVerdict rw_replay_receive (RwReplay *self, guint64 seq);

/** rw_replay_receive_up_to: all up to @seq have come, if by another way. */
void rw_replay_receive_up_to (RwReplay *self, guint64 seq);

/** rw_replay_acknowledge: all up to @seq have arrived. FALSE if the other end
 * cannot know that: it has not been sent so many. */
gboolean rw_replay_acknowledge (RwReplay *self, guint64 seq);

/**
 * rw_replay_resume:
 * @seq: the last that the other end has received
 *
 * A new connection: all above @seq is to be sent again. FALSE if this end does
 * not have it (any more), so that the conversation cannot go on.
 */
gboolean rw_replay_resume (RwReplay *self, guint64 seq);

/** rw_replay_can_resume: whether rw_replay_resume() would. */
gboolean rw_replay_can_resume (RwReplay *self, guint64 seq);

/** rw_replay_next: (transfer none): the next message to send again, with its
 * number, or NULL. */
gpointer rw_replay_next (RwReplay *self, guint64 *seq);

/** rw_replay_get_received: what to acknowledge. */
guint64 rw_replay_get_received (RwReplay *self);

/** rw_replay_note_acknowledged: an acknowledgement of all that was received has
 * just been sent. */
void rw_replay_note_acknowledged (RwReplay *self);

/** rw_replay_get_owed: messages received and not yet acknowledged. */
guint rw_replay_get_owed (RwReplay *self);

/** rw_replay_is_past: whether the other end has acknowledged more than @seq. */
gboolean rw_replay_is_past (RwReplay *self, guint64 seq);

/** rw_replay_is_ack_due: so many are owed that it should not wait. */
gboolean rw_replay_is_ack_due (RwReplay *self);

/** rw_replay_get_kept: messages sent and not yet acknowledged. */
guint rw_replay_get_kept (RwReplay *self);

/** RwReplayNumbers: all that a replay is, but for the messages it keeps. */
typedef struct {
  guint64 sent;
  guint64 received;
  guint64 acknowledged;
} RwReplayNumbers;

void rw_replay_get_numbers (RwReplay *self, RwReplayNumbers *numbers);

/** rw_replay_foreach: @func gets each message that is kept, the oldest first.
 */
void rw_replay_foreach (RwReplay *self, GFunc func, gpointer user_data);

/**
 * rw_replay_restore:
 * @messages: (transfer full): with the last numbers sent; emptied
 *
 * Makes an unused replay what another one was. FALSE, and it stays as it is,
 * if that cannot have been.
 */
gboolean rw_replay_restore (RwReplay *self, const RwReplayNumbers *numbers,
                            GQueue *messages);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwReplay, rw_replay_free)

G_END_DECLS
