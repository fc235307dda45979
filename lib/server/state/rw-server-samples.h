/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server-metrics.h"

G_BEGIN_DECLS

/**
 * RwServerSamples:
 *
 * The counts of a server in the last hour, a sample every
 * RW_SERVER_SAMPLES_INTERVAL_S: a ring of fixed size, which begins empty. Reads
 * no clock: times are seconds since 1970 and come as arguments. Server's
 * thread; owned by RwServerRequests.
 */
typedef struct _RwServerSamples RwServerSamples;

#define RW_SERVER_SAMPLES_INTERVAL_S 10
#define RW_SERVER_SAMPLES_LENGTH     360

RwServerSamples *rw_server_samples_new (void);
void rw_server_samples_free (RwServerSamples *self);

gboolean rw_server_samples_is_due (const RwServerSamples *self, gint64 now_s);
void rw_server_samples_add (RwServerSamples *self,
                            const RwServerMetrics *metrics, gint64 now_s);
char *rw_server_samples_to_json (const RwServerSamples *self,
                                 const RwServerMetrics *metrics, gint64 now_s);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerSamples, rw_server_samples_free)

G_END_DECLS
