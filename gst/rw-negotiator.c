/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-negotiator.h"

#include "rw-frame-extension.h"
#include "rw-peer.h"
#include "rw-post.h"

/* One offer and one answer. Each step is asked of webrtcbin with a promise,
 * whose answer comes back to the control thread as a post. */

GST_DEBUG_CATEGORY_STATIC (rw_negotiator_debug);
#define GST_CAT_DEFAULT rw_negotiator_debug

#define MAX_CANDIDATES 256

/* libnice nominates a pair that leads through a NAT only when no other is left
 * to be tried, and one that leads nowhere is tried for 0.75 s. Whoever answers
 * us checks our candidates at once, and a check that comes through tells us all
 * that we need to know; so its own candidates are used only if none has come
 * through by then. */
#define HOLD_MS 100

typedef struct {
  guint mline;
  char *text;
} Candidate;

struct _RwNegotiator {
  GObject *owner;
  RwLoop *loop;
  RwNegotiatorFuncs funcs;
  gboolean we_send;
  GstCaps *caps;
  GstElement *webrtc;
  gboolean is_stopped;

  gboolean has_offered;
  GstSDPMessage *local_offer;
  RwRemoteSdp *remote;
  gboolean remote_is_set;
  gboolean has_local;
  gboolean has_gathered;
  guint n_promises;
  GPtrArray *candidates; /* held until they may be used */
  guint n_candidates;
  GSource *hold; /* while it runs they may not, though remote_is_set */
  void (*stats_func) (GObject *owner, const GstStructure *reply);
};

/* Takes @error. After it nothing else is begun. */
static void
fail (RwNegotiator *self, GError *error)
{
  self->is_stopped = TRUE;
  self->funcs.failed (self->owner, error);
}

static void
check_settled (RwNegotiator *self)
{
  if (rw_negotiator_is_settled (self))
    self->funcs.settled (self->owner);
}

/* --- Asking webrtcbin ---------------------------------------------------- */

typedef void (*ReplyFunc) (RwNegotiator *self, GstPromise *promise);

typedef struct {
  RwNegotiator *negotiator;
  GObject *owner;
  ReplyFunc func;
  GstPromise *promise;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  if (question->promise != NULL)
    gst_promise_unref (question->promise);
  g_object_unref (question->owner);
  g_free (question);
}

static void
handle_reply (gpointer data, gpointer reply)
{
  RwNegotiator *self = data;
  Question *question = reply;

  self->n_promises--;
  question->func (self, question->promise);
  check_settled (self);
}

static void
on_promise_changed (GstPromise *promise, gpointer data)
{
  Question *question = data;
  Question *answered = g_new0 (Question, 1);

  *answered = *question;
  answered->owner = g_object_ref (question->owner);
  answered->promise = gst_promise_ref (promise);
  rw_post (question->negotiator->loop, question->owner, handle_reply,
           question->negotiator, answered, question_free);
}

/* Has webrtcbin's action signal @what done with @argument, and @func called on
 * the control thread with its answer. */
static void
ask (RwNegotiator *self, const char *what, gpointer argument, ReplyFunc func)
{
  Question *question = g_new0 (Question, 1);
  GstPromise *promise = gst_promise_new_with_change_func (
      on_promise_changed, question, question_free);

  question->negotiator = self;
  question->owner = g_object_ref (self->owner);
  question->func = func;
  self->n_promises++;
  g_signal_emit_by_name (self->webrtc, what, argument, promise);
  gst_promise_unref (promise);
}

/* Whether what was asked for has been done and is still wanted; a refusal ends
 * the negotiation. */
static gboolean
take_reply (RwNegotiator *self, GstPromise *promise, const char *tried)
{
  const GstStructure *reply = NULL;
  g_autoptr (GError) error = NULL;

  if (self->is_stopped)
    return FALSE;
  if (gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED)
    reply = gst_promise_get_reply (promise);
  if (reply == NULL || !gst_structure_has_field (reply, "error"))
    return TRUE;

  gst_structure_get (reply, "error", G_TYPE_ERROR, &error, NULL);
  fail (self, g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_SDP,
                           "WebRTC could not %s: %s", tried, error->message));
  return FALSE;
}

