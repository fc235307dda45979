/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-negotiator.h"

#include "rw-candidate.h"
#include "rw-frame-extension.h"
#include "rw-local-candidates.h"
#include "rw-local-sdp.h"
#include "rw-peer.h"
#include "rw-remote-candidates.h"
#include "rw-renegotiation.h"
#include "rw-webrtc-requests.h"

/* One offer and one answer, step by step: each is a request to webrtcbin, and
 * the next one follows from the reply. */

GST_DEBUG_CATEGORY_STATIC (rw_negotiator_debug);
#define GST_CAT_DEFAULT rw_negotiator_debug

struct _RwNegotiator {
  GObject *owner;
  RwNegotiatorFuncs funcs;
  gpointer user_data;
  gboolean we_send;
  gboolean takes_rtcp;
  GstCaps *caps;
  RwOpusTerms terms;
  GstElement *webrtc;
  gboolean is_stopped;

  gboolean has_offered;
  GstSDPMessage *local_offer;
  RwRenegotiation *renegotiation;
  RwRemoteSdp *remote;
  gboolean has_local;
  guint n_set; /* descriptions that webrtcbin has */
  RwWebrtcRequests *requests;
  RwLocalCandidates *local_candidates;
  RwRemoteCandidates *remote_candidates;
};

/* Takes @error, and ends the negotiation. */
static void
fail (RwNegotiator *self, GError *error)
{
  self->is_stopped = TRUE;
  self->funcs.failed (self->user_data, error);
}

static void
check_idle (gpointer data)
{
  RwNegotiator *self = data;

  if (rw_negotiator_is_idle (self))
    self->funcs.idle (self->user_data);
}

static void
request (RwNegotiator *self, const char *name, gpointer argument,
         RwWebrtcReplyFunc func)
{
  rw_webrtc_requests_send (self->requests, self->webrtc, name, argument, func);
}

/* Whether the request succeeded and its result is still wanted; a failure ends
 * the negotiation. */
static gboolean
take_reply (RwNegotiator *self, GstPromise *promise, const char *tried)
{
  GError *error = NULL;

  if (self->is_stopped)
    return FALSE;
  if (rw_webrtc_reply_check (promise, tried, &error))
    return TRUE;
  fail (self, error);
  return FALSE;
}

/* A new description; NULL, and the end, if it lacks our audio. */
static GstWebRTCSessionDescription *
take_description (RwNegotiator *self, GstPromise *promise, const char *field,
                  guint audio_mline)
{
  GstWebRTCSessionDescription *description = NULL;
  GError *error = NULL;

  if (!self->is_stopped)
    description =
        rw_webrtc_reply_take_description (promise, field, audio_mline, &error);
  if (error != NULL)
    fail (self, error);
  return description;
}

/* An ordinary peer may hold its checks back as well. */
static gboolean
is_checked_first (RwNegotiator *self)
{
  return self->has_offered && self->remote->format.frame_id != 0;
}

static void
publish_again (RwNegotiator *self, const RwSdpUpdate *update)
{
  self->funcs.renumbered (self->user_data,
                          rw_renegotiation_get_format (self->renegotiation));
  self->funcs.described (self->user_data, RW_SDP_TYPE_ANSWER, update->answer);
  for (guint i = 0; i < update->candidates->len; i++)
    rw_negotiator_add_candidate (self, self->remote->audio_mline,
                                 g_ptr_array_index (update->candidates, i));
}

/* Only now are the first credentials in use, and can others replace them: the
 * candidates may belong to an offer that has come meanwhile. */
static void
settle (RwNegotiator *self)
{
  g_autoptr (RwSdpUpdate) update = NULL;

  if (self->n_set < 2)
    return;
  update = rw_renegotiation_answer (self->renegotiation, self->webrtc);
  if (update != NULL)
    publish_again (self, update);
  if (is_checked_first (self))
    rw_remote_candidates_release_later (self->remote_candidates);
  else
    rw_remote_candidates_release (self->remote_candidates);
}

/* --- Our description ----------------------------------------------------- */

static void
on_local_set (gpointer data, GstPromise *promise)
{
  RwNegotiator *self = data;

  if (!take_reply (self, promise, "set its local description"))
    return;
  self->n_set++;
  settle (self);
}

