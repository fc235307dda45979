/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-retry-settings.h"

#include "rw-endpoint-settings.h"

#define DEFAULT_PING_INTERVAL_S    5
#define DEFAULT_RETRY_DELAY_MS     250
#define DEFAULT_RETRY_FACTOR       2.0
#define DEFAULT_RETRY_DELAY_MAX_MS 30000
#define DEFAULT_RETRY_JITTER       0.5
#define DEFAULT_RETRIES            -1

#define RW_PARAM                                                               \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

void
rw_retry_settings_declare (GParamSpec **specs)
{
  specs[RW_ENDPOINT_PROP_PING_INTERVAL] = g_param_spec_uint (
      "signaller-ping-interval", "Signaller ping interval",
      "Seconds between pings on the signalling connection; below the read "
      "time-out of any reverse proxy; 0 is none",
      0, 3600, DEFAULT_PING_INTERVAL_S, RW_PARAM);
  specs[RW_ENDPOINT_PROP_RETRY_DELAY] = g_param_spec_uint (
      "retry-delay", "Retry delay", "Delay in ms before the first retry", 1,
      3600000, DEFAULT_RETRY_DELAY_MS, RW_PARAM);
  specs[RW_ENDPOINT_PROP_RETRY_FACTOR] =
      g_param_spec_double ("retry-factor", "Retry factor",
                           "Factor that multiplies the delay after each retry",
                           1.0, 100.0, DEFAULT_RETRY_FACTOR, RW_PARAM);
  specs[RW_ENDPOINT_PROP_RETRY_DELAY_MAX] =
      g_param_spec_uint ("retry-delay-max", "Maximum retry delay",
                         "Longest delay in ms between retries, before jitter",
                         1, 86400000, DEFAULT_RETRY_DELAY_MAX_MS, RW_PARAM);
  specs[RW_ENDPOINT_PROP_RETRY_JITTER] = g_param_spec_double (
      "retry-jitter", "Retry jitter",
      "Largest share of a delay that is subtracted at random: 0 is none, 0.5 "
      "turns a delay of 1 s into 0.5 to 1 s",
      0.0, 1.0, DEFAULT_RETRY_JITTER, RW_PARAM);
  specs[RW_ENDPOINT_PROP_RETRIES] = g_param_spec_int (
      "retries", "Retries",
      "Retries before giving up with an error; -1 never gives up", -1, G_MAXINT,
      DEFAULT_RETRIES, RW_PARAM);
}

void
rw_retry_settings_init (RwRetrySettings *self)
{
  *self = (RwRetrySettings){
      .retry_delay_ms = DEFAULT_RETRY_DELAY_MS,
      .retry_factor = DEFAULT_RETRY_FACTOR,
      .retry_delay_max_ms = DEFAULT_RETRY_DELAY_MAX_MS,
      .retry_jitter = DEFAULT_RETRY_JITTER,
      .retries = DEFAULT_RETRIES,
      .ping_interval_s = DEFAULT_PING_INTERVAL_S,
  };
}

gboolean
rw_retry_settings_set (RwRetrySettings *self, guint id, const GValue *value)
{
  switch (id) {
  case RW_ENDPOINT_PROP_RETRY_DELAY:
    self->retry_delay_ms = g_value_get_uint (value);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRY_FACTOR:
    self->retry_factor = g_value_get_double (value);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRY_DELAY_MAX:
    self->retry_delay_max_ms = g_value_get_uint (value);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRY_JITTER:
    self->retry_jitter = g_value_get_double (value);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRIES:
    self->retries = g_value_get_int (value);
    return TRUE;
  case RW_ENDPOINT_PROP_PING_INTERVAL:
    self->ping_interval_s = g_value_get_uint (value);
    return TRUE;
  default:
    return FALSE;
  }
}

gboolean
rw_retry_settings_get (const RwRetrySettings *self, guint id, GValue *value)
{
  switch (id) {
  case RW_ENDPOINT_PROP_RETRY_DELAY:
    g_value_set_uint (value, self->retry_delay_ms);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRY_FACTOR:
    g_value_set_double (value, self->retry_factor);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRY_DELAY_MAX:
    g_value_set_uint (value, self->retry_delay_max_ms);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRY_JITTER:
    g_value_set_double (value, self->retry_jitter);
    return TRUE;
  case RW_ENDPOINT_PROP_RETRIES:
    g_value_set_int (value, self->retries);
    return TRUE;
  case RW_ENDPOINT_PROP_PING_INTERVAL:
    g_value_set_uint (value, self->ping_interval_s);
    return TRUE;
  default:
    return FALSE;
  }
}

RwBackoffConfig
rw_retry_settings_get_backoff (const RwRetrySettings *self)
{
  return (RwBackoffConfig){
      .delay_us = self->retry_delay_ms * (gint64) 1000,
      .factor = self->retry_factor,
      .delay_max_us = self->retry_delay_max_ms * (gint64) 1000,
      .jitter = self->retry_jitter,
      .retries = self->retries,
  };
}