/* A description in a reply; NULL, and the end, if it lacks our audio. */
static GstWebRTCSessionDescription *
take_description (RwNegotiator *self, GstPromise *promise, const char *field,
                  guint audio_mline)
{
  const GstStructure *reply = gst_promise_get_reply (promise);
  GstWebRTCSessionDescription *description = NULL;

  if (reply != NULL)
    gst_structure_get (reply, field, GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                       &description, NULL);
  if (description != NULL &&
      gst_sdp_message_medias_len (description->sdp) > audio_mline)
    return description;

  g_clear_pointer (&description, gst_webrtc_session_description_free);
  fail (self, g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_INTERNAL,
                           "WebRTC made an empty %s", field));
  return NULL;
}

/* --- Our description ----------------------------------------------------- */

static void
on_local_set (RwNegotiator *self, GstPromise *promise)
{
  take_reply (self, promise, "use its own description");
}

/* Sends the description on its way before webrtcbin gathers the candidates
 * that belong to it. */
static void
publish (RwNegotiator *self, RwSdpType type,
         GstWebRTCSessionDescription *description, const RwRtpFormat *format,
         guint audio_mline)
{
  const GstCaps *caps =
      self->we_send || self->remote == NULL ? self->caps : self->remote->caps;
  g_autofree char *text =
      rw_local_sdp_finish (description->sdp, audio_mline, format, caps);

  self->has_local = TRUE;
  ask (self, "set-local-description", description, on_local_set);
  GST_LOG_OBJECT (self->owner, "local description:\n%s", text);
  self->funcs.described (self->owner, type, text);
}

static void
on_offer_made (RwNegotiator *self, GstPromise *promise)
{
  static const RwRtpFormat offered = {
      RW_OFFERED_PAYLOAD_TYPE, RW_FRAME_EXTENSION_ID, RW_CAPTURE_EXTENSION_ID};
  g_autoptr (GstWebRTCSessionDescription) description = NULL;

  if (!take_reply (self, promise, "make an offer"))
    return;
  description = take_description (self, promise, "offer", 0);
  if (description == NULL)
    return;

  gst_sdp_message_copy (description->sdp, &self->local_offer);
  publish (self, RW_SDP_TYPE_OFFER, description, &offered, 0);
}

static void
on_answer_made (RwNegotiator *self, GstPromise *promise)
{
  const RwRemoteSdp *remote = self->remote;
  g_autoptr (GstWebRTCSessionDescription) description = NULL;

  if (!take_reply (self, promise, "make an answer"))
    return;
  description = take_description (self, promise, "answer", remote->audio_mline);
  if (description != NULL)
    publish (self, RW_SDP_TYPE_ANSWER, description, &remote->format,
             remote->audio_mline);
}

/* --- The other peer's ---------------------------------------------------- */

/* An ordinary peer may wait for our checks as we would for its. */
static gboolean
is_checked_first (RwNegotiator *self)
{
  return self->has_offered && self->remote->format.frame_id != 0;
}

static void
add_candidate (RwNegotiator *self, const Candidate *candidate)
{
  guint mline = rw_remote_sdp_get_transport (self->remote, candidate->mline);

  /* Good on one link alone, and there the other peer's check comes through. */
  if (is_checked_first (self) && rw_candidate_is_link_local (candidate->text))
    return;
  if (mline < gst_sdp_message_medias_len (self->remote->message))
    g_signal_emit_by_name (self->webrtc, "add-ice-candidate", mline,
                           candidate->text);
}

static void
stop_hold (RwNegotiator *self)
{
  if (self->hold != NULL)
    g_source_destroy (self->hold);
  g_clear_pointer (&self->hold, g_source_unref);
}

