/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-overrun-log.h"

/* See the header. */

/* Overruns occur with each frame; reports for one consumer are no closer than
 * this. */
#define INTERVAL_US G_USEC_PER_SEC

/* A consumer that has sent nothing for so long receives nothing either. */
#define AWAY_US G_USEC_PER_SEC

typedef struct {
  guint64 total;
  guint64 lost;
  gint64 at_us;
} Reported;

struct _RwOverrunLog {
  GHashTable *reported; /* consumer id -> Reported */
};

RwOverrunLog *
rw_overrun_log_new (void)
{
  RwOverrunLog *log = g_new0 (RwOverrunLog, 1);

  log->reported =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return log;
}

void
rw_overrun_log_free (RwOverrunLog *log)
{
  g_hash_table_unref (log->reported);
  g_free (log);
}

void
rw_overrun_log_forget (RwOverrunLog *log, const char *consumer_id)
{
  g_hash_table_remove (log->reported, consumer_id);
}

static gboolean
is_away (const RwCursor *cursor, gint64 now_us)
{
  return cursor->sessions == 0 || now_us - cursor->last_seen_us > AWAY_US;
}

/* The frames that the consumer has lost, as far as the sink knows. */
static guint64
count_lost (const RwCursor *cursor, guint64 tail, gint64 now_us)
{
  guint64 pending = tail > cursor->acked ? tail - cursor->acked : 0;

  return cursor->lost + (is_away (cursor, now_us) ? pending : 0);
}

RwOverrun *
rw_overrun_log_check (RwOverrunLog *log, const RwCursor *cursor, guint64 tail,
                      gint64 now_us, gboolean is_last)
{
  Reported *reported = g_hash_table_lookup (log->reported, cursor->consumer_id);
  guint64 total =
      MAX (count_lost (cursor, tail, now_us), reported ? reported->total : 0);
  RwOverrun *overrun;

  if (reported == NULL && total == 0)
    return NULL;
  if (reported == NULL) {
    reported = g_new0 (Reported, 1);
    reported->at_us = now_us - INTERVAL_US;
    g_hash_table_insert (log->reported, g_strdup (cursor->consumer_id),
                         reported);
  }
  if ((total == reported->total && cursor->lost == reported->lost) ||
      (!is_last && now_us - reported->at_us < INTERVAL_US))
    return NULL;
  overrun = g_new0 (RwOverrun, 1);
  overrun->consumer_id = g_strdup (cursor->consumer_id);
  overrun->frames = total - reported->total;
  overrun->total = total;
  overrun->lost = cursor->lost;
  *reported = (Reported){total, cursor->lost, now_us};
  return overrun;
}

typedef struct {
  RwOverrunLog *log;
  GPtrArray *overruns; /* RwOverrun, or NULL for none */
  guint64 tail;
  gint64 now_us;
} Collect;

static void
collect_overrun (RwCursor *cursor, gpointer data)
{
  Collect *collect = data;
  RwOverrun *overrun = rw_overrun_log_check (
      collect->log, cursor, collect->tail, collect->now_us, FALSE);

  if (overrun == NULL)
    return;
  if (collect->overruns == NULL)
    collect->overruns =
        g_ptr_array_new_with_free_func ((GDestroyNotify) rw_overrun_free);
  g_ptr_array_add (collect->overruns, overrun);
}

GPtrArray *
rw_overrun_log_check_all (RwOverrunLog *log, RwCursorSet *cursors, guint64 tail,
                          gint64 now_us)
{
  Collect collect = {log, NULL, tail, now_us};

  rw_cursor_set_foreach (cursors, collect_overrun, &collect);
  return collect.overruns;
}

void
rw_overrun_free (RwOverrun *overrun)
{
  g_free (overrun->consumer_id);
  g_free (overrun);
}
