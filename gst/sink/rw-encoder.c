/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-encoder.h"

/* The encoder chain of the sink; see the header. */

/* The longest that frame-size may be set to. */
#define MAX_PTIME_MS 60

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
                 "Cannot encode raw audio: the element \"%s\" is missing. "
                 "Install gstreamer1.0-plugins-base, or feed audio/x-opus.",
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

static void
set_channels (GstElement *filter, const char *text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);

  g_object_set (filter, "caps", caps, NULL);
}

GstElement *
rw_encoder_new (const RwEncoderSettings *settings, GError **error)
{
  GstElement *bin = gst_bin_new ("encoder");
  GstElement *convert, *resample, *filter, *opusenc;

  convert = make_element (GST_BIN (bin), "audioconvert", NULL, error);
  resample = convert
                 ? make_element (GST_BIN (bin), "audioresample", NULL, error)
                 : NULL;
  opusenc = resample ? make_element (GST_BIN (bin), "opusenc", "opusenc", error)
                     : NULL;
  filter = opusenc ? make_element (GST_BIN (bin), "capsfilter", "filter", error)
                   : NULL;
  if (filter == NULL) {
    gst_object_unref (gst_object_ref_sink (bin));
    return NULL;
  }

  set_channels (filter, "audio/x-raw, channels=(int) [ 1, 2 ]");
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

static int
count_channels (const GstCaps *caps)
{
  int channels = 0;

  gst_structure_get_int (gst_caps_get_structure (caps, 0), "channels",
                         &channels);
  return channels;
}

gboolean
rw_encoder_check_input (const GstCaps *caps, GError **error)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  guint64 mask = 0;
  int channels = count_channels (caps);

  gst_structure_get (structure, "channel-mask", GST_TYPE_BITMASK, &mask, NULL);
  if (channels <= 2 || mask != 0)
    return TRUE;
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
               "Cannot mix %d channels down to stereo: the caps do not name "
               "their positions (channel-mask=0). Set the mask, such as "
               "channel-mask=(bitmask)0x3f for 5.1, on the source or with a "
               "capssetter upstream, or mix down with the mix-matrix of an "
               "audioconvert.",
               channels);
  return FALSE;
}

gboolean
rw_encoder_fold (GstElement *encoder, const GstCaps *caps)
{
  g_autoptr (GstElement) filter =
      gst_bin_get_by_name (GST_BIN (encoder), "filter");
  gboolean is_folded = count_channels (caps) > 2;

  set_channels (filter, is_folded ? "audio/x-raw, channels=(int) 2"
                                  : "audio/x-raw, channels=(int) [ 1, 2 ]");
  return is_folded;
}

RwOpusTerms
rw_encoder_get_terms (const RwEncoderSettings *settings)
{
  return (RwOpusTerms){
      .max_bitrate = (guint) settings->bitrate,
      .ptime_ms = settings->frame_size == 2 ? 2.5 : settings->frame_size,
      .max_ptime_ms = MAX_PTIME_MS,
      .dtx = settings->dtx,
  };
}