/* Emits the description before webrtcbin gathers its candidates. */
static void
publish (RwNegotiator *self, RwSdpType type,
         GstWebRTCSessionDescription *description, const RwRtpFormat *format,
         guint audio_mline)
{
  const GstCaps *caps =
      self->we_send || self->remote == NULL ? self->caps : self->remote->caps;
  g_autofree char *text = rw_local_sdp_finish (
      description->sdp, type == RW_SDP_TYPE_ANSWER ? self->remote : NULL,
      audio_mline, format, caps, &self->terms);

  self->has_local = TRUE;
  rw_renegotiation_set_local (self->renegotiation, text);
  request (self, "set-local-description", description, on_local_set);
  GST_LOG_OBJECT (self->owner, "local description:\n%s", text);
  self->funcs.described (self->user_data, type, text);
}

static void
on_offer_made (gpointer data, GstPromise *promise)
{
  RwNegotiator *self = data;
  const RwRtpFormat offered = {RW_OFFERED_PAYLOAD_TYPE, RW_FRAME_EXTENSION_ID,
                               RW_CAPTURE_EXTENSION_ID, self->takes_rtcp};
  g_autoptr (GstWebRTCSessionDescription) description =
      take_description (self, promise, "offer", 0);

  if (description == NULL)
    return;

  gst_sdp_message_copy (description->sdp, &self->local_offer);
  publish (self, RW_SDP_TYPE_OFFER, description, &offered, 0);
}

static void
on_answer_made (gpointer data, GstPromise *promise)
{
  RwNegotiator *self = data;
  const RwRemoteSdp *remote = self->remote;
  g_autoptr (GstWebRTCSessionDescription) description =
      take_description (self, promise, "answer", remote->audio_mline);

  if (description != NULL)
    publish (self, RW_SDP_TYPE_ANSWER, description, &remote->format,
             remote->audio_mline);
}

/* --- The other peer's ---------------------------------------------------- */

static void
use_candidate (guint mline, const char *candidate, gpointer data)
{
  RwNegotiator *self = data;
  guint transport = rw_remote_sdp_get_transport (self->remote, mline);

  /* Good on one link alone, and there the other peer's check comes through. */
  if (is_checked_first (self) && rw_candidate_is_link_local (candidate))
    return;
  if (transport < gst_sdp_message_medias_len (self->remote->message))
    g_signal_emit_by_name (self->webrtc, "add-ice-candidate", transport,
                           candidate);
}

static void
on_remote_set (gpointer data, GstPromise *promise)
{
  RwNegotiator *self = data;

  if (!take_reply (self, promise, "set the remote description"))
    return;

  if (!self->has_offered)
    request (self, "create-answer", NULL, on_answer_made);
  self->n_set++;
  settle (self);
}

/* Media flows, or will: what cannot be followed does not end that. */
static void
take_further (RwNegotiator *self, RwSdpType type, const char *sdp)
{
  if (type == RW_SDP_TYPE_OFFER)
    rw_renegotiation_take_offer (self->renegotiation, sdp);
  settle (self);
}

void
rw_negotiator_set_remote (RwNegotiator *self, RwSdpType type, const char *sdp)
{
  GError *error = NULL;

  if (self->is_stopped)
    return;
  GST_LOG_OBJECT (self->owner, "remote description:\n%s", sdp);
  if (self->remote != NULL) {
    take_further (self, type, sdp);
    return;
  }
  /* Another session may do better: the peer can be played, it is only hasty. */
  if (type == RW_SDP_TYPE_OFFER ? self->has_offered
                                : self->local_offer == NULL) {
    fail (self, g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_INTERNAL,
                             "The remote peer sent an unexpected %s before the "
                             "session was negotiated",
                             type == RW_SDP_TYPE_OFFER ? "offer" : "answer"));
    return;
  }

  self->remote = rw_remote_sdp_parse (sdp, self->local_offer, self->we_send,
                                      !self->terms.mono, &error);
  if (self->remote == NULL) {
    fail (self, error);
    return;
  }

  if (!self->takes_rtcp)
    self->remote->format.rtcp_messages = FALSE;
  rw_renegotiation_set_remote (self->renegotiation, self->remote,
                               self->has_offered);
  self->funcs.understood (self->user_data, type, self->remote);
  rw_webrtc_requests_set_remote (self->requests, self->webrtc, type,
                                 self->remote->message, on_remote_set);
}

