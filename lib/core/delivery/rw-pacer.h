/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-rtt.h"

G_BEGIN_DECLS

/*
 * RwPacer: limits the rate of the repair lane. A caller-owned struct.
 *
 * Two limits: a token bucket of audio time holds it to @rate times real time; a
 * window of outstanding bytes grows while the path's queues stay short and
 * shrinks as soon as they grow (in the manner of LEDBAT, RFC 6817), so that the
 * live lane, which has no limit, never waits behind repairs.
 */

/* Queueing delay that repair may cause on the path. */
#define RW_PACER_TARGET_US (12 * 1000)

/* Two messages, for slow paths. */
#define RW_PACER_MIN_WINDOW 2400u

typedef struct {
  gdouble rate;   /* x real time; 0 = no limit */
  gdouble window; /* bytes that may be outstanding */
  guint32 max_window;
  /*< private >*/
  gboolean slow_start;
  gint64 budget_ns; /* audio that may be sent now; negative = in debt */
  gint64 filled_us; /* when the bucket was last filled */
  gint64 cut_us;    /* when the window was last cut */
} RwPacer;

void rw_pacer_init (RwPacer *pacer, gdouble rate, guint32 max_window,
                    gint64 now_us);
void rw_pacer_set_rate (RwPacer *pacer, gdouble rate, gint64 now_us);

/* Whether a message may be sent with @outstanding bytes in flight. */
gboolean rw_pacer_may_send (RwPacer *pacer, guint32 outstanding, gint64 now_us);

/* A message that holds @audio_ns of sound was sent. */
void rw_pacer_sent (RwPacer *pacer, guint64 audio_ns);

/* @bytes of @outstanding have arrived or were lost: adapts the window to the
 * path's delay. */
void rw_pacer_note_retired (RwPacer *pacer, guint32 bytes, guint32 outstanding,
                            const RwRtt *rtt, gint64 now_us);

/* When the bucket allows the next message; in the past if it does already. */
gint64 rw_pacer_get_deadline (const RwPacer *pacer);

G_END_DECLS
