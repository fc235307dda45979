/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The words of signalling that every layer shares: plain values, no JSON. */

/**
 * RwRoles:
 * What a peer offers to be, as a set of flags. RW_ROLE_NONE is a peer that
 * has gone. A listener is told of every other peer's status. Producer and
 * consumer together are refused by the server.
 */
typedef enum {
  RW_ROLE_NONE = 0,
  RW_ROLE_PRODUCER = 1 << 0,
  RW_ROLE_LISTENER = 1 << 1,
  RW_ROLE_CONSUMER = 1 << 2,
} RwRoles;

/** RwSdpType: the two kinds of description that signalling carries. */
typedef enum {
  RW_SDP_TYPE_OFFER,
  RW_SDP_TYPE_ANSWER,
} RwSdpType;

G_END_DECLS
