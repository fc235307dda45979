/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-source-output.h"

G_BEGIN_DECLS

/*
 * RwRoomSource: the part of a source that receives a room rather than one
 * producer: while started, it owns the follower of the room and the merge of
 * its speakers, whose stream takes the place of the window's on the pad.
 *
 * Threads: new, free, start and stop come from state changes, end from the
 * window's streaming thread, the rest from any.
 */
typedef struct _RwRoomSource RwRoomSource;

/* All arguments outlive it; @endpoint is of the element @bin. */
RwRoomSource *rw_room_source_new (GstBin *bin, RwSourceOutput *output,
                                  RwEndpoint *endpoint);

/* It is stopped. */
void rw_room_source_free (RwRoomSource *self);

/* Whether the properties of the element ask for a room. */
gboolean rw_room_source_is_wanted (RwRoomSource *self);

/* FALSE, and an element error, when the signaller URI cannot be used; needs
 * rw_room_source_stop() in that case as well. */
gboolean rw_room_source_start (RwRoomSource *self);

/* Does nothing where it was not started. */
void rw_room_source_stop (RwRoomSource *self);

/* Ends the stream, as the application wishes. FALSE where it was not started.
 */
gboolean rw_room_source_end (RwRoomSource *self);

/* Retries at once what waits for its next attempt. */
void rw_room_source_retry_now (RwRoomSource *self);

G_END_DECLS
