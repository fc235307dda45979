/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-frame-intake.h"
#include "rw-link.h"
#include "rw-message.h"
#include "rw-window.h"

G_BEGIN_DECLS

/*
 * RwReceiveEndpoint: the receiver's end of one transport session.
 *
 * Performs no I/O, like #RwSendEndpoint. It borrows the window, which outlives
 * it and may be fed by several sessions at once; every call needs the window's
 * lock. Sends HELLO until a WELCOME arrives, then acknowledges: every 100 ms at
 * rest, at once (10 ms apart) while frames are missing or being repaired.
 *
 * Frames that arrive before the WELCOME are held (RwFrameIntake).
 */
typedef struct _RwReceiveEndpoint RwReceiveEndpoint;

/**
 * RwReceiveEndpointConfig:
 * @consumer_id: stable identity, 1 to %RW_CONSUMER_ID_MAX bytes of UTF-8
 * @generation: of the session; rises with each session of a window
 * @start: where to begin if the sender does not know this consumer
 * @ack_us: an ack at least this often: 100 ms
 * @reorder_us: how long a live frame may be late before it is requested: 20 ms
 * @stall_us: silence of the sender before it is down: 500 ms
 * @live_func: (nullable): called with each frame once its stream is known
 */
typedef struct {
  const gchar *consumer_id;
  guint32 generation;
  RwStart start;
  gint64 ack_us;
  gint64 reorder_us;
  gint64 stall_us;
  RwReceiveLiveFunc live_func;
  gpointer live_data;
} RwReceiveEndpointConfig;

typedef enum {
  RW_RECEIVE_EVENT_WELCOME = 1 << 0, /* the stream is known */
  RW_RECEIVE_EVENT_PROGRESS =
      1 << 1, /* new frames accepted: items may be ready */
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
  guint64 frames_live;     /* accepted from this session's live lane */
  guint64 frames_repaired; /* and from its repair lane */
} RwReceiveStats;

/* Sets everything but id and generation to its default. */
void rw_receive_endpoint_config_init (RwReceiveEndpointConfig *config,
                                      const gchar *consumer_id,
                                      guint32 generation);

RwReceiveEndpoint *
rw_receive_endpoint_new (RwWindow *window,
                         const RwReceiveEndpointConfig *config, gint64 now_us);
void rw_receive_endpoint_free (RwReceiveEndpoint *endpoint);

void rw_receive_endpoint_receive (RwReceiveEndpoint *endpoint,
                                  const RwMessage *message, gint64 now_us);

/**
 * rw_receive_endpoint_note_live:
 * @frame: a frame of the live lane
 * @payload: (nullable): its payload to take a reference of, else it is copied
 *
 * Moves the deadline forward if the frame shows that others are missing.
 *
 * Returns: %RW_WINDOW_NEW also for a frame that is held until the WELCOME.
 */
RwWindowResult rw_receive_endpoint_note_live (RwReceiveEndpoint *endpoint,
                                              const RwFrame *frame,
                                              GBytes *payload, gint64 now_us);

/* As rw_send_endpoint_next() and get_deadline(). */
gboolean rw_receive_endpoint_next (RwReceiveEndpoint *endpoint, gint64 now_us,
                                   guint64 buffered, RwMessage *out);
gint64 rw_receive_endpoint_get_deadline (const RwReceiveEndpoint *endpoint);

/* Sends BYE, three times at most, until the owner closes; no other message
 * follows. RW_BYE_STOPPED removes this consumer's cursor at the sender. */
void rw_receive_endpoint_close (RwReceiveEndpoint *endpoint, RwByeReason reason,
                                const gchar *text);

RwReceiveEvents rw_receive_endpoint_take_events (RwReceiveEndpoint *endpoint);

gboolean rw_receive_endpoint_is_welcome (const RwReceiveEndpoint *endpoint);

/* The numbers, liveness, round-trip time and BYE of the session; lent until the
 * next call. */
const RwLink *rw_receive_endpoint_get_link (const RwReceiveEndpoint *endpoint);

/* The sender's last status; all zero before the first. */
const RwStatus *
rw_receive_endpoint_get_status (const RwReceiveEndpoint *endpoint);
void rw_receive_endpoint_get_stats (const RwReceiveEndpoint *endpoint,
                                    RwReceiveStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwReceiveEndpoint, rw_receive_endpoint_free)

G_END_DECLS
