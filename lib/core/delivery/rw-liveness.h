/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-rtt.h"

G_BEGIN_DECLS

/*
 * RwLiveness: judges from silence whether the other side is reachable.
 *
 * A caller-owned struct. The other side sends at least once an interval, with
 * or without audio, so that silence means an outage. When only the outgoing
 * direction is cut, the peer reports in each message that it is not receiving.
 *
 * Own stalls: if rw_liveness_poll() is called later than the deadline it gave
 * out, this thread may have been delayed (CPU load, SIGSTOP) with messages
 * waiting in its sockets. Instead of a verdict it then sets a new deadline
 * RW_LIVENESS_GRACE_US ahead; the caller dispatches its sources in between.
 */

#define RW_LIVENESS_SUSPECT_FLOOR_US (150 * 1000)
#define RW_LIVENESS_STALL_US         (500 * 1000)
#define RW_LIVENESS_LATE_US          (20 * 1000)
#define RW_LIVENESS_GRACE_US         (40 * 1000)

typedef enum {
  RW_LIVENESS_OPENING, /* nothing received yet; the caller's time-out applies */
  RW_LIVENESS_ALIVE,
  RW_LIVENESS_SUSPECT, /* silent for longer than jitter explains */
  RW_LIVENESS_DOWN,    /* silent for the stall timeout */
} RwLivenessState;

typedef struct {
  RwLivenessState state;
  gint64 interval_us;
  gint64 stall_us;
  gint64 received_us;            /* arrival of the last packet */
  gint64 not_receiving_since_us; /* since when the peer reports that it is not
                                    receiving, or -1 */
  gint64 interrupted_us;         /* when it last ceased to be alive */
  /*< private >*/
  RwLivenessState by_silence;
  gint64 grace_until_us; /* 0: no grace was needed */
} RwLiveness;

/**
 * rw_liveness_init:
 * @interval_us: the longest silence of a healthy peer
 * @stall_us: silence before it counts as down
 */
void rw_liveness_init (RwLiveness *liveness, gint64 interval_us,
                       gint64 stall_us);

/* A packet of the peer arrived on this session. */
void rw_liveness_note_received (RwLiveness *liveness, gint64 now_us);

/* The flag of each message: whether the peer is not receiving. */
void rw_liveness_set_peer_not_receiving (RwLiveness *liveness,
                                         gboolean not_receiving, gint64 now_us);

/* The flag to send: whether this side has received nothing for too long. */
gboolean rw_liveness_is_not_receiving (const RwLiveness *liveness);

/* Updates and returns the state as of @now_us. */
RwLivenessState rw_liveness_poll (RwLiveness *liveness, const RwRtt *rtt,
                                  gint64 now_us);

/* When to poll next, G_MAXINT64 for never. */
gint64 rw_liveness_get_deadline (const RwLiveness *liveness, const RwRtt *rtt);

const gchar *rw_liveness_state_get_name (RwLivenessState state);

G_END_DECLS
