/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-reliable-channel.h"
#include "rw-signaller.h"

G_BEGIN_DECLS

/**
 * RwSignalDispatch:
 * Turns the messages of a server into the signals of an RwSignaller, and
 * remembers which producers it has announced, so that the departure of those
 * that went without a connection is announced too. Control thread.
 */
typedef struct _RwSignalDispatch RwSignalDispatch;

/** rw_signal_dispatch_new: @signaller and @channel outlive it. The latter
 * knows which question an answer belongs to. */
RwSignalDispatch *rw_signal_dispatch_new (RwSignaller *signaller,
                                          RwReliableChannel *channel);
void rw_signal_dispatch_free (RwSignalDispatch *self);

/** rw_signal_dispatch_set_listening: whether lists of producers are wanted. */
void rw_signal_dispatch_set_listening (RwSignalDispatch *self,
                                       gboolean listening);

/** rw_signal_dispatch_open: a new connection, on which the client is @peer_id.
 * The next list on it is compared with what was announced before. */
void rw_signal_dispatch_open (RwSignalDispatch *self, const char *peer_id);

/** rw_signal_dispatch_forget: a clean end: no producer was ever announced. */
void rw_signal_dispatch_forget (RwSignalDispatch *self);

void rw_signal_dispatch_receive (RwSignalDispatch *self,
                                 const RwSignalMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSignalDispatch, rw_signal_dispatch_free)

G_END_DECLS
