/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * RwSourceOutput: the elements between the source's window and its pad: none
 * where downstream accepts Opus, else a decoder, RwCatchUp with
 * delivery=catch-up, and RwSilenceFiller. Decided with the first caps, and anew
 * when downstream was relinked.
 *
 * Threads: decide belongs to the window's streaming thread, reset to a state
 * change that has stopped it, the rest to any.
 */
typedef struct _RwSourceOutput RwSourceOutput;

/* @bin owns @window, and gets @pad; all outlive it. */
RwSourceOutput *rw_source_output_new (GstBin *bin, GstElement *window,
                                      GstPad *pad);
void rw_source_output_free (RwSourceOutput *self);

/**
 * rw_source_output_decide:
 * @caps: of the Opus that comes next
 * @is_lossy: packets may be lost for good, so that the decoder uses forward
 *   error correction, which holds back a packet until the next one has come
 */
void rw_source_output_decide (RwSourceOutput *self, GstCaps *caps,
                              gboolean is_lossy);

/* Late audio is played at the tempo @rate, where downstream accepts raw audio;
 * 0: at its own. Any thread; holds from the next frame. */
void rw_source_output_set_catch_up (RwSourceOutput *self, double rate);

/* By how much the audio comes out late with a catch-up, else 0. Any thread. */
GstClockTime rw_source_output_get_behind (RwSourceOutput *self);

/* Whether to decide anew: downstream was relinked since the last call, or the
 * catch-up was set. */
gboolean rw_source_output_take_relinked (RwSourceOutput *self);

/* @target instead of the window, which still answers for the latency; NULL for
 * neither. While nothing streams. */
void rw_source_output_divert (RwSourceOutput *self, GstPad *target);

/* The next run may have another downstream. */
void rw_source_output_reset (RwSourceOutput *self);

G_END_DECLS
