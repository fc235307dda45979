/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-speaker-wish.h"

G_BEGIN_DECLS

/*
 * RwSpeakers: a source inside an element for each stream of a room, connected
 * all the time, so that none has to be opened when its member begins to talk.
 * They have the settings of the outer element, and follow them.
 *
 * Sources are added and removed on a thread of its own, because a removal may
 * wait for downstream.
 *
 * Thread: new and free: the application's; want: control.
 */
typedef struct _RwSpeakers RwSpeakers;

/**
 * RwSpeakerOutput: where the speakers' audio goes.
 * @source_type: of the sources
 * @add: a sink pad for @source, which may be configured and is not in the bin
 *   yet
 * @update: the wish has changed
 * @stop: ends what waits in the pad, which takes nothing any more
 * @remove: the pad, whose source has ended
 * @changed: the state of a source; on any thread
 *
 * Thread: that of the speakers.
 */
typedef struct {
  GType source_type;
  GstPad *(*add) (gpointer data, const RwSpeakerWish *wish, GstElement *source);
  void (*update) (gpointer data, GstPad *pad, const RwSpeakerWish *wish);
  void (*stop) (gpointer data, GstPad *pad);
  void (*remove) (gpointer data, GstPad *pad);
  void (*changed) (gpointer data);
} RwSpeakerOutput;

/* @bin is the outer element, which owns the speakers; @output and @data outlive
 * them. */
RwSpeakers *rw_speakers_new (GstBin *bin, RwEndpoint *endpoint,
                             const RwSpeakerOutput *output, gpointer data);

/* The bin is in READY. */
void rw_speakers_free (RwSpeakers *self);

/* @wishes: (transfer full): RwSpeakerWish. A source that is not wished for any
 * more goes when its session has ended. */
void rw_speakers_want (RwSpeakers *self, GPtrArray *wishes);

guint rw_speakers_get_size (RwSpeakers *self);

/* Whether @origin is a source of a speaker, or in one. Any thread. */
gboolean rw_speakers_is_origin (RwSpeakers *self, GstObject *origin);

/* The source that @origin is, or is in, has given up: it goes, and its stream
 * is not wished for until its member has left. Any thread. */
void rw_speakers_fail (RwSpeakers *self, GstObject *origin);

/* FALSE where there is none. */
gboolean rw_speakers_get_worst_state (RwSpeakers *self, RwState *state);

G_END_DECLS
