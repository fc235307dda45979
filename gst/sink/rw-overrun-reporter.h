/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-overrun-log.h"

G_BEGIN_DECLS

/*
 * RwOverrunReporter: reports the frames that a consumer has lost to the bounds
 * of the journal: in the log, with the element's signal `overrun`, with a bus
 * message, and with one warning a run.
 *
 * Thread: any. No call waits for a handler of the application.
 */
typedef struct _RwOverrunReporter RwOverrunReporter;

/* Holds a reference to @endpoint, whose element must exist at each report. */
RwOverrunReporter *rw_overrun_reporter_new (RwEndpoint *endpoint);
void rw_overrun_reporter_free (RwOverrunReporter *self);

/* A new run: its first loss is warned of again. */
void rw_overrun_reporter_start (RwOverrunReporter *self);

/* @overrun: (nullable): what has become due for one consumer. */
void rw_overrun_reporter_report (RwOverrunReporter *self,
                                 const RwOverrun *overrun);

/* @overruns: (nullable) (element-type RwOverrun) */
void rw_overrun_reporter_report_all (RwOverrunReporter *self,
                                     const GPtrArray *overruns);

G_END_DECLS
