/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-connection-watch.h"

#include "rw-timer.h"

/* For how long a doubt explains what happens. */
#define DOUBT_TIME_US (2 * G_TIME_SPAN_SECOND)

/* A connection on which nothing was received for so long after a probe is
 * closed: 2 s are promised, and the controller wants to know before. */
#define PROBE_DEADLINE_US (1800 * G_GINT64_CONSTANT (1000))

/* A server with resumption is given four times what its first answer took, and
 * this at least. */
#define PROBE_MIN_US (50 * G_GINT64_CONSTANT (1000))

/* The time that a server without resumption has, in probe time-outs: there,
 * another connection ends all sessions. */
#define PLAIN_FACTOR 4

struct _RwConnectionWatch {
  RwClock *clock;
  RwTimer *timer;
  gint64 timeout_us;
  gint64 doubted_us;
};

RwConnectionWatch *
rw_connection_watch_new (RwClock *clock, GMainContext *context,
                         gint64 timeout_us, void (*on_suspect) (gpointer data),
                         gpointer data)
{
  RwConnectionWatch *self = g_new0 (RwConnectionWatch, 1);

  self->clock = g_object_ref (clock);
  self->timer = rw_timer_new (clock, context, "rw-probe", on_suspect, data);
  self->timeout_us = timeout_us;
  self->doubted_us = G_MININT64 / 2;
  return self;
}

void
rw_connection_watch_free (RwConnectionWatch *self)
{
  rw_timer_free (self->timer);
  g_object_unref (self->clock);
  g_free (self);
}

void
rw_connection_watch_doubt (RwConnectionWatch *self)
{
  self->doubted_us = rw_clock_get_now_us (self->clock);
}

gboolean
rw_connection_watch_is_doubted (RwConnectionWatch *self)
{
  return rw_clock_get_now_us (self->clock) - self->doubted_us < DOUBT_TIME_US;
}

gboolean
rw_connection_watch_begin_probe (RwConnectionWatch *self,
                                 RwServerConnection *connection)
{
  gint64 timeout_us = self->timeout_us;

  if (rw_timer_is_set (self->timer))
    return FALSE;
  if (rw_server_connection_has_resumption (connection))
    timeout_us = CLAMP (4 * rw_server_connection_get_answer_us (connection),
                        MIN (PROBE_MIN_US, timeout_us), timeout_us);
  else
    timeout_us *= PLAIN_FACTOR;
  rw_timer_set_in (self->timer, timeout_us);
  rw_server_connection_expect (connection, PROBE_DEADLINE_US);
  return TRUE;
}

void
rw_connection_watch_end_probe (RwConnectionWatch *self)
{
  rw_timer_stop (self->timer);
}
