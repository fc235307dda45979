/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwJitter: how unevenly frames arrive: the mean deviation of RFC 3550, 6.4.1.
 * A caller-owned struct.
 */
typedef struct {
  gint64 jitter_us;
  /*< private >*/
  gboolean started;
  gint64 transit_us;
} RwJitter;

void rw_jitter_init (RwJitter *jitter);

/**
 * rw_jitter_note:
 * @media_us: of the frame, on the sender's clock
 * @arrival_us: on ours
 *
 * The two clocks need not agree: only the change of their difference counts. A
 * pause of the sender is not jitter.
 */
void rw_jitter_note (RwJitter *jitter, gint64 media_us, gint64 arrival_us);

G_END_DECLS
