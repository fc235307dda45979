/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's entry: registers the elements and nothing else. */
#include <gst/gst.h>

#include "gstresilientwebrtcroom.h"
#include "gstresilientwebrtcsink.h"
#include "gstresilientwebrtcsrc.h"

#ifndef PACKAGE
#define PACKAGE "gst-resilient-webrtc"
#endif

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (resilientwebrtcsink, plugin) &&
         GST_ELEMENT_REGISTER (resilientwebrtcsrc, plugin) &&
         GST_ELEMENT_REGISTER (resilientwebrtcroom, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, resilientwebrtc,
                   "Live audio over WebRTC without loss across outages",
                   plugin_init, RW_VERSION, "LGPL", PACKAGE,
                   "Unknown package origin")
