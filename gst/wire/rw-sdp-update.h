/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "rw-rtp-frame.h"

G_BEGIN_DECLS

/**
 * RwSdpUpdate:
 * The changes by a further offer in a session that is up.
 * @answer: the answer to it.
 * @ufrag, @pwd: the other peer's ICE credentials from now on.
 * @candidates: the candidates in the offer, checked.
 * @format: the numbers of the session's audio from now on; a payload type of 0
 *   where the offer does not name them.
 */
typedef struct {
  char *answer;
  char *ufrag;
  char *pwd;
  GPtrArray *candidates;
  RwRtpFormat format;
} RwSdpUpdate;

/**
 * rw_sdp_update_new:
 * @ours: our last description in this session, as it was sent.
 * @audio_mline: where the session's audio is.
 * @setup: the other peer's DTLS role in it ("active" or "passive").
 * @offer: the other peer's, untrusted.
 * @we_send: which way the audio goes.
 *
 * Answers an offer that pauses or resumes the audio, adds or ends other lines
 * or restarts ICE: what the session has stays as it is, but for numbers that
 * the offer changes. An added line is
 * rejected, unless it has the audio that we receive and no other line has it
 * any more: a page that removes its track and adds it again offers that. NULL
 * and an RwPeerError if the offer is not one of this session. Pure.
 */
RwSdpUpdate *rw_sdp_update_new (const char *ours, guint audio_mline,
                                const char *setup, const char *offer,
                                gboolean we_send, GError **error);

void rw_sdp_update_free (RwSdpUpdate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSdpUpdate, rw_sdp_update_free)

G_END_DECLS
