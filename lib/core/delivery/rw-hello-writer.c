/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hello-writer.h"

#include <string.h>

/* The delay between two HELLOs doubles up to the maximum. */
#define MIN_DELAY_US (10 * 1000)
#define MAX_DELAY_US (500 * 1000)

void
rw_hello_writer_init (RwHelloWriter *writer, const gchar *consumer_id,
                      RwStart start, gint64 now_us)
{
  *writer = (RwHelloWriter){
      .due_us = now_us,
      .consumer_id = g_strdup (consumer_id),
      .start = start,
      .delay_us = MIN_DELAY_US,
  };
}

void
rw_hello_writer_clear (RwHelloWriter *writer)
{
  g_clear_pointer (&writer->consumer_id, g_free);
}

gboolean
rw_hello_writer_next (RwHelloWriter *writer, RwLink *link,
                      const RwWindow *window, gint64 now_us, RwMessage *out)
{
  RwHello *hello = &out->hello;

  if (now_us < writer->due_us)
    return FALSE;
  writer->due_us = now_us + writer->delay_us;
  writer->delay_us = MIN (2 * writer->delay_us, MAX_DELAY_US);
  rw_link_stamp (link, RW_MESSAGE_HELLO, now_us, out);
  g_strlcpy (hello->consumer_id, writer->consumer_id,
             sizeof hello->consumer_id);
  memcpy (hello->stream_id, rw_window_get_stream_id (window),
          RW_STREAM_ID_SIZE);
  hello->start = writer->start;
  rw_window_get_report (window, rw_window_get_highest (window), &hello->report);
  return TRUE;
}
