/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-receive-endpoint.h"
#include "rw-send-endpoint.h"

G_BEGIN_DECLS

#define MS (G_GUINT64_CONSTANT (1000000))

/*
 * Both ends of one session with a perfect path of no length between them,
 * which a test may cut: in each direction, and the live lane by itself. Time
 * goes by in steps of a millisecond. The simulator does the wild things.
 */
typedef struct {
  gint64 now_us;
  RwJournal *journal;
  RwCursorSet *cursors;
  RwSendEndpoint *sender;
  RwWindow *window;
  RwReceiveEndpoint *receiver;
  gboolean cut_down, cut_up, cut_live; /* down: sender to receiver */
  guint64 drop_live;                   /* an index, or RW_INDEX_NONE */
  guint n_down[8], n_up[8];            /* messages by type */
  RwSendEvents sender_events;
  RwReceiveEvents receiver_events;
  guint64 next;   /* index expected from the window */
  guint64 n_lost; /* in gaps */
  gboolean ended;
} Pair;

void pair_open_sender (Pair *pair, guint32 generation);
void pair_open_receiver (Pair *pair, guint32 generation, RwStart start);
void pair_init (Pair *pair, const RwJournalLimits *limits);
void pair_clear (Pair *pair);
void pair_append (Pair *pair);
void pair_send_live (Pair *pair);
/* Both ends send what is due, if their deadlines have passed. */
void pair_exchange (Pair *pair);
/* Both ends are asked, whatever their deadlines. */
void pair_look (Pair *pair);
/* Lets time go by without audio. */
void pair_idle (Pair *pair, guint ms);
void pair_play (Pair *pair, guint frames);
guint64 pair_get_head (const Pair *pair);
guint64 pair_get_acked (const Pair *pair);
RwLivenessState pair_get_sender_state (const Pair *pair);
RwLivenessState pair_get_receiver_state (const Pair *pair);

G_END_DECLS
