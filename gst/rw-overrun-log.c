/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-overrun-log.h"

/* See the header. */

/* Overruns come once a frame; each consumer's are told at most this often. */
#define INTERVAL_US G_USEC_PER_SEC

typedef struct {
  guint64 total;
  guint64 lost;
  gint64 at_us;
} Told;

struct _RwOverrunLog {
  GHashTable *told; /* consumer id -> Told */
};

RwOverrunLog *
rw_overrun_log_new (void)
{
  RwOverrunLog *log = g_new0 (RwOverrunLog, 1);

  log->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return log;
}

void
rw_overrun_log_free (RwOverrunLog *log)
{
  g_hash_table_unref (log->told);
  g_free (log);
}

void
rw_overrun_log_reset (RwOverrunLog *log)
{
  g_hash_table_remove_all (log->told);
}

void
rw_overrun_log_forget (RwOverrunLog *log, const char *consumer_id)
{
  g_hash_table_remove (log->told, consumer_id);
}

RwOverrun *
rw_overrun_log_check (RwOverrunLog *log, const RwCursor *cursor, guint64 tail,
                      gint64 now_us, gboolean is_last)
{
  guint64 total = rw_cursor_get_shed (cursor, tail);
  Told *told = g_hash_table_lookup (log->told, cursor->consumer_id);
  RwOverrun *overrun;

  if (told == NULL && total == 0)
    return NULL;
  if (told == NULL) {
    told = g_new0 (Told, 1);
    told->at_us = now_us - INTERVAL_US;
    g_hash_table_insert (log->told, g_strdup (cursor->consumer_id), told);
  }
  if ((total == told->total && cursor->lost == told->lost) ||
      (!is_last && now_us - told->at_us < INTERVAL_US))
    return NULL;
  overrun = g_new0 (RwOverrun, 1);
  overrun->consumer_id = g_strdup (cursor->consumer_id);
  overrun->frames = total - told->total;
  overrun->total = total;
  overrun->lost = cursor->lost;
  *told = (Told){total, cursor->lost, now_us};
  return overrun;
}

void
rw_overrun_free (RwOverrun *overrun)
{
  g_free (overrun->consumer_id);
  g_free (overrun);
}
