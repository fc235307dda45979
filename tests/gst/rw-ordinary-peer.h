/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-element-side.h"
#include "test-peer.h"

G_BEGIN_DECLS

/*
 * A peer that is not ours: a plain webrtcbin whose signalling the test speaks
 * by hand. What it is told waits until rw_ordinary_take_messages(), which the
 * conditions below do.
 *
 * Threads: the test's, with the default main context.
 */
typedef struct {
  TestPeer *line;
  GstElement *pipeline;
  GstElement *webrtc;
  gboolean offers;
  char *session_id;
  gint n_buffers; /* that came in */
  GObject *channel;
  gboolean is_unreachable; /* it gives and takes no candidates */
} RwOrdinary;

/* @media: what it sends, as a launch line that ends in "w. "; "" for nothing,
 * and then it waits for an offer. */
RwOrdinary *rw_ordinary_new (guint port, const char *media);
void rw_ordinary_free (RwOrdinary *peer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwOrdinary, rw_ordinary_free)

/* One that asks @sink, which runs the server, for a session; one that offers
 * itself as "studio" at the server that @src runs. */
RwOrdinary *rw_ordinary_new_consumer (RwSide *sink);
RwOrdinary *rw_ordinary_new_producer (RwSide *src);

/* A consumer that says who it is, as one of our kind would. */
RwOrdinary *rw_ordinary_new_consumer_as (RwSide *sink, const char *consumer_id);
void rw_ordinary_take_messages (RwOrdinary *peer);

/* The elements that these come to, playing. */
RwSide *rw_ordinary_new_sink (void);
RwSide *rw_ordinary_new_source (const char *properties, const char *tail);

/* The line, by hand. The id of the first producer is the caller's. */
void rw_ordinary_say_description (TestPeer *line, const char *session_id,
                                  const char *type, const char *sdp);
void rw_ordinary_say_candidate (TestPeer *line, const char *session_id,
                                guint mline, const char *candidate);
char *rw_ordinary_find_producer (TestPeer *line);

/* Conditions for test_wait_until(): @n buffers in at @peer, out of @side; the
 * peer has a data channel. */
typedef struct {
  RwSide *side;
  RwOrdinary *peer;
  guint n;
} RwOrdinaryWant;

gboolean rw_ordinary_has_come_in (gpointer want);
gboolean rw_ordinary_has_come_out (gpointer want);
gboolean rw_ordinary_has_channel (gpointer want);

G_END_DECLS
