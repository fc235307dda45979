/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-channel-codec.h"
#include "rw-webrtc-peer.h"
#include "test-peer.h"
#include "test-side.h"

G_BEGIN_DECLS

/*
 * A resilient producer whose part of the protocol the test speaks: real
 * sessions, one for each that is asked for, and a data channel on which each
 * HELLO is answered as the script says.
 *
 * Threads: the test's, with the default main context, which has to run; the
 * sessions have a control thread of their own.
 */

typedef struct _TestScriptedSession TestScriptedSession;

/**
 * TestScript:
 * @caps: of format 0, or NULL for none
 * @n_frames: how many there are, and come on the repair lane
 * @beats: whether the producer is heard after its answer
 * @answer: answers each HELLO instead; NULL for none. The control thread
 */
typedef struct {
  const char *caps;
  guint n_frames;
  gboolean beats;
  void (*answer) (TestScriptedSession *session);
} TestScript;

typedef struct _TestScripted TestScripted;

/* It calls itself "studio" at the server that @src runs. */
TestScripted *test_scripted_new (TestSide *src, const TestScript *script);
void test_scripted_free (TestScripted *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestScripted, test_scripted_free)

/* For @answer: the WELCOME that a script without one would send; any message,
 * numbered as the next one, of which the codec may make none; any bytes. */
void test_scripted_welcome (TestScriptedSession *session);
void test_scripted_send (TestScriptedSession *session, RwMessage *message);
void test_scripted_send_bytes (TestScriptedSession *session, const guint8 *data,
                               gsize size);

/* Reads what the server has sent; conditions call it. */
void test_scripted_take_messages (TestScripted *self);

/* For how many sessions it was asked, and how many have had their HELLO. */
guint test_scripted_get_n_asked (TestScripted *self);
guint test_scripted_get_n_welcomed (TestScripted *self);

G_END_DECLS
