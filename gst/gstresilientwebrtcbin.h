/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"

G_BEGIN_DECLS

/**
 * GstResilientWebrtcBin:
 * Base class of the elements: a bin with the shared properties and signals,
 * and one order of starting and stopping.
 *
 * Owns the RwEndpoint, and calls it on the thread of the state change.
 */
#define GST_TYPE_RESILIENT_WEBRTC_BIN (gst_resilient_webrtc_bin_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstResilientWebrtcBin, gst_resilient_webrtc_bin, GST,
                          RESILIENT_WEBRTC_BIN, GstBin)

/**
 * GstResilientWebrtcBinClass:
 * @start: READY to PAUSED, after the embedded signalling server (if any)
 *   listens. FALSE, and an element error, on failure.
 * @stop: PAUSED to READY, or after a failure of @start or a later step.
 * @retry_now: retries at once, on request of the application.
 * @get_stats: for the property.
 *
 * @publish: JSON to the members of the room; the default is by the endpoint.
 *
 * The last three come on any thread, at any time.
 */
struct _GstResilientWebrtcBinClass {
  GstBinClass parent_class;

  gboolean (*start) (GstResilientWebrtcBin *self);
  void (*stop) (GstResilientWebrtcBin *self);
  void (*retry_now) (GstResilientWebrtcBin *self);
  GstStructure *(*get_stats) (GstResilientWebrtcBin *self);
  gboolean (*publish) (GstResilientWebrtcBin *self, const char *data);
};

RwEndpoint *gst_resilient_webrtc_bin_get_endpoint (GstResilientWebrtcBin *self);

G_END_DECLS
