/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-receive-meter.h"

#include <string.h>

void
rw_receive_meter_init (RwReceiveMeter *meter)
{
  *meter = (RwReceiveMeter){0};
  rw_jitter_init (&meter->jitter);
}

void
rw_receive_meter_note_live (RwReceiveMeter *meter, const RwFrame *frame,
                            gint64 arrival_us)
{
  meter->frame_duration = frame->duration;
  meter->bytes += frame->size;
  rw_jitter_note (&meter->jitter, (gint64) (frame->running_time_ns / 1000),
                  arrival_us);
}

void
rw_receive_meter_note_repair (RwReceiveMeter *meter, gsize size)
{
  meter->bytes += size;
}

void
rw_receive_meter_note_handed (RwReceiveMeter *meter)
{
  meter->handed++;
}

/* One past the newest frame that is known to exist. */
static guint64
get_head (const RwWindow *window, RwReceivePathList *paths)
{
  return MAX (rw_window_get_highest (window),
              rw_receive_path_list_get_head (paths));
}

static guint64
get_backlog (const RwWindow *window, RwReceivePathList *paths)
{
  guint64 head = get_head (window, paths);

  return head - MIN (head, rw_window_get_next (window));
}

static guint64
get_backlog_ns (const RwReceiveMeter *meter, const RwWindow *window,
                RwReceivePathList *paths)
{
  return get_backlog (window, paths) *
         rw_frame_samples_to_ns (meter->frame_duration);
}

RwReceiveProgress
rw_receive_meter_get_progress (const RwReceiveMeter *meter,
                               const RwWindow *window, RwReceivePathList *paths)
{
  RwReceiveProgress progress;
  RwWindowStats stats;

  rw_window_get_stats (window, &stats);
  progress = (RwReceiveProgress){
      .next = rw_window_get_next (window),
      .backlog_ns = get_backlog_ns (meter, window, paths),
      .has_holes =
          rw_window_get_first_missing (window) < get_head (window, paths),
      .is_finished = rw_window_is_finished (window),
      .handed = meter->handed,
      .repaired = stats.repaired,
  };
  memcpy (progress.stream_id, rw_window_get_stream_id (window),
          sizeof progress.stream_id);
  return progress;
}

gboolean
rw_receive_meter_sample (const RwReceiveMeter *meter, const RwWindow *window,
                         RwReceivePathList *paths, RwQualitySample *sample)
{
  guint64 highest = rw_window_get_highest (window);
  RwWindowStats stats;

  rw_window_get_stats (window, &stats);
  if (stats.live == 0)
    return FALSE;
  *sample = (RwQualitySample){
      .frames = highest,
      .missed = (gint64) highest - (gint64) stats.live,
      .bytes = meter->bytes,
      .rtt_us = rw_receive_path_list_get_best_rtt_us (paths),
      .jitter_us = meter->jitter.jitter_us,
      .backlog_ns = get_backlog_ns (meter, window, paths),
  };
  return TRUE;
}

void
rw_receive_meter_fill_stats (const RwWindow *window, RwReceivePathList *paths,
                             GstStructure *stats)
{
  RwWindowStats counts;

  rw_window_get_stats (window, &counts);
  /* clang-format off */
  gst_structure_set (stats,
      "frames", G_TYPE_UINT64, counts.live + counts.repaired,
      "acknowledged", G_TYPE_UINT64, rw_window_get_next (window),
      "repaired", G_TYPE_UINT64, counts.repaired,
      "duplicate", G_TYPE_UINT64, counts.duplicate,
      "late", G_TYPE_UINT64, counts.late,
      "gaps", G_TYPE_UINT64, counts.gaps,
      "lost", G_TYPE_UINT64, counts.lost,
      "streams", G_TYPE_UINT64, counts.streams,
      "backlog-frames", G_TYPE_UINT64, get_backlog (window, paths),
      "rtt", G_TYPE_UINT64, rw_receive_path_list_get_slowest_rtt_ns (paths),
      NULL);
  /* clang-format on */
}
