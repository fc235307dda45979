/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-party-line.h"

G_BEGIN_DECLS

/*
 * RwPartyBus: which messages of the sources in a party line reach the
 * application: one member's error is a warning, because the others go on.
 *
 * Thread: any.
 */

/* @message: (transfer full). Returns: (transfer full): what is passed on; NULL
 * for nothing. */
GstMessage *rw_party_bus_filter (RwPartyLine *line, GstMessage *message);

G_END_DECLS
