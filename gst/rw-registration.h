/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-signaller.h"
#include "rw-transmitter.h"

G_BEGIN_DECLS

/**
 * RwRegistration:
 *
 * The producer's name at the signalling server: who has it already may go, so
 * what was refused is asked for again, at first after a second, then after
 * twice that, and told to the application once for each line. Control thread.
 */
typedef struct _RwRegistration RwRegistration;

/* All arguments outlive it. */
RwRegistration *rw_registration_new (RwEndpoint *endpoint, RwLoop *loop,
                                     RwSignaller *signaller,
                                     RwTransmitter *transmitter,
                                     const char *stream_name);
void rw_registration_free (RwRegistration *self);

/* The name, with the transmitter's present stream. */
void rw_registration_say (RwRegistration *self);

/* A new line: what was said over the former is said again by the signaller. */
void rw_registration_on_opened (RwRegistration *self);

/* Somebody has found us by the name. */
void rw_registration_on_found (RwRegistration *self);

/* What the server refused. Until somebody has found us it is about our name;
 * later it is most likely about a session that ended while something for it was
 * on its way. */
void rw_registration_on_refused (RwRegistration *self, const char *details);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRegistration, rw_registration_free)

G_END_DECLS
