/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cursor.h"
#include "rw-journal.h"
#include "rw-link.h"
#include "rw-message.h"

G_BEGIN_DECLS

/*
 * RwSendEndpoint: the sender's end of one transport session of one consumer.
 *
 * Performs no I/O: messages enter by rw_send_endpoint_receive() and leave by
 * rw_send_endpoint_next(); the owner transports them. It borrows the journal
 * and the set of cursors, which must outlive it; every call needs their lock,
 * and a message of frames lends payloads of the journal, so encode it before
 * the lock is released. No clock: @now_us is one monotonic clock throughout.
 *
 * The loop of the owner, on the control thread:
 *   on a message:   receive(); take_events(); drain next(); arm deadline()
 *   on the timer:   drain next(); take_events(); arm deadline()
 *   on a live send: note_live_sent() alone (any thread, under the lock)
 * "drain next()" means: until it returns FALSE.
 *
 * On ACKED the owner releases rw_cursor_set_get_lowest() from the journal.
 */
typedef struct _RwSendEndpoint RwSendEndpoint;

/**
 * RwSendEndpointConfig:
 * @generation: of the session; 0 takes that of the first HELLO
 * @beat_idle_us: a beat after so long without any packet: 50 ms
 * @beat_max_us: a beat at least this often: 500 ms
 * @expected_ack_us: the receiver is never silent for longer: 100 ms
 * @stall_us: silence of the receiver before it is down: 500 ms
 * @drain_rate: repair rate as a multiple of real time; 0 = unlimited: 8
 * @max_buffered: hold frames back above this buffered-amount: 4096
 * @max_outstanding: frame bytes in flight at most: 131072
 */
typedef struct {
  guint32 generation;
  gint64 beat_idle_us;
  gint64 beat_max_us;
  gint64 expected_ack_us;
  gint64 stall_us;
  gdouble drain_rate;
  guint64 max_buffered;
  guint32 max_outstanding;
} RwSendEndpointConfig;

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

void rw_send_endpoint_config_init (RwSendEndpointConfig *config);

RwSendEndpoint *rw_send_endpoint_new (RwJournal *journal, RwCursorSet *cursors,
                                      const RwSendEndpointConfig *config,
                                      gint64 now_us);

/* Unbinds the cursor, which stays in its set. */
void rw_send_endpoint_free (RwSendEndpoint *endpoint);

void rw_send_endpoint_receive (RwSendEndpoint *endpoint,
                               const RwMessage *message, gint64 now_us);

/**
 * rw_send_endpoint_next:
 * @buffered: the channel's buffered-amount
 * @out: (out caller-allocates): the message to send now
 *
 * Returns: %FALSE when there is nothing to send before the deadline.
 */
gboolean rw_send_endpoint_next (RwSendEndpoint *endpoint, gint64 now_us,
                                guint64 buffered, RwMessage *out);

/* When to call next() again at the latest; G_MAXINT64 for never. */
gint64 rw_send_endpoint_get_deadline (const RwSendEndpoint *endpoint);

/* Frame @index was sent on this session's live lane. */
void rw_send_endpoint_note_live_sent (RwSendEndpoint *endpoint, guint64 index,
                                      gint64 now_us);

/* Sends BYE, three times at most, until the owner closes; no other message
 * follows.
 * @text: (nullable): for humans */
void rw_send_endpoint_close (RwSendEndpoint *endpoint, RwByeReason reason,
                             const gchar *text);

void rw_send_endpoint_set_drain_rate (RwSendEndpoint *endpoint, gdouble rate,
                                      gint64 now_us);

/* Events since the last call. */
RwSendEvents rw_send_endpoint_take_events (RwSendEndpoint *endpoint);

/* NULL before ESTABLISHED. */
RwCursor *rw_send_endpoint_get_cursor (const RwSendEndpoint *endpoint);

/* The numbers, liveness, round-trip time and BYE of the session; lent until the
 * next call. */
const RwLink *rw_send_endpoint_get_link (const RwSendEndpoint *endpoint);
void rw_send_endpoint_get_stats (const RwSendEndpoint *endpoint,
                                 RwSendStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSendEndpoint, rw_send_endpoint_free)

G_END_DECLS
