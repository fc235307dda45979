/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * RwAlarm:
 * A timer of a main context that any thread may set. Where an RwTimer would
 * wake the context's thread each time that it is set from elsewhere, an alarm
 * is postponed in the kernel: a thread that postpones it often enough costs the
 * other thread nothing. It reads the monotonic clock.
 */
typedef struct _RwAlarm RwAlarm;

/* On the thread of the context, at the time set or a little later. */
typedef void (*RwAlarmFunc) (gpointer data);

/** rw_alarm_new: @name is a static string. Not set. */
RwAlarm *rw_alarm_new (GMainContext *context, const char *name,
                       RwAlarmFunc func, gpointer data);

/** rw_alarm_free: on the thread of the context; no thread sets it any more. */
void rw_alarm_free (RwAlarm *self);

/**
 * rw_alarm_set_at:
 * @due_us: of g_get_monotonic_time(); G_MAXINT64 for never
 *
 * Each call replaces the last one; the alarm is no longer set when its function
 * is called. Any thread.
 */
void rw_alarm_set_at (RwAlarm *self, gint64 due_us);

G_END_DECLS
