/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-playouts.h"
#include "rw-receive-meter.h"
#include "rw-receive-path-list.h"

G_BEGIN_DECLS

/*
 * RwReceiveExchange: the messages of the source's sessions: those that come in
 * go to their receive paths, those that are due go to the peers. Part of
 * RwReceiver, whose lock it takes; the members are guarded by that lock.
 *
 * Threads: take_message: the sessions' streaming threads; else control. The
 * lock is never held while something is sent.
 */
typedef struct {
  GMutex *lock;         /* of the receiver */
  GCond *ready;         /* there may be a frame for the pad */
  RwPlayouts *playouts; /* of the receiver */
  RwReceivePathList paths;
  RwReceiveMeter meter;
} RwReceiveExchange;

void rw_receive_exchange_init (RwReceiveExchange *self, GMutex *lock,
                               GCond *ready, RwPlayouts *playouts);
void rw_receive_exchange_clear (RwReceiveExchange *self);

RwReceivePath *rw_receive_exchange_add (RwReceiveExchange *self,
                                        const RwReceiveEndpointConfig *config);

/* Frames that still arrive on it are dropped from now on. */
void rw_receive_exchange_remove (RwReceiveExchange *self, RwReceivePath *path);

void rw_receive_exchange_set_wake_func (RwReceiveExchange *self,
                                        RwReceiveWakeFunc func, gpointer data);

/* @alarm (nullable) expires when a path at rest must be pumped. */
void rw_receive_exchange_set_alarm (RwReceiveExchange *self, RwAlarm *alarm);

/* The carrier of messages is open: pumping sends on it from now on. */
void rw_receive_exchange_set_peer (RwReceiveExchange *self, RwReceivePath *path,
                                   RwWebrtcPeer *peer);

/* After a pump: whether @path, whose peer uses RTCP, is at rest: it needs no
 * pump until the alarm. */
void rw_receive_exchange_set_at_rest (RwReceiveExchange *self,
                                      RwReceivePath *path, gboolean at_rest);

/* FALSE for what is no message, and with RW_PEER_ERROR_FORMAT for a FORMAT that
 * cannot be played. */
gboolean rw_receive_exchange_receive (RwReceiveExchange *self,
                                      RwReceivePath *path, GBytes *message,
                                      GError **error);

/* FALSE if the message is for the control thread, as all are while @path is not
 * at rest. */
gboolean rw_receive_exchange_take_message (RwReceiveExchange *self,
                                           RwReceivePath *path,
                                           GBytes *message);

/* Sends what is due; @deadline_us: when to call again at the latest. */
RwReceiveEvents rw_receive_exchange_pump (RwReceiveExchange *self,
                                          RwReceivePath *path,
                                          gint64 *deadline_us);

/* Returns a BYE, which the caller repeats until the channel is closed; NULL if
 * the remote side sent BYE first. No other message is sent afterwards. */
GBytes *rw_receive_exchange_close (RwReceiveExchange *self, RwReceivePath *path,
                                   RwByeReason reason);

void rw_receive_exchange_get_status (RwReceiveExchange *self,
                                     RwReceivePath *path,
                                     RwReceivePathStatus *status);

G_END_DECLS
