/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-jitter.h"
#include "rw-quality-meter.h"
#include "rw-receive-path-list.h"
#include "rw-window.h"

G_BEGIN_DECLS

/*
 * RwReceiveMeter: how much has arrived and how evenly, and how much is known to
 * exist and has not, for the control thread, samples of the
 * quality and `stats`. A caller-owned
 * struct; the owner's lock guards it.
 */
typedef struct {
  RwJitter jitter;
  guint64 bytes;        /* of frames and of the repair lane */
  guint frame_duration; /* of the newest live frame, samples at 48 kHz */
  guint64 handed;       /* frames that downstream has taken */
} RwReceiveMeter;

void rw_receive_meter_init (RwReceiveMeter *meter);

void rw_receive_meter_note_live (RwReceiveMeter *meter, const RwFrame *frame,
                                 gint64 arrival_us);
void rw_receive_meter_note_repair (RwReceiveMeter *meter, gsize size);

/* Downstream has taken a frame. */
void rw_receive_meter_note_handed (RwReceiveMeter *meter);

/**
 * RwReceiveProgress: how far the source has come since the start.
 * @stream_id: all zero before the first stream
 * @next: the position in the stream for a new session
 * @backlog_ns: estimate of the audio that is known to exist and was not handed
 *   on yet
 * @has_holes: whether a frame that is known to exist has not arrived
 * @is_finished: all frames of an ended stream were handed on
 * @handed: frames that downstream has taken
 * @repaired: frames received on the repair lane
 */
typedef struct {
  guint8 stream_id[RW_STREAM_ID_SIZE];
  guint64 next;
  guint64 backlog_ns;
  gboolean has_holes;
  gboolean is_finished;
  guint64 handed;
  guint64 repaired;
} RwReceiveProgress;

RwReceiveProgress rw_receive_meter_get_progress (const RwReceiveMeter *meter,
                                                 const RwWindow *window,
                                                 RwReceivePathList *paths);

/* FALSE before the first live frame. */
gboolean rw_receive_meter_sample (const RwReceiveMeter *meter,
                                  const RwWindow *window,
                                  RwReceivePathList *paths,
                                  RwQualitySample *sample);

/* Adds its fields to @stats. */
void rw_receive_meter_fill_stats (const RwWindow *window,
                                  RwReceivePathList *paths,
                                  GstStructure *stats);

G_END_DECLS
