/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-controller.h"
#include "rw-outage-log.h"
#include "rw-receiver.h"
#include "rw-session-table.h"

G_BEGIN_DECLS

/*
 * RwConsumerSession: one session of the source: feeds what it brings to the
 * receiver, judges whether it is alive, and reports that to the controller,
 * which names it by its generation.
 *
 * Thread: control.
 */
typedef struct _RwConsumerSession RwConsumerSession;

/**
 * RwConsumerSessionHost: what the sessions of one source share, borrowed by
 * all of them.
 * @failed: the session will not work, or no longer.
 * @ended: the other side has ended it through signalling, and nothing else is
 *   known of it. @error may be NULL.
 */
typedef struct {
  RwEndpoint *endpoint;
  RwReceiver *receiver;
  RwController *controller;
  RwSessionTable *sessions;
  RwOutageLog *outages;
  void (*failed) (gpointer data, guint64 generation, const GError *error);
  void (*ended) (gpointer data, guint64 generation, const char *error);
  gpointer data;
} RwConsumerSessionHost;

/* Started, and the table's. @latency_ms: jitter buffer for ordinary peers. */
void rw_consumer_session_start (const RwConsumerSessionHost *host,
                                const char *id,
                                const RwReceiveSessionConfig *config,
                                guint latency_ms);

/* Of what is in the table; no more than once each has an effect. */
void rw_consumer_session_close (RwSession *session, RwByeReason reason);

/* The receiver has something for the other side. */
void rw_consumer_session_pump (RwSession *session);

G_END_DECLS
