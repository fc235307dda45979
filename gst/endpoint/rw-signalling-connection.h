/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-notifier.h"
#include "rw-state.h"
#include "rw-ws-signaller.h"

G_BEGIN_DECLS

/*
 * RwSignallingConnection: an element's connection to the signalling server:
 * its signaller, the probes while media is down (RwConnectionProbe), the watch
 * of the network, the warnings about outages, and the ICE servers that the
 * signalling server recommends. The recommendation outlives a close.
 *
 * Thread: control, unless stated otherwise; new and free: any.
 */
typedef struct _RwSignallingConnection RwSignallingConnection;

/**
 * RwSignallingConnectionHost:
 * @element: emits "request-token".
 * @notifier: delivers the warnings.
 * @dup_token: the token that the settings have now, or NULL.
 * @network_changed: an address or a link of this host has appeared or
 *   disappeared.
 *
 * All of it is borrowed and outlives the connection.
 */
typedef struct {
  GstElement *element;
  RwNotifier *notifier;
  RwClock *clock;
  char *(*dup_token) (gpointer data);
  void (*network_changed) (gpointer data);
  gpointer data;
} RwSignallingConnectionHost;

RwSignallingConnection *
rw_signalling_connection_new (const RwSignallingConnectionHost *host);

/* Closed. */
void rw_signalling_connection_free (RwSignallingConnection *self);

/* A signaller that is not yet started; NULL with an RW_FAILURE_ERROR if
 * @config cannot be used. */
RwSignaller *rw_signalling_connection_open (RwSignallingConnection *self,
                                            GMainContext *context,
                                            const RwWsSignallerConfig *config,
                                            GError **error);

/* Drops the reference to the stopped signaller. */
void rw_signalling_connection_close (RwSignallingConnection *self);

/* Media has become @state. */
void rw_signalling_connection_follow_media (RwSignallingConnection *self,
                                            RwState state);

/* Copies the counters of the signaller, zeros while closed, for `stats`. */
void rw_signalling_connection_note_counts (RwSignallingConnection *self);

/* Adds the fields that are about signalling to @stats. Any thread. */
void rw_signalling_connection_fill_stats (RwSignallingConnection *self,
                                          GstStructure *stats);

/* Nothing happens while closed. */
void rw_signalling_connection_simulate_outage (RwSignallingConnection *self,
                                               gint64 duration_us);

/* As recommended by the server, or NULL; borrowed until its next answer. */
const char *rw_signalling_connection_get_stun (RwSignallingConnection *self);
const char *const *
rw_signalling_connection_get_turn (RwSignallingConnection *self);

G_END_DECLS