void
rw_negotiator_add_candidate (RwNegotiator *self, guint mline,
                             const char *candidate)
{
  /* "No more" is not passed on: it would let ICE give up early, in an outage
   * that it could sit out. */
  if (candidate[0] == '\0' || self->is_stopped)
    return;
  if (!rw_remote_candidates_add (self->remote_candidates, mline, candidate))
    GST_INFO_OBJECT (self->owner, "ignored a bad or superfluous candidate");
}

static void
on_local_candidate (gpointer data, guint mline, const char *candidate)
{
  RwNegotiator *self = data;

  if (!self->is_stopped)
    self->funcs.candidate (self->user_data, mline, candidate);
}

static void
on_gathered (gpointer data)
{
  on_local_candidate (data, 0, "");
  check_idle (data);
}

RwNegotiator *
rw_negotiator_new (GObject *owner, const RwWebrtcPeerConfig *config,
                   const RwNegotiatorFuncs *funcs, gpointer user_data)
{
  static gsize has_category = 0;
  RwNegotiator *self = g_new0 (RwNegotiator, 1);

  if (g_once_init_enter (&has_category)) {
    GST_DEBUG_CATEGORY_INIT (rw_negotiator_debug, "resilientwebrtcnegotiator",
                             0, "Offer, answer and candidates of a session");
    g_once_init_leave (&has_category, 1);
  }

  self->owner = owner;
  self->funcs = *funcs;
  self->user_data = user_data;
  self->we_send = config->role == RW_WEBRTC_PEER_PRODUCER;
  self->takes_rtcp = config->takes_rtcp && (self->we_send || !config->offers);
  self->terms = config->terms;
  if (config->caps != NULL)
    self->caps = gst_caps_ref (config->caps);
  self->renegotiation = rw_renegotiation_new (self->we_send);
  self->requests =
      rw_webrtc_requests_new (owner, config->loop, check_idle, self);
  self->local_candidates = rw_local_candidates_new (
      owner, config->loop, on_local_candidate, on_gathered, self);
  if (config->binding)
    rw_local_candidates_set_announced (self->local_candidates,
                                       config->binding->announced);
  self->remote_candidates =
      rw_remote_candidates_new (config->loop, use_candidate, self);
  return self;
}

void
rw_negotiator_free (RwNegotiator *self)
{
  g_assert (self->webrtc == NULL);
  g_clear_pointer (&self->local_offer, gst_sdp_message_free);
  rw_renegotiation_free (self->renegotiation);
  g_clear_pointer (&self->remote, rw_remote_sdp_free);
  rw_webrtc_requests_free (self->requests);
  rw_local_candidates_free (self->local_candidates);
  rw_remote_candidates_free (self->remote_candidates);
  gst_clear_caps (&self->caps);
  g_free (self);
}

void
rw_negotiator_attach (RwNegotiator *self, GstElement *webrtc)
{
  self->webrtc = webrtc;
  rw_local_candidates_attach (self->local_candidates, webrtc);
}

void
rw_negotiator_offer (RwNegotiator *self)
{
  self->has_offered = TRUE;
  request (self, "create-offer", NULL, on_offer_made);
}

const RwRemoteSdp *
rw_negotiator_get_remote (RwNegotiator *self)
{
  return self->remote;
}

gboolean
rw_negotiator_takes_rtcp (RwNegotiator *self)
{
  return self->takes_rtcp;
}

void
rw_negotiator_stop (RwNegotiator *self)
{
  self->is_stopped = TRUE;
  rw_remote_candidates_stop (self->remote_candidates);
}

void
rw_negotiator_detach (RwNegotiator *self)
{
  rw_negotiator_stop (self);
  if (self->webrtc != NULL)
    rw_local_candidates_detach (self->local_candidates, self->webrtc);
  self->webrtc = NULL;
}

gboolean
rw_negotiator_is_requesting (RwNegotiator *self)
{
  return rw_webrtc_requests_is_waiting (self->requests);
}

gboolean
rw_negotiator_is_idle (RwNegotiator *self)
{
  return !rw_negotiator_is_requesting (self) &&
         (!self->has_local ||
          rw_local_candidates_are_gathered (self->local_candidates));
}
