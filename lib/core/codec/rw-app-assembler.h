/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-app-packet.h"

G_BEGIN_DECLS

/* Messages that may be incomplete at the same time. */
#define RW_APP_MAX_INCOMPLETE 4u

/**
 * RwAppAssembler:
 * Joins the parts of messages, which may arrive in any order, twice or never.
 * At most %RW_APP_MAX_INCOMPLETE messages are incomplete at a time (264 KB);
 * a further one replaces the oldest. Not thread-safe; owned by one carrier.
 */
typedef struct _RwAppAssembler RwAppAssembler;

RwAppAssembler *rw_app_assembler_new (void);
void rw_app_assembler_free (RwAppAssembler *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwAppAssembler, rw_app_assembler_free)

/**
 * rw_app_assembler_add:
 * @part: of %RW_APP_PART, as rw_app_packet_read() gives it
 *
 * Returns: (transfer full) (nullable): the message that @part completes.
 */
GBytes *rw_app_assembler_add (RwAppAssembler *self, const RwAppPacket *part);

G_END_DECLS
