/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-quality-meter.h"
#include "rw-state.h"

G_BEGIN_DECLS

/*
 * The structures that the elements post on the bus, one function a message.
 * Pure builders: they take plain values and return a new structure; see
 * docs/messages.md for every field.
 */

#define RW_BUS_MESSAGE_STATE    "resilient-webrtc-state"
#define RW_BUS_MESSAGE_GAP      "resilient-webrtc-gap"
#define RW_BUS_MESSAGE_STEP     "resilient-webrtc-step"
#define RW_BUS_MESSAGE_REPAIRED "resilient-webrtc-repaired"
#define RW_BUS_MESSAGE_OVERRUN  "resilient-webrtc-overrun"
#define RW_BUS_MESSAGE_STREAM   "resilient-webrtc-stream"
#define RW_BUS_MESSAGE_QUALITY  "resilient-webrtc-quality"

#define RW_TYPE_GST_STATE (rw_gst_state_get_type ())
GType rw_gst_state_get_type (void);

/* Times in nanoseconds; @retries is -1 for ever. Strings may be NULL. A report
 * with @is_own is about the element as a whole, not about one of a sink's
 * consumers; rw_notifier_announce() fills in its @previous. */
typedef struct {
  gboolean is_own;
  RwState state;
  RwState previous;
  const char *reason;
  const char *peer_id;
  const char *session_id;
  guint generation;
  guint attempt;
  gint retries;
  guint64 delay_ns;
  guint64 outage_ns;
  guint64 backlog_ns;
} RwStateReport;

GstStructure *rw_bus_message_new_state (const RwStateReport *report);

/* Frames [@first, @first + @frames) no longer exist. @start_ns is the running
 * time on the source's pad, @duration_ns the exact length. */
GstStructure *rw_bus_message_new_gap (guint64 first, guint64 frames,
                                      GstClockTime start_ns,
                                      GstClockTime duration_ns,
                                      const char *reason);

/* The sender's time stood still, went back, or has a hole in it: audio goes on
 * at @start_ns of the source's pad, after @hole_ns without any; @step_ns is
 * how much later it comes than its timestamps state. */
GstStructure *rw_bus_message_new_step (GstClockTime start_ns, guint64 hole_ns,
                                       gint64 step_ns);

/* The backlog of an outage has been made good. */
GstStructure *rw_bus_message_new_repaired (guint64 frames, guint64 outage_ns,
                                           guint64 catch_up_ns);

/* The journal was full: see RwOverrun. */
GstStructure *rw_bus_message_new_overrun (const char *consumer_id,
                                          guint64 frames, guint64 total,
                                          guint64 lost);

/* A stream began at a source. */
GstStructure *rw_bus_message_new_stream (const char *stream_id,
                                         const char *previous, guint64 first);

/* The quality of the connection to a peer over the last seconds. */
GstStructure *rw_bus_message_new_quality (const char *peer_id,
                                          const RwQualityReport *report);

G_END_DECLS
