/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint-pair.h"

#include <string.h>

static const guint8 stream_id[RW_STREAM_ID_SIZE] = {1};

void
pair_open_sender (Pair *pair, guint32 generation)
{
  RwSendEndpointConfig config;

  g_clear_pointer (&pair->sender, rw_send_endpoint_free);
  rw_send_endpoint_config_init (&config);
  config.generation = generation;
  pair->sender = rw_send_endpoint_new (pair->journal, pair->cursors, &config,
                                       pair->now_us);
}

void
pair_open_receiver (Pair *pair, guint32 generation, RwStart start)
{
  RwReceiveEndpointConfig config;

  g_clear_pointer (&pair->receiver, rw_receive_endpoint_free);
  rw_receive_endpoint_config_init (&config, "me", generation);
  config.start = start;
  pair->receiver =
      rw_receive_endpoint_new (pair->window, &config, pair->now_us);
}

void
pair_init (Pair *pair, const RwJournalLimits *limits)
{
  *pair = (Pair){.now_us = G_USEC_PER_SEC, .drop_live = RW_INDEX_NONE};
  pair->journal = rw_journal_new (stream_id, limits);
  rw_journal_add_format (pair->journal, "audio/x-opus");
  pair->cursors = rw_cursor_set_new ();
  pair->window = rw_window_new (0, 0);
  pair_open_sender (pair, 1);
}

void
pair_clear (Pair *pair)
{
  rw_receive_endpoint_free (pair->receiver);
  rw_send_endpoint_free (pair->sender);
  rw_window_free (pair->window);
  rw_cursor_set_free (pair->cursors);
  rw_journal_free (pair->journal);
}

void
pair_append (Pair *pair)
{
  guint64 n = rw_journal_get_head (pair->journal);
  guint8 payload[8];
  RwFrame frame = {.running_time_ns = n * 20 * MS,
                   .capture_time_ns = RW_CAPTURE_TIME_NONE,
                   .duration = 960,
                   .size = sizeof payload,
                   .data = payload};

  memset (payload, n, sizeof payload);
  rw_journal_append (pair->journal, &frame);
}

void
pair_send_live (Pair *pair)
{
  RwFrame frame;
  guint64 n = rw_journal_get_head (pair->journal) - 1;

  if (!rw_journal_peek (pair->journal, n, &frame))
    return;
  rw_send_endpoint_note_live_sent (pair->sender, n, pair->now_us);
  if (pair->receiver != NULL && !pair->cut_down && !pair->cut_live &&
      n != pair->drop_live)
    rw_receive_endpoint_note_live (pair->receiver, &frame, NULL, pair->now_us);
}

static void
take_items (Pair *pair)
{
  RwWindowItem item;

  while (rw_window_pop (pair->window, &item)) {
    if (item.type == RW_WINDOW_ITEM_STREAM)
      pair->next = item.from;
    g_assert_cmpuint (item.from, ==, pair->next);
    if (item.type == RW_WINDOW_ITEM_FRAME)
      g_assert_cmpuint (item.frame.data[7], ==, item.from & 0xff);
    if (item.type == RW_WINDOW_ITEM_GAP)
      pair->n_lost += item.to - item.from;
    if (item.type == RW_WINDOW_ITEM_ENDED)
      pair->ended = TRUE;
    pair->next = item.to;
    rw_window_handed (pair->window, &item);
    rw_window_item_clear (&item);
  }
}

static gboolean
next_down (Pair *pair, gboolean when_due, RwMessage *message)
{
  if (when_due && rw_send_endpoint_get_deadline (pair->sender) > pair->now_us)
    return FALSE;
  return rw_send_endpoint_next (pair->sender, pair->now_us, 0, message);
}

static gboolean
next_up (Pair *pair, gboolean when_due, RwMessage *message)
{
  if (pair->receiver == NULL ||
      (when_due &&
       rw_receive_endpoint_get_deadline (pair->receiver) > pair->now_us))
    return FALSE;
  return rw_receive_endpoint_next (pair->receiver, pair->now_us, 0, message);
}

static void
exchange (Pair *pair, gboolean when_due)
{
  static RwMessage message;

  while (next_down (pair, when_due, &message)) {
    pair->n_down[message.type]++;
    if (!pair->cut_down && pair->receiver != NULL)
      rw_receive_endpoint_receive (pair->receiver, &message, pair->now_us);
  }
  take_items (pair);
  while (next_up (pair, when_due, &message)) {
    pair->n_up[message.type]++;
    if (!pair->cut_up)
      rw_send_endpoint_receive (pair->sender, &message, pair->now_us);
  }
  pair->sender_events |= rw_send_endpoint_take_events (pair->sender);
  if (pair->receiver != NULL)
    pair->receiver_events |= rw_receive_endpoint_take_events (pair->receiver);
}

void
pair_exchange (Pair *pair)
{
  exchange (pair, TRUE);
}

void
pair_look (Pair *pair)
{
  exchange (pair, FALSE);
}

void
pair_idle (Pair *pair, guint ms)
{
  guint i;

  for (i = 0; i < ms; i++) {
    pair->now_us += 1000;
    pair_exchange (pair);
  }
}

void
pair_play (Pair *pair, guint frames)
{
  while (frames-- > 0) {
    pair_append (pair);
    pair_send_live (pair);
    pair_idle (pair, 20);
  }
}

guint64
pair_get_head (const Pair *pair)
{
  return rw_journal_get_head (pair->journal);
}

guint64
pair_get_acked (const Pair *pair)
{
  return rw_send_endpoint_get_cursor (pair->sender)->acked;
}

RwLivenessState
pair_get_sender_state (const Pair *pair)
{
  return rw_send_endpoint_get_link (pair->sender)->liveness.state;
}

RwLivenessState
pair_get_receiver_state (const Pair *pair)
{
  return rw_receive_endpoint_get_link (pair->receiver)->liveness.state;
}
