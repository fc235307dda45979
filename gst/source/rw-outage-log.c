/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-outage-log.h"

/* A time as it was last, and at its worst. */
typedef struct {
  gint64 last_us;
  gint64 worst_us;
} Record;

struct _RwOutageLog {
  GMutex lock;
  guint64 outages;
  Record suspicion; /* last packet until suspect */
  Record detection; /* last packet until down */
  Record reconnect; /* outage until audio was acknowledged again */
  Record catch_up;
  gboolean interrupted;
  gboolean catching_up;
  gint64 connected_us;
  gint64 outage_us;
  guint64 repaired_before;
};

RwOutageLog *
rw_outage_log_new (void)
{
  RwOutageLog *log = g_new0 (RwOutageLog, 1);

  g_mutex_init (&log->lock);
  return log;
}

void
rw_outage_log_free (RwOutageLog *log)
{
  g_mutex_clear (&log->lock);
  g_free (log);
}

static void
record (Record *what, gint64 time_us)
{
  what->last_us = time_us;
  what->worst_us = MAX (what->worst_us, time_us);
}

void
rw_outage_log_note_silence (RwOutageLog *log, gint64 received_us, gint64 now_us,
                            gboolean is_down)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&log->lock);

  record (is_down ? &log->detection : &log->suspicion, now_us - received_us);
}

void
rw_outage_log_note_state (RwOutageLog *log, RwState state, gint64 now_us,
                          gint64 outage_us, guint64 repaired)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&log->lock);

  if (state == RW_STATE_SUSPECT || state == RW_STATE_RECONNECTING) {
    if (!log->interrupted && !log->catching_up)
      log->repaired_before = repaired;
    log->interrupted = TRUE;
    return;
  }
  if (state != RW_STATE_CONNECTED || !log->interrupted)
    return;
  log->interrupted = FALSE;
  log->outages++;
  log->catching_up = TRUE;
  log->connected_us = now_us;
  log->outage_us = outage_us;
  record (&log->reconnect, outage_us);
}

gboolean
rw_outage_log_is_catching_up (RwOutageLog *log)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&log->lock);

  return log->catching_up;
}

void
rw_outage_log_note_caught_up (RwOutageLog *log, gint64 now_us, guint64 repaired,
                              RwCatchUp *catch_up)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&log->lock);

  log->catching_up = FALSE;
  record (&log->catch_up, now_us - log->connected_us);
  *catch_up = (RwCatchUp){
      .frames = repaired - log->repaired_before,
      .outage_us = log->outage_us,
      .catch_up_us = now_us - log->connected_us,
  };
}

void
rw_outage_log_fill_stats (RwOutageLog *log, GstStructure *stats)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&log->lock);

  /* clang-format off */
  gst_structure_set (stats,
      "outages", G_TYPE_UINT64, log->outages,
      "last-suspicion", G_TYPE_UINT64, log->suspicion.last_us * 1000,
      "worst-suspicion", G_TYPE_UINT64, log->suspicion.worst_us * 1000,
      "last-detection", G_TYPE_UINT64, log->detection.last_us * 1000,
      "worst-detection", G_TYPE_UINT64, log->detection.worst_us * 1000,
      "last-reconnect", G_TYPE_UINT64, log->reconnect.last_us * 1000,
      "worst-reconnect", G_TYPE_UINT64, log->reconnect.worst_us * 1000,
      "last-catch-up", G_TYPE_UINT64, log->catch_up.last_us * 1000,
      "worst-catch-up", G_TYPE_UINT64, log->catch_up.worst_us * 1000,
      NULL);
  /* clang-format on */
}
