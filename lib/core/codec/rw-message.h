/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-frame.h"

G_BEGIN_DECLS

/*
 * RwMessage: a message between sender and receiver on the data channel.
 *
 * The channel is unordered and drops what it cannot deliver at once, so each
 * message is complete in itself: it may be lost, duplicated or reordered. Plain
 * data without ownership; pointers in it are borrowed from the function that
 * filled it in. "s->r" goes from the sender (producer) to the receiver
 * (consumer).
 */

#define RW_PROTOCOL_VERSION 1u

#define RW_MESSAGE_MAX_RANGES 64u
#define RW_MESSAGE_MAX_FRAMES 64u
#define RW_MESSAGE_MAX_TEXT   1024u
/* Longest consumer id in bytes, without the terminating NUL. */
#define RW_CONSUMER_ID_MAX 128u

/* A message of frames is filled up to this size on the wire, to fit one
 * datagram; one larger frame goes alone. */
#define RW_MESSAGE_TARGET_SIZE 1100u

typedef enum {
  RW_MESSAGE_HELLO = 1,   /* r->s: identity and position of the receiver */
  RW_MESSAGE_WELCOME = 2, /* s->r: the stream and the receiver's first index */
  RW_MESSAGE_FORMAT = 3,  /* s->r: one entry of the table of formats */
  RW_MESSAGE_FRAMES = 4,  /* s->r: repair lane */
  RW_MESSAGE_BEAT = 5,    /* s->r: heartbeat and the journal's bounds */
  RW_MESSAGE_ACK = 6,     /* r->s: heartbeat, position, what is missing */
  RW_MESSAGE_BYE = 7,     /* both: this session is over */
} RwMessageType;

typedef enum {
  RW_START_LIVE = 0,
  RW_START_OLDEST = 1,
} RwStart;

typedef enum {
  RW_BYE_STOPPED = 0,    /* the receiver has left for good: remove its cursor */
  RW_BYE_SUPERSEDED = 1, /* another session of the same pair continues */
  RW_BYE_ENDED = 2,      /* s->r: the stream is over at @head */
  RW_BYE_ERROR = 3,      /* the session cannot continue; @text has the reason */
} RwByeReason;

/* Indices from @from up to but without @to. */
typedef struct {
  guint64 from;
  guint64 to;
} RwRange;

/**
 * RwReport: state of the receive window
 * @next: cumulative ack: the next index it wants to hand on
 * @known_to: below this index @ranges lists everything that is missing
 * @ranges: what is missing, lowest first, disjoint
 * @credit: receive credit: frames from @next on that the window can take
 */
typedef struct {
  guint64 next;
  guint64 known_to;
  guint32 credit;
  guint n_ranges;
  RwRange ranges[RW_MESSAGE_MAX_RANGES];
} RwReport;

/**
 * RwStatus: state of the journal
 * @head: the next index to be written
 * @tail: the oldest index that still exists
 * @live_from: first index that went over this session's live lane, or
 *   %RW_INDEX_NONE: lower ones come by the repair lane only
 * @expect_to: lower ones should have arrived by now if the live lane lost none
 * @n_formats: size of the table of formats
 * @ended: no frame will follow @head
 * @not_receiving: the sender has received nothing for too long
 */
typedef struct {
  guint64 head;
  guint64 tail;
  guint64 live_from;
  guint64 expect_to;
  guint8 n_formats;
  gboolean ended;
  gboolean not_receiving;
} RwStatus;

/* A consumer that the sender does not know begins at the position of its report
 * if it names this stream, at the oldest frame if it names another stream (a
 * follower must get all of the new stream), else as @start says. */
typedef struct {
  gchar consumer_id[RW_CONSUMER_ID_MAX + 1];
  guint8 stream_id[RW_STREAM_ID_SIZE]; /* zero: no stream yet */
  RwStart start;                       /* if there is no position */
  RwReport report;                     /* undefined without a stream */
} RwHello;

typedef struct {
  guint8 stream_id[RW_STREAM_ID_SIZE];
  guint64 start;   /* position of this consumer; may be below the tail */
  guint16 beat_ms; /* longest silence of the sender */
  RwStatus status;
} RwWelcome;

typedef struct {
  guint8 id;
  guint16 length;
  const gchar *caps; /* not terminated, valid UTF-8, lent */
} RwFormat;

typedef struct {
  guint n_frames;
  RwFrame frames[RW_MESSAGE_MAX_FRAMES]; /* payloads lent, rising indices */
} RwFrames;

typedef struct {
  RwStatus status;
} RwBeat;

/**
 * RwAck:
 * @report: position and what is missing
 * @lost: frames of this stream that were announced as gaps, in all
 * @n_formats: formats known, counted from id 0 without a hole
 * @not_receiving: the receiver has received nothing for too long
 * @finished: everything up to the end of the stream was handed on
 */
typedef struct {
  RwReport report;
  guint64 lost;
  guint8 n_formats;
  gboolean not_receiving;
  gboolean finished;
} RwAck;

typedef struct {
  RwByeReason reason;
  guint64 head; /* with RW_BYE_ENDED: the end of the stream */
  guint16 length;
  const gchar *text; /* not terminated, valid UTF-8, lent */
} RwBye;

/**
 * RwMessage:
 * @generation: of the session; a message of another one is dropped
 * @seq: counts this side's messages in the session, from 1
 * @sent_us: low 32 bits of this side's clock when it was made
 * @has_echo: whether a message of the other side has arrived
 * @echo_us: the newest @sent_us received from the other side
 * @echo_hold_us: time since its arrival
 */
typedef struct {
  RwMessageType type;
  guint32 generation;
  guint32 seq;
  guint32 sent_us;
  gboolean has_echo;
  guint32 echo_us;
  guint32 echo_hold_us;
  union {
    RwHello hello;
    RwWelcome welcome;
    RwFormat format;
    RwFrames frames;
    RwBeat beat;
    RwAck ack;
    RwBye bye;
  };
} RwMessage;

G_END_DECLS