static void
release_candidates (RwNegotiator *self)
{
  guint i;

  stop_hold (self);
  for (i = 0; i < self->candidates->len; i++)
    add_candidate (self, g_ptr_array_index (self->candidates, i));
  g_ptr_array_set_size (self->candidates, 0);
}

static gboolean
on_hold_over (gpointer data)
{
  release_candidates (data);
  return G_SOURCE_REMOVE;
}

static void
start_hold (RwNegotiator *self)
{
  self->hold = g_timeout_source_new (HOLD_MS);
  g_source_set_callback (self->hold, on_hold_over, self, NULL);
  g_source_set_static_name (self->hold, "rw-negotiator");
  g_source_attach (self->hold, rw_loop_get_context (self->loop));
}

static void
on_remote_set (RwNegotiator *self, GstPromise *promise)
{
  if (!take_reply (self, promise, "use the other peer's description"))
    return;

  if (!self->has_offered)
    ask (self, "create-answer", NULL, on_answer_made);
  self->remote_is_set = TRUE;
  if (is_checked_first (self))
    start_hold (self);
  else
    release_candidates (self);
}

static gboolean
is_expected (RwNegotiator *self, RwSdpType type)
{
  if (self->remote != NULL)
    return FALSE;
  if (type == RW_SDP_TYPE_ANSWER)
    return self->local_offer != NULL;
  return !self->has_offered;
}

void
rw_negotiator_set_remote (RwNegotiator *self, RwSdpType type, const char *sdp)
{
  GstWebRTCSDPType webrtc_type = type == RW_SDP_TYPE_OFFER
                                     ? GST_WEBRTC_SDP_TYPE_OFFER
                                     : GST_WEBRTC_SDP_TYPE_ANSWER;
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  GstSDPMessage *message = NULL;
  GError *error = NULL;

  if (self->is_stopped)
    return;
  GST_LOG_OBJECT (self->owner, "remote description:\n%s", sdp);
  if (!is_expected (self, type)) {
    fail (self, g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_SDP,
                             "The other peer sent an %s when none was "
                             "expected; a session is negotiated once",
                             type == RW_SDP_TYPE_OFFER ? "offer" : "answer"));
    return;
  }

  self->remote =
      rw_remote_sdp_parse (sdp, self->local_offer, self->we_send, &error);
  if (self->remote == NULL) {
    fail (self, error);
    return;
  }

  self->funcs.understood (self->owner, type, self->remote);
  gst_sdp_message_copy (self->remote->message, &message);
  description = gst_webrtc_session_description_new (webrtc_type, message);
  ask (self, "set-remote-description", description, on_remote_set);
}

static void
candidate_free (gpointer data)
{
  Candidate *candidate = data;

  g_free (candidate->text);
  g_free (candidate);
}

static Candidate *
candidate_new (guint mline, char *text)
{
  Candidate *candidate = g_new0 (Candidate, 1);

  candidate->mline = mline;
  candidate->text = text;
  return candidate;
}

void
rw_negotiator_add_candidate (RwNegotiator *self, guint mline,
                             const char *candidate)
{
  Candidate *checked;
  char *text;

  /* "No more" is not passed on: it would let ICE give up early, in an outage
   * that it could sit out. */
  if (candidate[0] == '\0' || self->is_stopped)
    return;
  text = rw_candidate_check (candidate);
  if (text == NULL || self->n_candidates >= MAX_CANDIDATES) {
    GST_INFO_OBJECT (self->owner, "ignored a bad or superfluous candidate");
    g_free (text);
    return;
  }

  self->n_candidates++;
  checked = candidate_new (mline, text);
  if (self->remote_is_set && self->hold == NULL) {
    add_candidate (self, checked);
    candidate_free (checked);
  } else {
    g_ptr_array_add (self->candidates, checked);
  }
}

/* --- Our candidates ------------------------------------------------------ */

static void
handle_candidate (gpointer data, gpointer candidate)
{
  RwNegotiator *self = data;
  Candidate *ours = candidate;

  if (!self->is_stopped)
    self->funcs.candidate (self->owner, ours->mline, ours->text);
}

