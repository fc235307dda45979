/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"
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
 * RwRehearsal: an outage of media without root: every peer that it was told of
 * is deaf and dumb for a while, and so are those that come meanwhile.
 *
 * Thread: control.
 */
typedef struct _RwRehearsal RwRehearsal;

RwRehearsal *rw_rehearsal_new (RwClock *clock, GMainContext *context);
void rw_rehearsal_free (RwRehearsal *self);

/* @peer is not kept alive. */
void rw_rehearsal_add_peer (RwRehearsal *self, RwWebrtcPeer *peer);

void rw_rehearsal_cut_media (RwRehearsal *self, gint64 duration_us);

G_END_DECLS
