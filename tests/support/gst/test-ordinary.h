/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-side.h"
#include "test-peer.h"

G_BEGIN_DECLS

/*
 * A peer that is not ours: a plain webrtcbin whose signalling the test speaks
 * by hand. Messages to it wait until test_ordinary_take_messages(), which the
 * conditions below call. It has one session at a time, each with a webrtcbin of
 * its own: who asks for another gets it when the one before has been ended,
 * which a peer that replaces does itself.
 *
 * Threads: the test's, with the default main context.
 */
typedef struct {
  TestPeer *line;
  GstElement *pipeline;
  GstElement *webrtc;
  const char *media;
  gboolean offers;
  char *session_id;
  gboolean session_has_ended; /* the other side has said so */
  guint n_sessions;
  guint n_answers; /* to its offers */
  guint n_asked;   /* for a session, so often */
  gint n_buffers;  /* that came in */
  gint n_sent;     /* packets that its media brought, if it offers */
  gint is_muted;   /* atomic: they are dropped, and only reports leave */
  gint n_reports;  /* that left while it was */
  GObject *channel;
  gboolean is_unreachable;            /* it gives and takes no candidates */
  gboolean replaces;                  /* it ends one for another, that works */
  char *(*rewrite) (const char *sdp); /* of what it says; NULL for none */
} TestOrdinary;

/* @media: what it sends, as a launch line that ends in "w. ", which must
 * outlive the peer;
 * "" for nothing, and then it waits for an offer. */
TestOrdinary *test_ordinary_new (guint port, const char *media);
void test_ordinary_free (TestOrdinary *peer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestOrdinary, test_ordinary_free)

/* One that asks @sink, which runs the server, for a session; one that offers
 * itself as "studio" at the server that @src runs. */
TestOrdinary *test_ordinary_new_consumer (TestSide *sink);
TestOrdinary *test_ordinary_new_producer (TestSide *src);

/* A consumer that says who it is, as one of our kind would. */
TestOrdinary *test_ordinary_new_consumer_as (TestSide *sink,
                                             const char *consumer_id);
void test_ordinary_take_messages (TestOrdinary *peer);

/* A producer with an open session sends no more audio in it. */
void test_ordinary_mute (TestOrdinary *peer);

/* The elements that these come to, playing. */
TestSide *test_ordinary_new_sink (void);
TestSide *test_ordinary_new_source (const char *properties, const char *tail);

/* The line, by hand. The id of the first producer is the caller's. */
void test_ordinary_send_description (TestPeer *line, const char *session_id,
                                     const char *type, const char *sdp);
void test_ordinary_send_candidate (TestPeer *line, const char *session_id,
                                   guint mline, const char *candidate);
char *test_ordinary_find_producer (TestPeer *line);

/* Conditions for test_wait_until(): @n buffers in at @peer, out of @side,
 * @n packets into the webrtcbin of @peer; @n reports out of it while it is
 * muted; the peer has a data channel. */
typedef struct {
  TestSide *side;
  TestOrdinary *peer;
  guint n;
} TestOrdinaryWant;

gboolean test_ordinary_has_come_in (gpointer want);
gboolean test_ordinary_has_come_out (gpointer want);
gboolean test_ordinary_has_sent (gpointer want);
gboolean test_ordinary_has_reported (gpointer want);
gboolean test_ordinary_has_channel (gpointer want);

/* @n of its offers have been answered. (webrtcbin itself would be asked under
 * its lock, and make the server wait for its pongs.) */
gboolean test_ordinary_is_answered (gpointer want);

G_END_DECLS
