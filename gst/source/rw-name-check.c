/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-name-check.h"

#include "rw-timer.h"

/* The server's list comes producer by producer, and programs that start
 * together come one after the other. */
#define PATIENCE_US (1 * G_TIME_SPAN_SECOND)

struct _RwNameCheck {
  RwTimer *timer;
  RwProducerList *producers;
  gboolean is_done;
  void (*report) (gpointer data, const char *text);
  gpointer data;
};

static void
on_timer (gpointer data)
{
  RwNameCheck *self = data;
  const char *wanted = rw_producer_list_get_wanted (self->producers);
  g_autofree char *names = rw_producer_list_describe (self->producers);
  g_autofree char *text = NULL;

  self->is_done = TRUE;
  text = g_strdup_printf ("No producer is called \"%s\"; there are: %s. Check "
                          "producer-name, unless \"%s\" is yet to come.",
                          wanted, names, wanted);
  self->report (self->data, text);
}

RwNameCheck *
rw_name_check_new (RwClock *clock, GMainContext *context,
                   RwProducerList *producers,
                   void (*report) (gpointer data, const char *text),
                   gpointer data)
{
  RwNameCheck *self = g_new0 (RwNameCheck, 1);

  self->timer = rw_timer_new (clock, context, "rw-name-check", on_timer, self);
  self->producers = producers;
  self->is_done = rw_producer_list_get_wanted (producers) == NULL;
  self->report = report;
  self->data = data;
  return self;
}

void
rw_name_check_free (RwNameCheck *self)
{
  rw_timer_free (self->timer);
  g_free (self);
}

void
rw_name_check_update (RwNameCheck *self)
{
  if (rw_producer_list_choose (self->producers) != NULL)
    self->is_done = TRUE;
  if (self->is_done || rw_producer_list_is_empty (self->producers))
    rw_timer_stop (self->timer);
  else if (!rw_timer_is_set (self->timer))
    rw_timer_set_in (self->timer, PATIENCE_US);
}
