/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-element-side.h"

G_BEGIN_DECLS

typedef struct {
  RwSide *sink;
  RwSide *src;
} RwStream;

/**
 * RwStreams:
 * @n: how many; RW_STREAMS, else 6
 * @port: of the server that is asked for its metrics
 * @uris: of all servers
 *
 * Live streams, each of which says a packet of 20 ms every 20 ms, in rounds of
 * three, while something happens to the servers that its two elements use.
 * Media must not notice; everybody is to be registered again.
 *
 * Threads: the test's.
 */
typedef struct {
  guint n;
  guint port;
  const char *uris;
  RwStream *streams;
  guint64 said;
  gint64 next_us;
} RwStreams;

guint rw_streams_get_usual_n (void);
guint rw_streams_find_port (void);

void rw_streams_begin (RwStreams *self);
void rw_streams_play_round (RwStreams *self);
void rw_streams_play_rounds (RwStreams *self, guint n);
void rw_streams_play_until (RwStreams *self, const char *what, guint n);
void rw_streams_wait_until_all_are_back (RwStreams *self);
RwSide *rw_streams_begin_new_session (RwStreams *self, const char *consumer);
void rw_streams_check_media (RwStreams *self);
void rw_streams_finish (RwStreams *self);
void rw_streams_clear (RwStreams *self);

guint rw_streams_get_metric (RwStreams *self, const char *name);
guint rw_streams_count_states (RwSide *side, const char *state);

G_END_DECLS
