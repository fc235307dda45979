/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwIceBinding:
 * Where an ICE agent listens, and what it announces. A plain struct; its owner
 * locks.
 *
 * @local: addresses and interfaces, separated by commas; NULL: all there are.
 * @min_port, @max_port: of the agent's sockets; 0 and 65535: any.
 * @announced: an address in the place of the host's own; or NULL.
 */
typedef struct {
  char *local;
  guint min_port;
  guint max_port;
  char *announced;
} RwIceBinding;

#define RW_ICE_BINDING_INIT ((RwIceBinding){.max_port = 65535})

void rw_ice_binding_copy (RwIceBinding *self, const RwIceBinding *other);
void rw_ice_binding_clear (RwIceBinding *self);

/* FALSE, and a GST_RESOURCE_ERROR, for what cannot be used. */
gboolean rw_ice_binding_check (const RwIceBinding *self, GError **error);

/* The addresses that @local stands for just now, NULL-terminated; NULL where
 * all may be used, an empty list where no interface has one. */
char **rw_ice_binding_list_addresses (const RwIceBinding *self);

G_END_DECLS
