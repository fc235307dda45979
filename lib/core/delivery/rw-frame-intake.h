/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-expected-mark.h"
#include "rw-held-frames.h"
#include "rw-rtt.h"
#include "rw-window.h"

G_BEGIN_DECLS

/*
 * RwFrameIntake: puts one session's frames into the window and decides which
 * others should have arrived by now; part of #RwReceiveEndpoint. A
 * caller-owned struct without a lock: the endpoint's owner holds the window's
 * lock around every call. Borrows the window.
 *
 * Frames that arrive before the WELCOME are held (bounded), because their
 * stream is not known yet.
 */

/* The live lane brought a frame first (the window may have no room for it);
 * @serial: of its stream in the window; @rtt: of the session; @data: the
 * config's. */
typedef void (*RwReceiveLiveFunc) (guint32 serial, const RwFrame *frame,
                                   gint64 arrival_us, const RwRtt *rtt,
                                   gpointer data);

typedef struct {
  guint32 serial; /* of the stream in the window, 0 until the WELCOME */
  RwExpectedMarks expected;
  gboolean has_new;    /* the window took a frame; the owner clears it */
  gboolean has_fenced; /* it refused one: its stream was replaced; the same */
  guint64 n_live;      /* frames that the window took from the live lane */
  guint64 n_repaired;  /* and from the repair lane */
  /*< private >*/
  RwWindow *window;
  const RwRtt *rtt;
  gint64 reorder_us;
  RwReceiveLiveFunc live_func;
  gpointer live_data;
  RwHeldFrames held;
} RwFrameIntake;

/* @rtt: of the session, must outlive the intake, as must @window.
 * @reorder_us: how long a live frame may be late before it is missing.
 * @live_func: (nullable) */
void rw_frame_intake_init (RwFrameIntake *intake, RwWindow *window,
                           const RwRtt *rtt, gint64 reorder_us,
                           RwReceiveLiveFunc live_func, gpointer live_data);
void rw_frame_intake_clear (RwFrameIntake *intake);

/* The WELCOME named the stream with @serial: puts in the frames held. */
void rw_frame_intake_begin (RwFrameIntake *intake, guint32 serial,
                            gint64 now_us);

/* Whether the window still holds this session's stream. If not, the session
 * must neither feed nor acknowledge it. */
gboolean rw_frame_intake_is_current (const RwFrameIntake *intake);

/* @payload: (nullable): to take a reference of. Returns NEW also for a frame
 * that is held. */
RwWindowResult rw_frame_intake_put (RwFrameIntake *intake, const RwFrame *frame,
                                    GBytes *payload, RwLane lane,
                                    gint64 now_us);

/* All frames below @to should be here now. Returns whether this shows that
 * frames are missing. */
gboolean rw_frame_intake_expect_now (RwFrameIntake *intake, guint64 to);

/* All frames below @to should be here when the time for reordering is over. */
void rw_frame_intake_expect_soon (RwFrameIntake *intake, guint64 to,
                                  gint64 now_us);

/* Advances the time. Returns as rw_frame_intake_expect_now(). */
gboolean rw_frame_intake_poll (RwFrameIntake *intake, gint64 now_us);

G_END_DECLS
