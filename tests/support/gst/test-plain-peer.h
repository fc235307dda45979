/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The peer to compare with: webrtcbin as a careful application would use it by
 * hand, audio one way, no data channel, trickled candidates over a byte stream
 * of lines. It knows nothing of outages; a supervisor may restart it.
 *
 * Made and used on the thread of the default main context. */
#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct TestPlainPeer TestPlainPeer;

/**
 * test_plain_peer_new:
 * @pipeline: holds a webrtcbin called "webrtc"; linked to what is to be sent,
 *   or, for a receiver, unlinked. Set it to PLAYING afterwards.
 * @stream: to the other peer.
 * @offers: the sender is to offer.
 * @closed: the stream has ended; nothing more will happen.
 */
TestPlainPeer *test_plain_peer_new (GstElement *pipeline, GIOStream *stream,
                                    gboolean offers, GCallback closed,
                                    gpointer user_data);

/** test_plain_peer_free: the pipeline must be in NULL by then. */
void test_plain_peer_free (TestPlainPeer *self);

G_END_DECLS
