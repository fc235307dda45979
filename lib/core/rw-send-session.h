/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cursor.h"
#include "rw-journal.h"
#include "rw-liveness.h"
#include "rw-message.h"

G_BEGIN_DECLS

/*
 * RwSendSession: the sender's end of one transport session of one consumer.
 *
 * Sans I/O: messages go in with rw_send_session_receive() and come out of
 * rw_send_session_next(), the owner carries them. It borrows the journal and
 * the set of cursors, which must outlive it; every call needs their lock, and
 * a message of frames lends payloads of the journal, so encode it before the
 * lock goes. No clock: @now_us is one monotonic clock throughout.
 *
 * The loop of the owner, on the control thread:
 *   on a message:   receive(); take_events(); drain next(); arm deadline()
 *   on the timer:   drain next(); take_events(); arm deadline()
 *   on a live send: note_live_sent() alone (any thread, under the lock)
 * "drain next()" means: until it returns FALSE.
 *
 * On ACKED the owner releases rw_cursor_set_get_lowest() from the journal.
 */
typedef struct _RwSendSession RwSendSession;

/**
 * RwSendSessionConfig:
 * @generation: of the session; 0 takes that of the first HELLO
 * @beat_idle_us: a beat after so long without any packet: 50 ms
 * @beat_max_us: a beat at least this often: 200 ms
 * @ack_us: the receiver is never silent for longer: 100 ms
 * @stall_us: silence of the receiver before it is down: 500 ms
 * @drain_rate: repair at so many times real time; 0 = as fast as it goes: 8
 * @max_buffered: hold frames back above this buffered-amount: 4096
 * @max_outstanding: frame bytes on their way at once, at most: 131072
 */
typedef struct {
  guint32 generation;
  gint64 beat_idle_us;
  gint64 beat_max_us;
  gint64 ack_us;
  gint64 stall_us;
  gdouble drain_rate;
  guint64 max_buffered;
  guint32 max_outstanding;
} RwSendSessionConfig;

typedef enum {
  RW_SEND_EVENT_ESTABLISHED = 1 << 0, /* hello seen, cursor bound */
  RW_SEND_EVENT_ACKED = 1 << 1,       /* the cursor moved */
  RW_SEND_EVENT_LIVENESS = 1 << 2,    /* alive, suspect or down changed */
  RW_SEND_EVENT_FINISHED = 1 << 3,    /* stream ended, all of it handed on */
  RW_SEND_EVENT_BYE = 1 << 4,         /* the receiver closed: get_bye() */
} RwSendEvents;

typedef struct {
  guint64 messages_sent;
  guint64 messages_received;
  guint64 messages_fenced; /* of another generation */
  guint64 frames_live;     /* noted as sent on the live lane */
  guint64 frames_repaired; /* put on the repair lane, repeats included */
  guint64 frames_repeated; /* the repeats among them */
  guint64 bytes_repaired;
} RwSendStats;

void rw_send_session_config_init (RwSendSessionConfig *config);

RwSendSession *rw_send_session_new (RwJournal *journal, RwCursorSet *cursors,
                                    const RwSendSessionConfig *config,
                                    gint64 now_us);

/* Unbinds the cursor, which stays in its set. */
void rw_send_session_free (RwSendSession *session);

void rw_send_session_receive (RwSendSession *session, const RwMessage *message,
                              gint64 now_us);

/**
 * rw_send_session_next:
 * @buffered: the channel's buffered-amount
 * @out: (out caller-allocates): the message to send now
 *
 * Returns: %FALSE when there is nothing to send before the deadline.
 */
gboolean rw_send_session_next (RwSendSession *session, gint64 now_us,
                               guint64 buffered, RwMessage *out);

/* When to call next() again at the latest; G_MAXINT64 for never. */
gint64 rw_send_session_get_deadline (const RwSendSession *session);

/* Frame @index was given to this session's live lane. */
void rw_send_session_note_live_sent (RwSendSession *session, guint64 index,
                                     gint64 now_us);

/* Anything else was heard from the receiver on this session's transport. */
void rw_send_session_note_heard (RwSendSession *session, gint64 now_us);

/* Has BYE sent, thrice at most, until the owner closes; nothing else follows.
 * @text: (nullable): for humans */
void rw_send_session_close (RwSendSession *session, RwByeReason reason,
                            const gchar *text);

void rw_send_session_set_drain_rate (RwSendSession *session, gdouble rate,
                                     gint64 now_us);

/* What happened since the last call. */
RwSendEvents rw_send_session_take_events (RwSendSession *session);

/* NULL before ESTABLISHED. */
RwCursor *rw_send_session_get_cursor (const RwSendSession *session);
RwLivenessState rw_send_session_get_liveness (const RwSendSession *session);
const RwRtt *rw_send_session_get_rtt (const RwSendSession *session);

/* When the receiver was last heard, 0 if never. */
gint64 rw_send_session_get_heard_us (const RwSendSession *session);

/* The receiver's BYE; NULL if none came. Its text is not kept. */
const RwBye *rw_send_session_get_bye (const RwSendSession *session);
void rw_send_session_get_stats (const RwSendSession *session,
                                RwSendStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSendSession, rw_send_session_free)

G_END_DECLS
