/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-playout.h"

G_BEGIN_DECLS

/*
 * RwPlayoutReporter: logs what the audio at the pad lacks and where its times
 * move, and posts it as bus messages of the parent, the element that the
 * application created.
 *
 * Thread: the pad's streaming thread.
 */
typedef struct _RwPlayoutReporter RwPlayoutReporter;

/* @element: not referenced. */
RwPlayoutReporter *rw_playout_reporter_new (GstElement *element);
void rw_playout_reporter_free (RwPlayoutReporter *self);

/* A new run: no stream has been reported. */
void rw_playout_reporter_reset (RwPlayoutReporter *self);

/* A stream begins with the first index of @item. */
void rw_playout_reporter_report_stream (RwPlayoutReporter *self,
                                        const RwWindowItem *item);

/* The id of the last stream, or NULL; borrowed until the next one. */
const char *rw_playout_reporter_get_stream_id (RwPlayoutReporter *self);

/* The frames of @item do not exist any more, or are let go. */
void rw_playout_reporter_report_gap (RwPlayoutReporter *self,
                                     const RwPlayoutItem *item);

/**
 * rw_playout_reporter_report_step:
 * @time_ns: where the audio goes on
 * @hole_ns: without audio before it
 * @step_ns: by how much its times have moved
 * @is_discont: whether the hole is a discontinuity; a sender's silence is none
 *
 * Reports no hole and no step that is too short to be of interest.
 */
void rw_playout_reporter_report_step (RwPlayoutReporter *self,
                                      GstClockTime time_ns, guint64 hole_ns,
                                      gint64 step_ns, gboolean is_discont);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwPlayoutReporter, rw_playout_reporter_free)

G_END_DECLS
