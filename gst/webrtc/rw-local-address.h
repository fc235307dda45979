/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether this host has no address but loopback just now: no link is up, or
 * none has an address. Any thread. */
gboolean rw_local_address_is_loopback_only (void);

/* Adds the addresses of the interface @name that is up, as text, without a
 * scope id; any thread. */
void rw_local_address_add_of_interface (const char *name,
                                        GStrvBuilder *addresses);

G_END_DECLS
