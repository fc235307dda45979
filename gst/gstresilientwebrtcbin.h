/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"

G_BEGIN_DECLS

/**
 * GstResilientWebrtcBin:
 * What both elements are: a bin with the properties about servers and retries,
 * the signals that go with them, and one order of starting and stopping.
 *
 * Thread: any, as with every element; what is started and stopped here is in
 * rw-endpoint.h.
 */
#define GST_TYPE_RESILIENT_WEBRTC_BIN (gst_resilient_webrtc_bin_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstResilientWebrtcBin, gst_resilient_webrtc_bin, GST,
                          RESILIENT_WEBRTC_BIN, GstBin)

/**
 * GstResilientWebrtcBinClass:
 * @start: READY to PAUSED, with the built-in signalling server listening if
 *   there is one. FALSE, and an element error, when it cannot.
 * @stop: PAUSED to READY, or @start or what came after it has failed.
 * @retry_now: the application wants what waits for a retry to be tried.
 * @get_stats: for the property.
 *
 * The last two come on any thread, at any time.
 */
struct _GstResilientWebrtcBinClass {
  GstBinClass parent_class;

  gboolean (*start) (GstResilientWebrtcBin *self);
  void (*stop) (GstResilientWebrtcBin *self);
  void (*retry_now) (GstResilientWebrtcBin *self);
  GstStructure *(*get_stats) (GstResilientWebrtcBin *self);
};

RwEndpoint *gst_resilient_webrtc_bin_get_endpoint (GstResilientWebrtcBin *self);

G_END_DECLS
