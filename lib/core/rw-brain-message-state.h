/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-brain-message.h"

G_BEGIN_DECLS

/* A message as an a{sv}, to go on from later or elsewhere. */
GVariant *rw_brain_message_save (const RwBrainMessage *self);
RwBrainMessage *rw_brain_message_load (GVariant *state, GError **error);

G_END_DECLS
