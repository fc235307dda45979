/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ice-settings.h"

#include "rw-endpoint-settings.h"

/* See the header. */

#define MAX_PORT 65535

void
rw_ice_settings_install (GParamSpec **specs)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  specs[RW_ENDPOINT_PROP_LOCAL_ADDRESS] = g_param_spec_string (
      "local-address", "Local address",
      "Addresses or interfaces to use for media, separated by commas; all if "
      "not set",
      NULL, flags);
  specs[RW_ENDPOINT_PROP_ANNOUNCED_ADDRESS] = g_param_spec_string (
      "announced-address", "Announced address",
      "IP address to announce instead of this host's own, behind a 1:1 NAT",
      NULL, flags);
  specs[RW_ENDPOINT_PROP_MIN_RTP_PORT] =
      g_param_spec_uint ("min-rtp-port", "Minimum RTP port",
                         "Lowest UDP port for media", 0, MAX_PORT, 0, flags);
  specs[RW_ENDPOINT_PROP_MAX_RTP_PORT] = g_param_spec_uint (
      "max-rtp-port", "Maximum RTP port", "Highest UDP port for media", 0,
      MAX_PORT, MAX_PORT, flags);
}

/* Empty is not set. */
static void
replace_string (char **where, const GValue *value)
{
  const char *text = g_value_get_string (value);

  g_free (*where);
  *where = text && *text ? g_strdup (text) : NULL;
}

gboolean
rw_ice_settings_set (RwIceBinding *binding, guint id, const GValue *value)
{
  switch (id) {
  case RW_ENDPOINT_PROP_LOCAL_ADDRESS:
    replace_string (&binding->local, value);
    return TRUE;
  case RW_ENDPOINT_PROP_ANNOUNCED_ADDRESS:
    replace_string (&binding->announced, value);
    return TRUE;
  case RW_ENDPOINT_PROP_MIN_RTP_PORT:
    binding->min_port = g_value_get_uint (value);
    return TRUE;
  case RW_ENDPOINT_PROP_MAX_RTP_PORT:
    binding->max_port = g_value_get_uint (value);
    return TRUE;
  default:
    return FALSE;
  }
}

gboolean
rw_ice_settings_get (const RwIceBinding *binding, guint id, GValue *value)
{
  switch (id) {
  case RW_ENDPOINT_PROP_LOCAL_ADDRESS:
    g_value_set_string (value, binding->local);
    return TRUE;
  case RW_ENDPOINT_PROP_ANNOUNCED_ADDRESS:
    g_value_set_string (value, binding->announced);
    return TRUE;
  case RW_ENDPOINT_PROP_MIN_RTP_PORT:
    g_value_set_uint (value, binding->min_port);
    return TRUE;
  case RW_ENDPOINT_PROP_MAX_RTP_PORT:
    g_value_set_uint (value, binding->max_port);
    return TRUE;
  default:
    return FALSE;
  }
}
