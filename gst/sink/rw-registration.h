/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-signaller.h"
#include "rw-transmitter.h"

G_BEGIN_DECLS

/**
 * RwRegistration:
 *
 * Registers the producer's name at the signalling server. A name that another
 * producer holds may become free, so a rejected request is repeated, after a
 * second, then at doubled intervals, and reported to the application once for
 * each connection. Control thread.
 */
typedef struct _RwRegistration RwRegistration;

/* All arguments outlive it. */
RwRegistration *rw_registration_new (RwEndpoint *endpoint, RwLoop *loop,
                                     RwSignaller *signaller,
                                     RwTransmitter *transmitter,
                                     const char *stream_name);
void rw_registration_free (RwRegistration *self);

/* Sends the name, with the transmitter's present stream. */
void rw_registration_send (RwRegistration *self);

/* A new connection: the signaller repeats the status by itself. */
void rw_registration_on_opened (RwRegistration *self);

/* A consumer has found this producer by its name. */
void rw_registration_on_found (RwRegistration *self);

/* An error of the server. Before on_found() it concerns the name; later most
 * likely a session that ended while a message for it was in flight. */
void rw_registration_on_refused (RwRegistration *self, const char *details);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRegistration, rw_registration_free)

G_END_DECLS