static void
on_ice_candidate (GstElement *webrtc, guint mline, const char *candidate,
                  RwNegotiator *self)
{
  if (candidate != NULL && candidate[0] != '\0')
    rw_post (self->loop, self->owner, handle_candidate, self,
             candidate_new (mline, g_strdup (candidate)), candidate_free);
}

static void
handle_gathered (gpointer data, gpointer unused)
{
  RwNegotiator *self = data;

  self->has_gathered = TRUE;
  if (!self->is_stopped)
    self->funcs.candidate (self->owner, 0, "");
  check_settled (self);
}

static void
on_gathering_state (GstElement *webrtc, GParamSpec *pspec, RwNegotiator *self)
{
  GstWebRTCICEGatheringState state;

  g_object_get (webrtc, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    rw_post (self->loop, self->owner, handle_gathered, self, NULL, NULL);
}

/* --- Public -------------------------------------------------------------- */

RwNegotiator *
rw_negotiator_new (GObject *owner, RwLoop *loop, const RwNegotiatorFuncs *funcs,
                   gboolean we_send, GstCaps *caps)
{
  static gsize has_category = 0;
  RwNegotiator *self = g_new0 (RwNegotiator, 1);

  if (g_once_init_enter (&has_category)) {
    GST_DEBUG_CATEGORY_INIT (rw_negotiator_debug, "resilientwebrtcnegotiator",
                             0, "Offer, answer and candidates of a session");
    g_once_init_leave (&has_category, 1);
  }

  self->owner = owner;
  self->loop = loop;
  self->funcs = *funcs;
  self->we_send = we_send;
  if (caps != NULL)
    self->caps = gst_caps_ref (caps);
  self->candidates = g_ptr_array_new_with_free_func (candidate_free);
  return self;
}

void
rw_negotiator_free (RwNegotiator *self)
{
  g_assert (self->webrtc == NULL && self->hold == NULL);

  g_clear_pointer (&self->local_offer, gst_sdp_message_free);
  g_clear_pointer (&self->remote, rw_remote_sdp_free);
  g_ptr_array_unref (self->candidates);
  gst_clear_caps (&self->caps);
  g_free (self);
}

void
rw_negotiator_attach (RwNegotiator *self, GstElement *webrtc)
{
  self->webrtc = webrtc;
  g_signal_connect (webrtc, "on-ice-candidate", G_CALLBACK (on_ice_candidate),
                    self);
  g_signal_connect (webrtc, "notify::ice-gathering-state",
                    G_CALLBACK (on_gathering_state), self);
}

void
rw_negotiator_offer (RwNegotiator *self)
{
  self->has_offered = TRUE;
  ask (self, "create-offer", NULL, on_offer_made);
}

const RwRemoteSdp *
rw_negotiator_get_remote (RwNegotiator *self)
{
  return self->remote;
}

void
rw_negotiator_stop (RwNegotiator *self)
{
  self->is_stopped = TRUE;
  stop_hold (self);
}

void
rw_negotiator_detach (RwNegotiator *self)
{
  rw_negotiator_stop (self);
  if (self->webrtc != NULL)
    g_signal_handlers_disconnect_by_data (self->webrtc, self);
  self->webrtc = NULL;
}

gboolean
rw_negotiator_is_asking (RwNegotiator *self)
{
  return self->n_promises > 0;
}

gboolean
rw_negotiator_is_settled (RwNegotiator *self)
{
  return self->n_promises == 0 && (!self->has_local || self->has_gathered);
}

static void
on_stats (RwNegotiator *self, GstPromise *promise)
{
  if (!self->is_stopped)
    self->stats_func (self->owner,
                      gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED
                          ? gst_promise_get_reply (promise)
                          : NULL);
}

void
rw_negotiator_ask_stats (RwNegotiator *self,
                         void (*func) (GObject *owner,
                                       const GstStructure *reply))
{
  if (self->is_stopped || self->webrtc == NULL)
    return;
  self->stats_func = func;
  ask (self, "get-stats", NULL, on_stats);
}
