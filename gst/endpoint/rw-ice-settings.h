/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-ice-binding.h"

G_BEGIN_DECLS

/*
 * The properties of both elements that are an RwIceBinding; part of
 * RwEndpointSettings. Stateless.
 */

/* @specs: of all properties of RwEndpointSettings. */
void rw_ice_settings_install (GParamSpec **specs);

/* FALSE when @id is none of these. */
gboolean rw_ice_settings_set (RwIceBinding *binding, guint id,
                              const GValue *value);
gboolean rw_ice_settings_get (const RwIceBinding *binding, guint id,
                              GValue *value);

G_END_DECLS
