/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** RwSessionStart: where a receiver that has no position yet wants to begin.
 */
typedef enum {
  RW_SESSION_START_LIVE,
  RW_SESSION_START_OLDEST,
} RwSessionStart;

/**
 * RwSessionRequest:
 * @consumer_id: the receiver's stable id, at most 256 bytes; never NULL
 * @stream_id: the stream the position is in, or NULL for no position yet
 * @next: the index of the next frame the receiver wants; counts only with a
 *   @stream_id
 * @generation: the receiver's count of its sessions with this sender
 * @start: where to begin when there is no position, or the stream is another
 * @takes_rtcp: whether the receiver takes the protocol's messages in RTCP
 *
 * The `resilient` member of a session request: identity and position of the
 * receiver. A plain value, owned by its holder.
 */
typedef struct {
  char *consumer_id;
  char *stream_id;
  guint64 next;
  guint64 generation;
  RwSessionStart start;
  gboolean takes_rtcp;
} RwSessionRequest;

RwSessionRequest *rw_session_request_new (const char *consumer_id);
void rw_session_request_free (RwSessionRequest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSessionRequest, rw_session_request_free)

G_END_DECLS
