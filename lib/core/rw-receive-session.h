/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-liveness.h"
#include "rw-message.h"
#include "rw-window.h"

G_BEGIN_DECLS

/*
 * RwReceiveSession: the receiver's end of one transport session.
 *
 * Sans I/O, as #RwSendSession. It borrows the window, which outlives it and
 * may be fed by several sessions at once; every call needs the window's lock.
 * Says HELLO until it is welcomed, then acknowledges: every 100 ms at rest,
 * at once (10 ms apart) while something is missing or being repaired.
 *
 * Live frames that come before the WELCOME are held here (bounded), since
 * nobody knows yet to which stream they belong.
 */
typedef struct _RwReceiveSession RwReceiveSession;

/* Frames held before the WELCOME. */
#define RW_RECEIVE_MAX_HELD 256u

/**
 * RwReceiveSessionConfig:
 * @consumer_id: stable identity, 1 to %RW_CONSUMER_ID_MAX bytes of UTF-8
 * @generation: of the session; rises with each session of a window
 * @start: where to begin if the sender does not know this consumer
 * @ack_us: an ack at least this often: 100 ms
 * @reorder_us: how long a live frame may be overtaken before it is asked
 *   for: 20 ms
 * @stall_us: silence of the sender before it is down: 500 ms
 */
typedef struct {
  const gchar *consumer_id;
  guint32 generation;
  RwStart start;
  gint64 ack_us;
  gint64 reorder_us;
  gint64 stall_us;
} RwReceiveSessionConfig;

typedef enum {
  RW_RECEIVE_EVENT_WELCOME = 1 << 0,  /* the stream is known */
  RW_RECEIVE_EVENT_PROGRESS = 1 << 1, /* frames newly taken: look for items */
  RW_RECEIVE_EVENT_LIVENESS = 1 << 2, /* alive, suspect or down changed */
  RW_RECEIVE_EVENT_STREAM = 1 << 3,   /* WELCOME named another stream */
  RW_RECEIVE_EVENT_FENCED = 1 << 4,   /* its stream was replaced: close it */
  RW_RECEIVE_EVENT_ENDED = 1 << 5,    /* the end of the stream is known */
  RW_RECEIVE_EVENT_BYE = 1 << 6,      /* the sender closed: get_bye() */
} RwReceiveEvents;

typedef struct {
  guint64 messages_sent;
  guint64 messages_received;
  guint64 messages_fenced; /* of another generation */
  guint64 frames_live;     /* newly taken from this session's live lane */
  guint64 frames_repaired; /* and from its repair lane */
} RwReceiveStats;

/* Everything but id and generation at its default. */
void rw_receive_session_config_init (RwReceiveSessionConfig *config,
                                     const gchar *consumer_id,
                                     guint32 generation);

RwReceiveSession *rw_receive_session_new (RwWindow *window,
                                          const RwReceiveSessionConfig *config,
                                          gint64 now_us);
void rw_receive_session_free (RwReceiveSession *session);

void rw_receive_session_receive (RwReceiveSession *session,
                                 const RwMessage *message, gint64 now_us);

/**
 * rw_receive_session_note_live:
 * @frame: a frame that came over the live lane
 * @payload: (nullable): its payload to take a reference of, else it is copied
 *
 * May bring the deadline forward, if the frame shows that others are missing.
 *
 * Returns: %RW_WINDOW_NEW also for a frame that is held until the WELCOME.
 */
RwWindowResult rw_receive_session_note_live (RwReceiveSession *session,
                                             const RwFrame *frame,
                                             GBytes *payload, gint64 now_us);

/* Anything else was heard on this session's transport (RTP padding, RTCP). */
void rw_receive_session_note_heard (RwReceiveSession *session, gint64 now_us);

/* As rw_send_session_next() and get_deadline(). */
gboolean rw_receive_session_next (RwReceiveSession *session, gint64 now_us,
                                  guint64 buffered, RwMessage *out);
gint64 rw_receive_session_get_deadline (const RwReceiveSession *session);

/* Has BYE sent, thrice at most, until the owner closes; nothing else follows.
 * RW_BYE_STOPPED makes the sender forget this consumer. */
void rw_receive_session_close (RwReceiveSession *session, RwByeReason reason,
                               const gchar *text);

RwReceiveEvents rw_receive_session_take_events (RwReceiveSession *session);

gboolean rw_receive_session_is_welcome (const RwReceiveSession *session);
RwLivenessState
rw_receive_session_get_liveness (const RwReceiveSession *session);
const RwRtt *rw_receive_session_get_rtt (const RwReceiveSession *session);
gint64 rw_receive_session_get_heard_us (const RwReceiveSession *session);

/* The sender's status as last told; all zero before the first. */
const RwStatus *rw_receive_session_get_status (const RwReceiveSession *session);
const RwBye *rw_receive_session_get_bye (const RwReceiveSession *session);
void rw_receive_session_get_stats (const RwReceiveSession *session,
                                   RwReceiveStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwReceiveSession, rw_receive_session_free)

G_END_DECLS
