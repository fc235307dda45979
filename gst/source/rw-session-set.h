/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-consumer-session.h"

G_BEGIN_DECLS

/*
 * RwSessionSet: the sessions of one source: starts and ends them by their
 * generation, and has them send when the receiver, on a streaming thread, wants
 * to.
 *
 * Thread: control, except new and unref.
 */
typedef struct _RwSessionSet RwSessionSet;

/* @consumer_id, @start, @latency_ms: see RwConsumerConfig. */
RwSessionSet *rw_session_set_new (RwEndpoint *endpoint, RwReceiver *receiver,
                                  const char *consumer_id, RwStart start,
                                  guint latency_ms);

/* Released. */
void rw_session_set_unref (RwSessionSet *self);

/* The signaller, not yet started and owned by the set; NULL, and an element
 * error, when the settings are not valid for one. */
RwSignaller *rw_session_set_open (RwSessionSet *self);

/* After open: @host is copied; its sessions, endpoint and receiver are filled
 * in. */
void rw_session_set_connect (RwSessionSet *self,
                             const RwConsumerSessionHost *host);

/* Ends all sessions and stops the signaller, see rw_session_table_close(). */
void rw_session_set_close (RwSessionSet *self);

/* Closed before; frees the sessions and the signaller. */
void rw_session_set_release (RwSessionSet *self);

void rw_session_set_start (RwSessionSet *self, guint64 generation,
                           const char *id, const char *peer_id);
/* Nothing happens if there is none of @generation. */
void rw_session_set_end (RwSessionSet *self, guint64 generation,
                         RwByeReason reason);

/* Whether the generation or the id is in use. */
gboolean rw_session_set_has (RwSessionSet *self, guint64 generation,
                             const char *id);
/* The id of the session, or NULL; also when not open. */
const char *rw_session_set_get_id (RwSessionSet *self, guint64 generation);

void rw_session_set_update_base_time (RwSessionSet *self,
                                      GstClockTime base_time);

G_END_DECLS
