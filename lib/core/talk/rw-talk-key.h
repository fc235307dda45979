/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwTalkKey:
 *
 * The talk key of one member of a room whose floor has to be requested: when
 * to request and to release the floor, and whether the member is on air. The
 * server decides about the floor (RwFloor); this is the member's side of it,
 * across outages and restarts of the server.
 *
 * Pure: times come as arguments, requests and news are queued for the caller
 * to pop. One thread.
 *
 * A member is on air only in RW_TALK_TALKING: the key is pressed, the server
 * has granted the floor, and the last contact with the server is not so old
 * that the server may have granted the floor to another member.
 */
typedef struct _RwTalkKey RwTalkKey;

/**
 * RwTalkState:
 * @RW_TALK_IDLE: not pressed
 * @RW_TALK_WAITING: pressed; the server has not answered
 * @RW_TALK_QUEUED: pressed; another member has the floor
 * @RW_TALK_TALKING: pressed, and on air
 * @RW_TALK_HELD: pressed, and was on air; without contact to the server for so
 *   long that the floor may be lost. Recorded audio waits for a new grant.
 * @RW_TALK_SPENT: pressed, but nothing comes of it: the key has to be released
 *   and pressed again
 */
typedef enum {
  RW_TALK_IDLE,
  RW_TALK_WAITING,
  RW_TALK_QUEUED,
  RW_TALK_TALKING,
  RW_TALK_HELD,
  RW_TALK_SPENT,
} RwTalkState;

/**
 * RwTalkKeyConfig:
 * @answer_us: a press that has had no answer for so long is dropped
 * @lease_us: how long the member stays on air without a connection: less than
 *   the server's grace by the time that the member takes to detect the loss
 */
typedef struct {
  gint64 answer_us;
  gint64 lease_us;
} RwTalkKeyConfig;

#define RW_TALK_KEY_CONFIG_DEFAULT                                             \
  ((RwTalkKeyConfig){.answer_us = 2000000, .lease_us = 3500000})

/**
 * RwTalkEventType:
 * @RW_TALK_REQUEST: to be sent: request the floor, and wait for it
 * @RW_TALK_GIVE_BACK: to be sent: release the floor, or leave its queue
 * @RW_TALK_MARK: to be sent: join the room, although the client is in it; the
 *   answer is reported by rw_talk_key_join()
 * @RW_TALK_GRANTED: news: on air for @remaining_us, 0 without limit
 * @RW_TALK_IN_QUEUE: news: @position from 1
 * @RW_TALK_DENIED: news: the press is spent, because of @reason: "queue-full",
 *   "no-answer", "time", or the code of an error
 * @RW_TALK_RELEASED: news: not on air any more, because of @reason:
 *   "released", "time", "lost" or "left"
 */
typedef enum {
  RW_TALK_REQUEST,
  RW_TALK_GIVE_BACK,
  RW_TALK_MARK,
  RW_TALK_GRANTED,
  RW_TALK_IN_QUEUE,
  RW_TALK_DENIED,
  RW_TALK_RELEASED,
} RwTalkEventType;

/** RwTalkEvent: @reason is static. */
typedef struct {
  RwTalkEventType type;
  guint position;
  gint64 remaining_us;
  const char *reason;
} RwTalkEvent;

RwTalkKey *rw_talk_key_new (const RwTalkKeyConfig *config);
void rw_talk_key_free (RwTalkKey *self);

/* The member. */
void rw_talk_key_press (RwTalkKey *self, gint64 now_us);
void rw_talk_key_release (RwTalkKey *self);
/* Its priority has changed: a press that waits is to be requested again. */
void rw_talk_key_ask_again (RwTalkKey *self);

/* The connection: lost, and back. A server that does not know the member (not
 * @is_known) has forgotten all requests; rw_talk_key_join() follows. */
void rw_talk_key_disconnect (RwTalkKey *self, gint64 now_us);
void rw_talk_key_connect (RwTalkKey *self, gboolean is_known);

/* The server's messages. */
void rw_talk_key_join (RwTalkKey *self, gboolean is_holder, gint64 now_us);
void rw_talk_key_grant (RwTalkKey *self, gint64 hold_us, gint64 now_us);
void rw_talk_key_queue (RwTalkKey *self, guint position);
void rw_talk_key_deny (RwTalkKey *self, const char *reason);
void rw_talk_key_lose (RwTalkKey *self, const char *reason);
void rw_talk_key_yield (RwTalkKey *self);

/* When to call rw_talk_key_wake(); G_MAXINT64 for never. */
gint64 rw_talk_key_get_wake_us (const RwTalkKey *self);
void rw_talk_key_wake (RwTalkKey *self, gint64 now_us);

RwTalkState rw_talk_key_get_state (const RwTalkKey *self);

/* The oldest event; FALSE if there is none. */
gboolean rw_talk_key_pop (RwTalkKey *self, RwTalkEvent *event);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwTalkKey, rw_talk_key_free)

G_END_DECLS
