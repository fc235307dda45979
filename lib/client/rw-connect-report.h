/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-connection-race.h"

G_BEGIN_DECLS

/**
 * RwConnectReport:
 * Reports to the application that attempts to connect fail: the cause, or the
 * server that does not answer, and what happens next. Part of RwServerLink.
 * Control thread. Borrows the race.
 */
typedef struct _RwConnectReport RwConnectReport;

/** RwConnectReportFuncs: as the signals of RwServerLink. */
typedef struct {
  void (*closed) (const GError *error, gint64 delay_us, gpointer user_data);
  void (*failed) (const GError *error, gpointer user_data);
} RwConnectReportFuncs;

RwConnectReport *rw_connect_report_new (RwConnectionRace *race,
                                        const RwConnectReportFuncs *funcs,
                                        gpointer user_data);
void rw_connect_report_free (RwConnectReport *self);

/** rw_connect_report_note_error: the cause of what is reported next. */
void rw_connect_report_note_error (RwConnectReport *self, const GError *error);

/** rw_connect_report_note_connected: the outage is over. */
void rw_connect_report_note_connected (RwConnectReport *self);

/** rw_connect_report_stalled: an attempt waits for an answer, and goes on;
 * reported once an outage. */
void rw_connect_report_stalled (RwConnectReport *self, const GError *error);

/** rw_connect_report_lost: the connection is; @delay_us: until the next
 * attempt, or 0. */
void rw_connect_report_lost (RwConnectReport *self, gint64 delay_us);

/** rw_connect_report_retrying: an attempt has failed, another one follows after
 * @delay_us. */
void rw_connect_report_retrying (RwConnectReport *self, gint64 delay_us);

/** rw_connect_report_failed: there is no next attempt. */
void rw_connect_report_failed (RwConnectReport *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwConnectReport, rw_connect_report_free)

G_END_DECLS
