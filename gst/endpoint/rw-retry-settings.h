/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "rw-backoff.h"

G_BEGIN_DECLS

/*
 * RwRetrySettings: the properties about retries, which are those of the media
 * and of the signalling connection: their declaration and their values. A plain
 * struct; its owner locks.
 */
typedef struct {
  guint retry_delay_ms;
  gdouble retry_factor;
  guint retry_delay_max_ms;
  gdouble retry_jitter;
  gint retries;
  guint ping_interval_s; /* on the signalling connection; 0: none */
} RwRetrySettings;

/* Adds their declarations to @specs, at the ids of RwEndpointSettings. */
void rw_retry_settings_declare (GParamSpec **specs);

void rw_retry_settings_init (RwRetrySettings *self);

/* FALSE when @id is no property about retries. */
gboolean rw_retry_settings_set (RwRetrySettings *self, guint id,
                                const GValue *value);
gboolean rw_retry_settings_get (const RwRetrySettings *self, guint id,
                                GValue *value);

/* As the controllers take them. */
RwBackoffConfig rw_retry_settings_get_backoff (const RwRetrySettings *self);

G_END_DECLS
