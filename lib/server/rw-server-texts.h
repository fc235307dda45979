/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server-queues.h"
#include "rw-signal-message.h"
#include "rw-turn.h"

G_BEGIN_DECLS

/**
 * RwServerTexts:
 *
 * The texts of outgoing messages. A broadcast is the same message many times
 * in a row: it is printed once. Server's thread.
 */
typedef struct _RwServerTexts RwServerTexts;

RwServerTexts *rw_server_texts_new (RwServerQueues *queues);
void rw_server_texts_free (RwServerTexts *self);
void rw_server_texts_set_turn (RwServerTexts *self, RwTurn *turn);

GBytes *rw_server_texts_get (RwServerTexts *self, RwSignalMessage *message);
void rw_server_texts_forget (RwServerTexts *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerTexts, rw_server_texts_free)

G_END_DECLS
