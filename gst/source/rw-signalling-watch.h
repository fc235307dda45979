/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-consumer-failures.h"
#include "rw-producer-finder.h"

G_BEGIN_DECLS

/*
 * RwSignallingWatch: watches the source's connection to the signalling server:
 * a connection that opens lets the controller retry, one that was given up is
 * a failure.
 *
 * Thread: control.
 */
typedef struct _RwSignallingWatch RwSignallingWatch;

/* All arguments outlive it. */
RwSignallingWatch *rw_signalling_watch_new (RwEndpoint *endpoint,
                                            RwSignaller *signaller,
                                            RwController *controller,
                                            RwProducerFinder *finder,
                                            RwConsumerFailures *failures);
void rw_signalling_watch_free (RwSignallingWatch *self);

gboolean rw_signalling_watch_is_open (RwSignallingWatch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSignallingWatch, rw_signalling_watch_free)

G_END_DECLS
