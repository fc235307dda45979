/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-webrtc-runtime.h"

#include <gst/gst.h>

#include "rw-peer.h"

/* The elements that a session needs, and their slow first use. */

#define BASE "gstreamer1.0-plugins-base"
#define GOOD "gstreamer1.0-plugins-good"
#define BAD  "gstreamer1.0-plugins-bad"
#define NICE "gstreamer1.0-nice"

static const struct {
  const char *element;
  const char *package;
} needed[] = {
    {"webrtcbin", BAD},        {"nicesrc", NICE},   {"nicesink", NICE},
    {"dtlsenc", BAD},          {"dtlsdec", BAD},    {"srtpenc", BAD},
    {"srtpdec", BAD},          {"sctpenc", BAD},    {"sctpdec", BAD},
    {"rtpbin", GOOD},          {"rtpfunnel", GOOD}, {"rtprtxsend", GOOD},
    {"rtpulpfecenc", GOOD},    {"rtpredenc", GOOD}, {"appsrc", BASE},
    {"rtpjitterbuffer", GOOD},
};

gboolean
rw_webrtc_runtime_check_elements (GError **error)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (needed); i++) {
    g_autoptr (GstElementFactory) factory =
        gst_element_factory_find (needed[i].element);

    if (factory == NULL) {
      g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_MISSING_PLUGIN,
                   "The GStreamer element \"%s\" is not installed; install the "
                   "package %s (its name on Debian) and start again",
                   needed[i].element, needed[i].package);
      return FALSE;
    }
  }
  return TRUE;
}

static gpointer
prewarm (gpointer unused)
{
  g_autoptr (GstElement) decoder = NULL;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (needed); i++) {
    g_autoptr (GstElementFactory) factory =
        gst_element_factory_find (needed[i].element);
    g_autoptr (GstPluginFeature) loaded =
        factory != NULL ? gst_plugin_feature_load (GST_PLUGIN_FEATURE (factory))
                        : NULL;
  }

  /* The certificate is made with the first decoder and kept after it. */
  decoder = gst_element_factory_make ("dtlsdec", NULL);
  if (decoder != NULL)
    gst_object_ref_sink (decoder);
  return NULL;
}

static GMutex prewarm_lock; /* also held while joining: all wait */
static GThread *prewarm_thread;

void
rw_webrtc_runtime_prewarm (void)
{
  static gsize done = 0;

  if (g_once_init_enter (&done)) {
    g_mutex_lock (&prewarm_lock);
    prewarm_thread = g_thread_new ("rw-prewarm", prewarm, NULL);
    g_mutex_unlock (&prewarm_lock);
    g_once_init_leave (&done, 1);
  }
}

void
rw_webrtc_runtime_finish_prewarm (void)
{
  g_mutex_lock (&prewarm_lock);
  g_clear_pointer (&prewarm_thread, g_thread_join);
  g_mutex_unlock (&prewarm_lock);
}
