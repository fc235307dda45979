/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-channel-codec.h"
#include "rw-receive-endpoint.h"
#include "rw-send-endpoint.h"

#include <string.h>

/*
 * A peer that says anything in any order. The input is a row of messages,
 * each behind two bytes of length, the top bit of which tells for which end
 * it is; between them time goes by and everything is drained.
 */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static RwMessage message;
static guint8 bytes[RW_CHANNEL_MAX_SIZE];

static void
append (RwJournal *journal)
{
  static const guint8 payload[100];
  RwFrame frame = {.running_time_ns = rw_journal_get_head (journal) * 20000000,
                   .duration = 960,
                   .size = sizeof payload,
                   .data = payload};

  if (!rw_journal_is_ended (journal))
    rw_journal_append (journal, &frame);
}

static void
drain (RwSendEndpoint *sender, RwReceiveEndpoint *receiver, RwWindow *window,
       gint64 now)
{
  RwWindowItem item;
  guint n = 0;

  while (rw_send_endpoint_next (sender, now, 0, &message)) {
    g_assert (rw_channel_encode (&message, bytes, sizeof bytes) > 0);
    g_assert (++n < 10000);
  }
  while (rw_window_pop (window, &item)) {
    rw_window_handed (window, &item);
    rw_window_item_clear (&item);
  }
  while (rw_receive_endpoint_next (receiver, now, 0, &message)) {
    g_assert (rw_channel_encode (&message, bytes, sizeof bytes) > 0);
    g_assert (++n < 10000);
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const guint8 stream_id[RW_STREAM_ID_SIZE] = {1};
  RwJournalLimits limits = {.max_frames = 20};
  RwJournal *journal = rw_journal_new (stream_id, &limits);
  RwCursorSet *cursors = rw_cursor_set_new ();
  RwWindow *window = rw_window_new (64, 4096);
  RwSendEndpointConfig send_config;
  RwReceiveEndpointConfig receive_config;
  RwSendEndpoint *sender;
  RwReceiveEndpoint *receiver;
  gint64 now = G_USEC_PER_SEC;

  rw_send_endpoint_config_init (&send_config);
  rw_receive_endpoint_config_init (&receive_config, "me", 1);
  send_config.generation = 1;
  sender = rw_send_endpoint_new (journal, cursors, &send_config, now);
  receiver = rw_receive_endpoint_new (window, &receive_config, now);
  rw_journal_add_format (journal, "audio/x-opus");
  while (size >= 2) {
    gsize length = (data[0] & 0x7f) << 8 | data[1];
    gboolean up = data[0] >> 7;

    data += 2;
    size -= 2;
    length = MIN (length, size);
    if (rw_channel_decode (data, length, &message, NULL)) {
      message.generation = 1;
      if (up)
        rw_send_endpoint_receive (sender, &message, now);
      else
        rw_receive_endpoint_receive (receiver, &message, now);
    }
    data += length;
    size -= length;
    append (journal);
    drain (sender, receiver, window, now);
    now += 7000;
  }
  rw_send_endpoint_free (sender);
  rw_receive_endpoint_free (receiver);
  rw_window_free (window);
  rw_cursor_set_free (cursors);
  rw_journal_free (journal);
  return 0;
}
