/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-encoder.h"

/* The encoder chain of the sink; see the header. */

GType
rw_encoder_frame_size_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {2, "2.5 ms", "2.5"}, {5, "5 ms", "5"},    {10, "10 ms", "10"},
      {20, "20 ms", "20"},  {40, "40 ms", "40"}, {60, "60 ms", "60"},
      {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstResilientWebrtcFrameSize", values));
  return type;
}

GType
rw_encoder_audio_type_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {2049, "Generic audio", "generic"},
      {2048, "Voice", "voice"},
      {2051, "Restricted low delay", "restricted-lowdelay"},
      {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstResilientWebrtcAudioType", values));
  return type;
}

static GstElement *
make_element (GstBin *bin, const char *factory, const char *name,
              GError **error)
{
  GstElement *element = gst_element_factory_make (factory, name);

  if (element == NULL) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
                 "No element \"%s\" to encode raw audio with: install "
                 "gstreamer1.0-plugins-base, or give audio/x-opus",
                 factory);
    return NULL;
  }
  gst_bin_add (bin, element);
  return element;
}

static void
add_ghost_pad (GstElement *bin, const char *name, GstElement *element)
{
  g_autoptr (GstPad) target = gst_element_get_static_pad (element, name);

  gst_element_add_pad (bin, gst_ghost_pad_new (name, target));
}

GstElement *
rw_encoder_new (const RwEncoderSettings *settings, GError **error)
{
  GstElement *bin = gst_bin_new ("encoder");
  GstElement *convert, *resample, *filter, *opusenc;
  g_autoptr (GstCaps) caps =
      gst_caps_from_string ("audio/x-raw, channels=(int) [ 1, 2 ]");

  convert = make_element (GST_BIN (bin), "audioconvert", NULL, error);
  resample = convert
                 ? make_element (GST_BIN (bin), "audioresample", NULL, error)
                 : NULL;
  opusenc = resample ? make_element (GST_BIN (bin), "opusenc", "opusenc", error)
                     : NULL;
  filter =
      opusenc ? make_element (GST_BIN (bin), "capsfilter", NULL, error) : NULL;
  if (filter == NULL) {
    gst_object_unref (gst_object_ref_sink (bin));
    return NULL;
  }

  g_object_set (filter, "caps", caps, NULL);
  gst_element_link_many (convert, resample, filter, opusenc, NULL);
  add_ghost_pad (bin, "sink", convert);
  add_ghost_pad (bin, "src", opusenc);
  rw_encoder_apply (bin, settings);
  return bin;
}

void
rw_encoder_apply (GstElement *encoder, const RwEncoderSettings *settings)
{
  g_autoptr (GstElement) opusenc =
      gst_bin_get_by_name (GST_BIN (encoder), "opusenc");

  /* clang-format off */
  g_object_set (opusenc,
      "bitrate", settings->bitrate,
      "frame-size", settings->frame_size,
      "dtx", settings->dtx,
      "inband-fec", settings->inband_fec,
      "packet-loss-percentage", settings->packet_loss_percentage,
      "audio-type", settings->audio_type,
      NULL);
  /* clang-format on */
}
