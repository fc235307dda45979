/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/**
 * PeerSide:
 *
 * One of two sessions in one process, their signalling wired by direct calls
 * on one control thread (peer_side_loop), the media over real sockets.
 *
 * Threads: the peer's callbacks write, the test's thread reads, both under
 * peer_side_lock; peer_side_changed is told of each change.
 */
typedef struct _PeerSide PeerSide;

struct _PeerSide {
  RwWebrtcPeer *peer;
  PeerSide *other;
  GPtrArray *candidates; /* of line 0, for a pair that is tied late */

  /* Everything below is guarded by the lock. */
  gboolean described;
  gboolean connected;
  gboolean open;
  gboolean channel_closed;
  gboolean closed;
  gint64 connected_us;
  gint64 open_us;
  gint64 channel_closed_us;
  GError *error;
  char *description;
  GPtrArray *messages;
  GArray *frames;
  GPtrArray *payloads;
  guint n_buffers;
  guint n_gaps;
  GstClockTime last_pts;
};

extern RwLoop *peer_side_loop;
extern GMutex peer_side_lock;
extern GCond peer_side_changed;

#define PEER_SIDE_DEADLINE_US (30 * G_TIME_SPAN_SECOND)

/* Waits, with the deadline of a hung machine, until @condition holds. */
#define peer_side_wait_until(condition)                                        \
  G_STMT_START                                                                 \
  {                                                                            \
    gint64 wait_deadline_us = g_get_monotonic_time () + PEER_SIDE_DEADLINE_US; \
    g_mutex_lock (&peer_side_lock);                                            \
    while (!(condition)) {                                                     \
      if (!g_cond_wait_until (&peer_side_changed, &peer_side_lock,             \
                              wait_deadline_us))                               \
        g_error ("timed out waiting until " #condition);                       \
    }                                                                          \
    g_mutex_unlock (&peer_side_lock);                                          \
  }                                                                            \
  G_STMT_END

void peer_side_set_flag (gboolean *flag, gint64 *time_us);

/** peer_side_count_frames: how many frames the consumer has had so far. */
guint peer_side_count_frames (PeerSide *side);

/** peer_side_wait_for_change: the pace of what is pushed meanwhile. */
void peer_side_wait_for_change (gint64 most_us);

RwWebrtcPeerConfig peer_side_get_default_config (RwWebrtcPeerRole role);
PeerSide *peer_side_new_full (RwWebrtcPeerConfig *config);
PeerSide *peer_side_new (RwWebrtcPeerRole role);

/** peer_side_free: fails if anything keeps the closed peer alive. */
void peer_side_free (PeerSide *side);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PeerSide, peer_side_free)

/** peer_side_start_pair: wires two sides to each other and starts them. */
void peer_side_start_pair (PeerSide *producer, PeerSide *consumer);

/** peer_side_make_pair: both sides, started and wired to each other. */
void peer_side_make_pair (PeerSide **producer, PeerSide **consumer);

void peer_side_start (PeerSide *side);
void peer_side_close (PeerSide *side);
void peer_side_set_remote (PeerSide *side, RwSdpType type, const char *sdp);
void peer_side_add_candidate (PeerSide *side, guint mline,
                              const char *candidate);
gboolean peer_side_send_text (PeerSide *side, const char *text);
RwFrame peer_side_make_frame (guint64 index, guint8 *data);
void peer_side_push (PeerSide *side, guint64 index);

/** peer_side_push_until_one_arrives: frames from @index on, at their pace: what
 * is sent once may be lost. Returns the index after the last one. */
guint64 peer_side_push_until_one_arrives (PeerSide *producer,
                                          PeerSide *consumer, guint64 index);

/* RwLoopFunc: close a PeerSide, without and with a goodbye; wire the two of an
 * array, with the candidates that each has had so far. */
void peer_side_do_close (gpointer side);
void peer_side_do_close_gracefully (gpointer side);
void peer_side_tie (gpointer sides);

/** peer_side_add_both: adds @func twice, with messages on a data channel and
 * with messages in RTCP. */
void peer_side_add_both (const char *path, void (*func) (void));

/** peer_side_is_rtcp: of the test that runs: the latter. */
gboolean peer_side_is_rtcp (void);

/** peer_side_get_n_cycles: how often what is done by chance is done. */
guint peer_side_get_n_cycles (void);

/** peer_side_run: what main() does; @add_tests adds them. */
int peer_side_run (int argc, char **argv, void (*add_tests) (void));

G_END_DECLS
