/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-party-bus.h"

/* See the header. */

/* A warning in place of an error: the others go on. */
static GstMessage *
soften (GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;
  GstMessage *warning;

  gst_message_parse_error (message, &error, &debug);
  warning = gst_message_new_warning (GST_MESSAGE_SRC (message), error, debug);
  gst_message_unref (message);
  return warning;
}

/* Of a connection to the signalling server the sender warns as well; and that a
 * producer is not there yet, or not any more, the room says. */
static gboolean
is_repeated (GstMessage *message)
{
  g_autoptr (GError) error = NULL;

  gst_message_parse_warning (message, &error, NULL);
  return g_error_matches (error, GST_RESOURCE_ERROR,
                          GST_RESOURCE_ERROR_OPEN_READ_WRITE) ||
         g_error_matches (error, GST_RESOURCE_ERROR,
                          GST_RESOURCE_ERROR_NOT_FOUND);
}

GstMessage *
rw_party_bus_filter (RwPartyLine *line, GstMessage *message)
{
  GstObject *origin = GST_MESSAGE_SRC (message);
  GstMessageType type = GST_MESSAGE_TYPE (message);

  if ((type & (GST_MESSAGE_ERROR | GST_MESSAGE_WARNING)) == 0 ||
      !rw_party_line_is_origin (line, origin))
    return message;
  if (type == GST_MESSAGE_ERROR) {
    rw_party_line_fail (line, origin);
    return soften (message);
  }
  if (!is_repeated (message))
    return message;
  gst_message_unref (message);
  return NULL;
}
