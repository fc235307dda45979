/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-rtt.h"

G_BEGIN_DECLS

/*
 * RwLiveness: decides from silence whether the other side can be reached.
 *
 * A caller-owned struct. The other side promises to be heard at least once an
 * interval, whether there is audio or not, so that silence means an outage
 * and nothing else. Where only our own direction is dead we hear it from the
 * peer, which says in each message whether it hears us.
 *
 * Own stalls: if rw_liveness_poll() is called later than the deadline it gave
 * out, this thread may have been held up (CPU load, SIGSTOP) with messages
 * waiting in its sockets. It then gives no verdict but a new deadline
 * RW_LIVENESS_GRACE_US ahead; the caller lets its sources run in between.
 */

#define RW_LIVENESS_SUSPECT_FLOOR_US (150 * 1000)
#define RW_LIVENESS_STALL_US         (500 * 1000)
#define RW_LIVENESS_LATE_US          (20 * 1000)
#define RW_LIVENESS_GRACE_US         (40 * 1000)

typedef enum {
  RW_LIVENESS_OPENING, /* nothing heard yet; the caller's watchdog rules */
  RW_LIVENESS_ALIVE,
  RW_LIVENESS_SUSPECT, /* silent for longer than jitter explains */
  RW_LIVENESS_DOWN,    /* silent for the stall timeout */
} RwLivenessState;

typedef struct {
  RwLivenessState state;
  gint64 interval_us;
  gint64 stall_us;
  gint64 heard_us;       /* when something last came in */
  gint64 deaf_since_us;  /* since when the peer says it hears nothing, or -1 */
  gint64 interrupted_us; /* when it last ceased to be alive */
  /*< private >*/
  RwLivenessState by_silence;
  gint64 grace_until_us; /* 0: no grace was needed */
} RwLiveness;

/**
 * rw_liveness_init:
 * @interval_us: what the peer promised: never silent for longer
 * @stall_us: silence before it counts as down
 */
void rw_liveness_init (RwLiveness *liveness, gint64 interval_us,
                       gint64 stall_us);

/* Anything at all came in from the peer on this session. */
void rw_liveness_heard (RwLiveness *liveness, gint64 now_us);

/* What the peer says of our own direction, with each of its messages. */
void rw_liveness_set_peer_deaf (RwLiveness *liveness, gboolean deaf,
                                gint64 now_us);

/* What to tell the peer: we have not heard it for longer than we should. */
gboolean rw_liveness_is_deaf (const RwLiveness *liveness);

/* Gives the state as of @now_us. */
RwLivenessState rw_liveness_poll (RwLiveness *liveness, const RwRtt *rtt,
                                  gint64 now_us);

/* When to poll next, G_MAXINT64 for never. */
gint64 rw_liveness_get_deadline (const RwLiveness *liveness, const RwRtt *rtt);

const gchar *rw_liveness_state_get_name (RwLivenessState state);

G_END_DECLS
