/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"
#include "rw-loop.h"
#include "rw-signalling-connection.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

typedef enum {
  RW_OUTAGE_MEDIA,
  RW_OUTAGE_SIGNALLING,
  RW_OUTAGE_BOTH,
} RwOutageKind;

#define RW_TYPE_OUTAGE_KIND (rw_outage_kind_get_type ())
GType rw_outage_kind_get_type (void);

/*
 * RwOutageSimulation: simulates outages without root. During one of media all
 * added peers, including those added meanwhile, drop their packets.
 *
 * Thread: control, except new and free, and request, which is for any.
 */
typedef struct _RwOutageSimulation RwOutageSimulation;

/* All arguments outlive it; @owner, a GObject, owns it. */
RwOutageSimulation *
rw_outage_simulation_new (GObject *owner, RwClock *clock,
                          RwSignallingConnection *signalling);
void rw_outage_simulation_free (RwOutageSimulation *self);

/* With a new signaller: outages can be simulated until it is closed. */
void rw_outage_simulation_open (RwOutageSimulation *self,
                                GMainContext *context);

/* Ends an outage; does nothing where it is not open. */
void rw_outage_simulation_close (RwOutageSimulation *self);

/* @peer is not kept alive. */
void rw_outage_simulation_add_peer (RwOutageSimulation *self,
                                    RwWebrtcPeer *peer);

/* Begins an outage of @kind on @loop, if the simulation is open then. */
void rw_outage_simulation_request (RwOutageSimulation *self, RwLoop *loop,
                                   RwOutageKind kind, guint duration_ms);

G_END_DECLS
