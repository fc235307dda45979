/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-alarm.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* See the header. The kernel's timer is at most early: it is set again only
 * where the time would pass before the next call, or when it has expired
 * early. */

/* An alarm is postponed with each packet, so at most 20 ms after the last time;
 * a timer that is further off waits for the next one. */
#define NEAR_US 25000

struct _RwAlarm {
  int fd;
  GSource *source;
  RwAlarmFunc func;
  gpointer data;

  GMutex lock;
  gint64 due_us;   /* G_MAXINT64: never */
  gint64 armed_us; /* of the kernel's timer, the same or earlier */
};

static void
arm_locked (RwAlarm *self)
{
  struct itimerspec when = {0};

  self->armed_us = self->due_us;
  if (self->due_us != G_MAXINT64) {
    gint64 due_us = MAX (self->due_us, 1); /* zero would stop the timer */

    when.it_value.tv_sec = due_us / G_USEC_PER_SEC;
    when.it_value.tv_nsec = due_us % G_USEC_PER_SEC * 1000;
  }
  if (timerfd_settime (self->fd, TFD_TIMER_ABSTIME, &when, NULL) != 0)
    g_critical ("timerfd_settime: %s", g_strerror (errno));
}

static gboolean
take_due (RwAlarm *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (g_get_monotonic_time () < self->due_us) {
    arm_locked (self);
    return FALSE;
  }
  self->due_us = self->armed_us = G_MAXINT64;
  return TRUE;
}

static gboolean
on_expired (int fd, GIOCondition condition, gpointer data)
{
  RwAlarm *self = data;
  guint64 n_expired;

  /* Nothing to read: the timer was set again in between. */
  if (read (fd, &n_expired, sizeof n_expired) == sizeof n_expired &&
      take_due (self))
    self->func (self->data);
  return G_SOURCE_CONTINUE;
}

RwAlarm *
rw_alarm_new (GMainContext *context, const char *name, RwAlarmFunc func,
              gpointer data)
{
  RwAlarm *self = g_new0 (RwAlarm, 1);

  g_mutex_init (&self->lock);
  self->func = func;
  self->data = data;
  self->due_us = self->armed_us = G_MAXINT64;
  self->fd = timerfd_create (CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (self->fd < 0)
    g_error ("timerfd_create: %s", g_strerror (errno));
  self->source = g_unix_fd_source_new (self->fd, G_IO_IN);
  g_source_set_static_name (self->source, name);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_expired), self, NULL);
  g_source_attach (self->source, context);
  return self;
}

void
rw_alarm_free (RwAlarm *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  close (self->fd);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
rw_alarm_set_at (RwAlarm *self, gint64 due_us)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->due_us = due_us;
  if (due_us < self->armed_us ||
      (due_us > self->armed_us &&
       self->armed_us < g_get_monotonic_time () + NEAR_US))
    arm_locked (self);
}
