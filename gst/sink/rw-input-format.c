/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-input-format.h"

#include "rw-opus-caps.h"

/* See the header. */

/* The others are for caps without stream headers, of which there are few. */
#define MAX_FORMATS_WITH_HEADERS (RW_FORMAT_MAX_COUNT - 64)

void
rw_input_format_init (RwInputFormat *format, GstElement *element,
                      RwTransmitter *transmitter)
{
  *format = (RwInputFormat){
      .element = element, .transmitter = transmitter, .index = -1};
}

void
rw_input_format_begin (RwInputFormat *format)
{
  format->index = -1;
}

static gboolean
add_lean (RwInputFormat *format, GstCaps *caps, gboolean with_headers)
{
  g_autoptr (GstCaps) lean = rw_opus_caps_simplify (caps, with_headers);
  g_autofree char *text = gst_caps_to_string (lean);

  format->index = rw_transmitter_add_format (format->transmitter, text);
  return format->index >= 0;
}

/* A player of many files has tags that differ in each of them, which are left
 * out; and perhaps a pre-skip or a gain that does, which the last formats of a
 * long stream go without. */
gboolean
rw_input_format_add (RwInputFormat *format, GstCaps *caps)
{
  guint n = rw_transmitter_get_n_formats (format->transmitter);

  return (n < MAX_FORMATS_WITH_HEADERS && add_lean (format, caps, TRUE)) ||
         add_lean (format, caps, FALSE);
}

gboolean
rw_input_format_set_caps (RwInputFormat *format, GstCaps *caps)
{
  if (format->refused)
    return FALSE;
  if (!rw_opus_caps_is_playable (caps)) {
    format->refused = TRUE;
    GST_ELEMENT_ERROR (
        format->element, STREAM, FORMAT,
        ("Cannot send this Opus stream: its layout is neither one or two "
         "channels (mapping family 0) nor three to eight (family 1). Mix it "
         "down before encoding, or feed raw audio, which this element mixes "
         "down."),
        ("caps %" GST_PTR_FORMAT, caps));
    return FALSE;
  }
  if (rw_input_format_add (format, caps))
    return TRUE;
  format->refused = TRUE;
  GST_ELEMENT_ERROR (format->element, STREAM, FORMAT,
                     ("Cannot accept these caps: they have more than %u bytes, "
                      "or have changed too often in one stream. Restart the "
                      "stream.",
                      RW_FORMAT_MAX_LENGTH),
                     (NULL));
  return FALSE;
}

gboolean
rw_input_format_check_segment (RwInputFormat *format, GstEvent *event)
{
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  if (segment->format == GST_FORMAT_TIME)
    return TRUE;
  if (!format->refused)
    GST_ELEMENT_ERROR (format->element, STREAM, FORMAT,
                       ("Cannot send this input: its segment is in %s format, "
                        "and Opus needs timestamps. Set format=time on an "
                        "appsrc, or put an opusparse upstream.",
                        gst_format_get_name (segment->format)),
                       (NULL));
  format->refused = TRUE;
  return FALSE;
}
