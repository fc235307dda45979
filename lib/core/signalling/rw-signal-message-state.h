/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-message.h"

G_BEGIN_DECLS

/* A message as an a{sv}: to continue with later, or on another server. */

GVariant *rw_signal_message_save (const RwSignalMessage *self);
RwSignalMessage *rw_signal_message_load (GVariant *state, GError **error);

G_END_DECLS
