/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-connect-report.h"

struct _RwConnectReport {
  RwConnectionRace *race; /* not owned */
  const RwConnectReportFuncs *funcs;
  gpointer user_data;
  GError *cause;              /* NULL: nothing has failed, there is no answer */
  gboolean is_stall_reported; /* in this outage */
};

RwConnectReport *
rw_connect_report_new (RwConnectionRace *race,
                       const RwConnectReportFuncs *funcs, gpointer user_data)
{
  RwConnectReport *self = g_new0 (RwConnectReport, 1);

  self->race = race;
  self->funcs = funcs;
  self->user_data = user_data;
  return self;
}

void
rw_connect_report_free (RwConnectReport *self)
{
  g_clear_error (&self->cause);
  g_free (self);
}

void
rw_connect_report_note_error (RwConnectReport *self, const GError *error)
{
  g_clear_error (&self->cause);
  self->cause = error != NULL ? g_error_copy (error) : NULL;
}

void
rw_connect_report_note_connected (RwConnectReport *self)
{
  g_clear_error (&self->cause);
  self->is_stall_reported = FALSE;
}

static GError *
new_stalled (RwConnectReport *self)
{
  return rw_connect_error_new_stalled (
      rw_connection_race_get_tried (self->race),
      rw_connection_race_get_stage (self->race));
}

static GError *
new_retrying (RwConnectReport *self, gint64 delay_us)
{
  g_autoptr (GError) stalled = NULL;
  const GError *cause = self->cause;
  g_autofree char *next =
      delay_us > 0 ? g_strdup_printf ("trying again in %.1f s",
                                      delay_us / (double) G_TIME_SPAN_SECOND)
                   : g_strdup ("trying again");

  if (cause == NULL)
    cause = stalled = new_stalled (self);
  return g_error_new (cause->domain, cause->code, "%s; %s", cause->message,
                      next);
}

void
rw_connect_report_stalled (RwConnectReport *self, const GError *error)
{
  if (self->is_stall_reported)
    return;
  self->is_stall_reported = TRUE;
  self->funcs->closed (error, 0, self->user_data);
}

void
rw_connect_report_lost (RwConnectReport *self, gint64 delay_us)
{
  g_autoptr (GError) error = new_retrying (self, delay_us);

  self->funcs->closed (error, delay_us, self->user_data);
}

void
rw_connect_report_retrying (RwConnectReport *self, gint64 delay_us)
{
  g_autoptr (GError) error = new_retrying (self, delay_us);

  g_clear_error (&self->cause);
  self->funcs->closed (error, delay_us, self->user_data);
}

void
rw_connect_report_failed (RwConnectReport *self)
{
  g_autoptr (GError) error = g_steal_pointer (&self->cause);

  if (error == NULL) {
    error = new_stalled (self);
    g_prefix_error (&error, "No retries are left: ");
  }
  self->funcs->failed (error, self->user_data);
}
