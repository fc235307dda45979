/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ice-binding.h"

#include <gio/gio.h>
#include <gst/gst.h>

#include "rw-local-address.h"

/* See the header. */

void
rw_ice_binding_copy (RwIceBinding *self, const RwIceBinding *other)
{
  *self = *other;
  self->local = g_strdup (other->local);
  self->announced = g_strdup (other->announced);
}

void
rw_ice_binding_clear (RwIceBinding *self)
{
  g_clear_pointer (&self->local, g_free);
  g_clear_pointer (&self->announced, g_free);
}

gboolean
rw_ice_binding_check (const RwIceBinding *self, GError **error)
{
  if (self->min_port > self->max_port) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
                 "min-rtp-port (%u) is above max-rtp-port (%u)", self->min_port,
                 self->max_port);
    return FALSE;
  }
  if (self->announced && !g_hostname_is_ip_address (self->announced)) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
                 "announced-address: \"%s\" is not an IP address",
                 self->announced);
    return FALSE;
  }
  return TRUE;
}

char **
rw_ice_binding_list_addresses (const RwIceBinding *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) parts = NULL;

  if (self->local == NULL)
    return NULL;
  parts = g_strsplit (self->local, ",", 32);
  for (guint i = 0; parts[i]; i++) {
    const char *part = g_strstrip (parts[i]);

    if (g_hostname_is_ip_address (part))
      g_strv_builder_add (builder, part);
    else
      rw_local_address_add_of_interface (part, builder);
  }
  return g_strv_builder_end (builder);
}
