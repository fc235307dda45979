/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-side.h"

G_BEGIN_DECLS

typedef struct {
  TestSide *sink;
  TestSide *src;
} TestStream;

/**
 * TestStreams:
 * @n: how many; RW_STREAMS, else 6
 * @port: of the server that is asked for its metrics
 * @other_port: of another one that has some of the clients; 0: there is none
 * @uris: of all servers
 * @src_uris: (nullable): of the same, as the sources prefer them
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
  guint other_port;
  const char *uris;
  const char *src_uris;
  TestStream *streams;
  guint64 said;
  gint64 next_us;
} TestStreams;

guint test_streams_get_usual_n (void);

void test_streams_begin (TestStreams *self);
void test_streams_play_round (TestStreams *self);
void test_streams_play_rounds (TestStreams *self, guint n);
void test_streams_play_until (TestStreams *self, const char *what, guint n);
void test_streams_wait_until_all_are_back (TestStreams *self);
TestSide *test_streams_begin_new_session (TestStreams *self,
                                          const char *consumer);
void test_streams_check_media (TestStreams *self);
void test_streams_finish (TestStreams *self);
void test_streams_clear (TestStreams *self);

guint test_streams_get_metric (TestStreams *self, const char *name);
guint test_streams_count_states (TestSide *side, const char *state);

G_END_DECLS
