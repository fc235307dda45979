/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * RwSpeakerMerge: makes one stream of those of several speakers who talk one
 * after the other. A speaker has its turn until it has been silent for 100 ms;
 * what the others say meanwhile waits in their sources, so that nothing is cut
 * off and nothing overlaps. Timestamps never go back; a pause is a GAP event.
 * Audio that a decoder makes up (a buffer without #RwFrameMeta) passes within
 * the speaker's own turn only.
 *
 * A pad in the background is for a speaker that needs no floor and may never be
 * silent: of these pads the oldest one that has sent audio in the last 500 ms
 * is heard, while no other has a turn, and what is not heard is dropped.
 *
 * Thread: the speakers' streaming threads, which wait for their turn; add and
 * remove: any other.
 */
#define RW_TYPE_SPEAKER_MERGE (rw_speaker_merge_get_type ())
G_DECLARE_FINAL_TYPE (RwSpeakerMerge, rw_speaker_merge, RW, SPEAKER_MERGE,
                      GstElement)

GstElement *rw_speaker_merge_new (void);

/* A new sink pad, owned by the element. */
GstPad *rw_speaker_merge_add (RwSpeakerMerge *self, gboolean is_background);

/* Into the background a speaker goes with its next pause of 500 ms. */
void rw_speaker_merge_set_background (RwSpeakerMerge *self, GstPad *pad,
                                      gboolean is_background);

/* Ends what waits in @pad, which takes nothing any more. */
void rw_speaker_merge_stop (RwSpeakerMerge *self, GstPad *pad);
void rw_speaker_merge_remove (RwSpeakerMerge *self, GstPad *pad);

/* The end of the stream, as the application wishes. */
void rw_speaker_merge_end (RwSpeakerMerge *self);

G_END_DECLS
