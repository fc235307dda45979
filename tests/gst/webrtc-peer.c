/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-process.h"
#include "rw-webrtc-peer.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Two sessions in one process, their signalling wired by direct calls on one
 * control thread, the media over real sockets. */

#define DEADLINE_US (30 * G_TIME_SPAN_SECOND)
#define N_FRAMES    200

typedef struct _Side Side;

struct _Side {
  RwWebrtcPeer *peer;
  Side *other;
  GPtrArray *candidates; /* of line 0, for a pair that is tied late */

  /* Everything below is guarded by the lock. */
  gboolean described;
  gboolean connected;
  gboolean open;
  gboolean channel_closed;
  gboolean closed;
  gint64 connected_us;
  gint64 open_us;
  gint64 channel_closed_us;
  GError *error;
  char *description;
  GPtrArray *messages;
  GArray *frames;
  GPtrArray *payloads;
  guint n_buffers;
  guint n_gaps;
  GstClockTime last_pts;
};

static RwLoop *loop;
static GMutex lock;
static GCond changed;

/* --- Waiting ------------------------------------------------------------- */

static void
set_flag (gboolean *flag, gint64 *time_us)
{
  g_mutex_lock (&lock);
  *flag = TRUE;
  if (time_us != NULL)
    *time_us = g_get_monotonic_time ();
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

/* Waits, with the deadline of a hung machine, until @condition holds. */
#define wait_until(condition)                                                  \
  G_STMT_START                                                                 \
  {                                                                            \
    gint64 wait_deadline_us = g_get_monotonic_time () + DEADLINE_US;           \
    g_mutex_lock (&lock);                                                      \
    while (!(condition)) {                                                     \
      if (!g_cond_wait_until (&changed, &lock, wait_deadline_us))              \
        g_error ("timed out waiting until " #condition);                       \
    }                                                                          \
    g_mutex_unlock (&lock);                                                    \
  }                                                                            \
  G_STMT_END

/* The pace of what is pushed meanwhile. */
static void
wait_for_change (gint64 most_us)
{
  g_mutex_lock (&lock);
  g_cond_wait_until (&changed, &lock, g_get_monotonic_time () + most_us);
  g_mutex_unlock (&lock);
}

/* --- One side ------------------------------------------------------------ */

static void
on_frame (const RwFrame *frame, gint64 arrival_us, gpointer user_data)
{
  Side *side = user_data;

  g_assert_cmpint (arrival_us, <=, g_get_monotonic_time ());
  g_mutex_lock (&lock);
  g_array_append_val (side->frames, *frame);
  g_ptr_array_add (side->payloads, g_bytes_new (frame->data, frame->size));
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

static void
on_buffer (GstBuffer *buffer, gpointer user_data)
{
  Side *side = user_data;

  g_mutex_lock (&lock);
  side->n_buffers++;
  side->last_pts = GST_BUFFER_PTS (buffer);
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
  gst_buffer_unref (buffer);
}

static void
on_gap (GstClockTime pts, GstClockTime duration, gpointer user_data)
{
  Side *side = user_data;

  g_mutex_lock (&lock);
  side->n_gaps++;
  g_mutex_unlock (&lock);
}

static const RwWebrtcPeerFuncs funcs = {on_frame, on_buffer, on_gap};

static void
on_local_description (RwPeer *peer, guint type, const char *sdp, Side *side)
{
  g_assert_true (rw_loop_is_owner (loop));
  g_mutex_lock (&lock);
  g_free (side->description);
  side->description = g_strdup (sdp);
  g_mutex_unlock (&lock);
  set_flag (&side->described, NULL);
  if (side->other != NULL && side->other->peer != NULL)
    rw_peer_set_remote_description (RW_PEER (side->other->peer), type, sdp);
}

static void
on_local_candidate (RwPeer *peer, guint mline, const char *candidate,
                    Side *side)
{
  g_ptr_array_add (side->candidates, g_strdup (candidate));
  if (side->other != NULL && side->other->peer != NULL)
    rw_peer_add_remote_candidate (RW_PEER (side->other->peer), mline,
                                  candidate);
}

static void
tie (gpointer data)
{
  Side **sides = data;
  guint i, j;

  for (i = 0; i < 2; i++) {
    sides[i]->other = sides[1 - i];
    for (j = 0; j < sides[i]->candidates->len; j++)
      rw_peer_add_remote_candidate (RW_PEER (sides[1 - i]->peer), 0,
                                    sides[i]->candidates->pdata[j]);
  }
}

static void
on_connected (RwPeer *peer, Side *side)
{
  g_assert_false (side->connected);
  set_flag (&side->connected, &side->connected_us);
}

static void
on_open (RwPeer *peer, Side *side)
{
  g_assert_false (side->open);
  set_flag (&side->open, &side->open_us);
}

static void
on_message (RwPeer *peer, GBytes *message, Side *side)
{
  g_assert_true (side->open);
  g_mutex_lock (&lock);
  g_ptr_array_add (side->messages, g_bytes_ref (message));
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

static void
on_channel_closed (RwPeer *peer, Side *side)
{
  set_flag (&side->channel_closed, &side->channel_closed_us);
}

static void
on_failed (RwPeer *peer, GError *error, Side *side)
{
  g_assert_null (side->error);
  g_mutex_lock (&lock);
  side->error = g_error_copy (error);
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

static void
on_closed (RwPeer *peer, Side *side)
{
  g_assert_false (side->closed);
  set_flag (&side->closed, NULL);
}

static RwWebrtcPeerConfig
default_config (RwWebrtcPeerRole role)
{
  RwWebrtcPeerConfig config = {.role = role,
                               .loop = loop,
                               .generation = 7,
                               .latency_ms = 60,
                               .funcs = &funcs};

  return config;
}

static Side *
side_new_full (RwWebrtcPeerConfig *config)
{
  Side *side = g_new0 (Side, 1);

  config->user_data = side;
  side->peer = rw_webrtc_peer_new (config);
  side->candidates = g_ptr_array_new_with_free_func (g_free);
  side->messages =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  side->payloads =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  side->frames = g_array_new (FALSE, FALSE, sizeof (RwFrame));
#define CONNECT(signal, handler)                                               \
  g_signal_connect (side->peer, signal, G_CALLBACK (handler), side)
  CONNECT ("local-description", on_local_description);
  CONNECT ("local-candidate", on_local_candidate);
  CONNECT ("transport-connected", on_connected);
  CONNECT ("channel-open", on_open);
  CONNECT ("channel-message", on_message);
  CONNECT ("channel-closed", on_channel_closed);
  CONNECT ("failed", on_failed);
  CONNECT ("closed", on_closed);
#undef CONNECT
  return side;
}

static Side *
side_new (RwWebrtcPeerRole role)
{
  RwWebrtcPeerConfig config = default_config (role);

  return side_new_full (&config);
}

static void
drop_peer (gpointer data)
{
  Side *side = data;

  if (side->other != NULL)
    side->other->other = NULL;
  g_signal_handlers_disconnect_by_data (side->peer, side);
  g_clear_object (&side->peer);
}

static void
on_peer_gone (gpointer data, GObject *peer)
{
  gboolean *is_gone = data;

  set_flag (is_gone, NULL);
}

/* Nothing keeps a closed peer alive. */
static void
side_free (Side *side)
{
  gboolean is_gone = FALSE;

  g_object_weak_ref (G_OBJECT (side->peer), on_peer_gone, &is_gone);
  rw_loop_call (loop, drop_peer, side);
  wait_until (is_gone);
  g_clear_error (&side->error);
  g_ptr_array_unref (side->candidates);
  g_ptr_array_unref (side->messages);
  g_ptr_array_unref (side->payloads);
  g_array_unref (side->frames);
  g_free (side->description);
  g_free (side);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Side, side_free)

static void
do_start (gpointer data)
{
  rw_peer_start (RW_PEER (((Side *) data)->peer));
}

static void
do_close (gpointer data)
{
  rw_peer_close (RW_PEER (((Side *) data)->peer), FALSE);
}

static void
do_close_gracefully (gpointer data)
{
  rw_peer_close (RW_PEER (((Side *) data)->peer), TRUE);
}

static void
start (Side *side)
{
  rw_loop_call (loop, do_start, side);
}

static void
close_now (Side *side)
{
  rw_loop_call (loop, do_close, side);
  wait_until (side->closed);
}

typedef struct {
  Side *side;
  RwSdpType type;
  guint mline;
  const char *text;
  GBytes *message;
  gboolean sent;
} Call;

static void
do_set_remote (gpointer data)
{
  Call *call = data;

  rw_peer_set_remote_description (RW_PEER (call->side->peer), call->type,
                                  call->text);
}

static void
set_remote (Side *side, RwSdpType type, const char *sdp)
{
  Call call = {.side = side, .type = type, .text = sdp};

  rw_loop_call (loop, do_set_remote, &call);
}

static void
do_add_candidate (gpointer data)
{
  Call *call = data;

  rw_peer_add_remote_candidate (RW_PEER (call->side->peer), call->mline,
                                call->text);
}

static void
add_candidate (Side *side, guint mline, const char *candidate)
{
  Call call = {.side = side, .mline = mline, .text = candidate};

  rw_loop_call (loop, do_add_candidate, &call);
}

static void
do_send (gpointer data)
{
  Call *call = data;

  call->sent = rw_peer_send (RW_PEER (call->side->peer), call->message);
}

static gboolean
send_text (Side *side, const char *text)
{
  Call call = {.side = side, .message = g_bytes_new (text, strlen (text))};

  rw_loop_call (loop, do_send, &call);
  g_bytes_unref (call.message);
  return call.sent;
}

static void
make_pair (Side **producer, Side **consumer)
{
  *producer = side_new (RW_WEBRTC_PEER_PRODUCER);
  *consumer = side_new (RW_WEBRTC_PEER_CONSUMER);
  (*producer)->other = *consumer;
  (*consumer)->other = *producer;
  start (*consumer);
  start (*producer);
}

static RwFrame
make_frame (guint64 index, guint8 *data)
{
  /* A TOC byte of 20 ms SILK, and bytes to recognise. */
  data[0] = 0x48;
  memcpy (data + 1, &index, sizeof index);
  return (RwFrame){.index = index,
                   .running_time_ns = index * 20 * GST_MSECOND,
                   .capture_time_ns =
                       1700000000000000000 + (gint64) index * 20000001,
                   .duration = 960,
                   .format = (guint8) (index % 3),
                   .flags = index % 50 == 0 ? RW_FRAME_FLAG_DISCONT : 0,
                   .size = 1 + sizeof index,
                   .data = data};
}

static void
push (Side *side, guint64 index)
{
  guint8 data[16];
  RwFrame frame = make_frame (index, data);

  g_assert_true (rw_webrtc_peer_push_frame (side->peer, &frame));
}

/* --- Tests --------------------------------------------------------------- */

static void
test_frames_arrive (void)
{
  g_autoptr (Side) producer = NULL;
  g_autoptr (Side) consumer = NULL;
  guint64 i;

  make_pair (&producer, &consumer);
  wait_until (producer->connected && consumer->connected);
  g_assert_true (rw_webrtc_peer_is_resilient (producer->peer));
  g_assert_true (rw_webrtc_peer_is_resilient (consumer->peer));

  for (i = 0; i < N_FRAMES; i++) {
    push (producer, i);
    wait_until (consumer->frames->len > i);
  }

  for (i = 0; i < N_FRAMES; i++) {
    guint8 data[16];
    RwFrame expected = make_frame (i, data);
    RwFrame *got = &g_array_index (consumer->frames, RwFrame, i);
    gsize size;
    const guint8 *payload =
        g_bytes_get_data (g_ptr_array_index (consumer->payloads, i), &size);

    g_assert_cmpuint (got->index, ==, expected.index);
    g_assert_cmpuint (got->running_time_ns, ==, expected.running_time_ns);
    g_assert_cmpint (got->capture_time_ns, ==, expected.capture_time_ns);
    g_assert_cmpuint (got->duration, ==, expected.duration);
    g_assert_cmpuint (got->format, ==, expected.format);
    g_assert_cmpuint (got->flags, ==, expected.flags);
    g_assert_cmpmem (payload, size, data, expected.size);
  }
  g_assert_cmpint (rw_webrtc_peer_get_last_arrival (consumer->peer), >, 0);
  g_assert_cmpuint (consumer->n_buffers, ==, 0);
  close_now (producer);
  close_now (consumer);
}

static void
check_message (Side *side, const char *text)
{
  gsize size;
  const void *data =
      g_bytes_get_data (g_ptr_array_index (side->messages, 0), &size);

  g_assert_cmpmem (data, size, text, strlen (text));
}

static void
test_messages_both_ways (void)
{
  g_autoptr (Side) producer = NULL;
  g_autoptr (Side) consumer = NULL;

  make_pair (&producer, &consumer);
  g_assert_false (send_text (producer, "too early"));
  wait_until (producer->open && consumer->open);

  g_assert_true (send_text (producer, "to the consumer"));
  g_assert_true (send_text (consumer, "to the producer"));
  wait_until (producer->messages->len == 1 && consumer->messages->len == 1);
  check_message (consumer, "to the consumer");
  check_message (producer, "to the producer");

  close_now (producer);
  close_now (consumer);
  g_assert_false (send_text (producer, "too late"));
}

static void
test_large_messages_are_bounded (void)
{
  g_autoptr (Side) producer = NULL;
  g_autoptr (Side) consumer = NULL;
  g_autofree char *largest = g_malloc (65536 + 2);

  make_pair (&producer, &consumer);
  wait_until (producer->open && consumer->open);

  memset (largest, 'x', 65537);
  largest[65537] = '\0';
  g_assert_false (send_text (producer, largest));
  largest[65536] = '\0';
  g_assert_true (send_text (producer, largest));
  wait_until (consumer->messages->len == 1);
  g_assert_cmpuint (g_bytes_get_size (consumer->messages->pdata[0]), ==, 65536);

  close_now (producer);
  close_now (consumer);
}

/* What the other peer says by closing is seen at once, and nothing but
 * "closed" comes from the one that closes. */
static void
check_goodbye (gboolean by_producer)
{
  g_autoptr (Side) producer = NULL;
  g_autoptr (Side) consumer = NULL;
  Side *leaving, *staying;
  gint64 start_us;

  make_pair (&producer, &consumer);
  wait_until (producer->open && consumer->open);
  leaving = by_producer ? producer : consumer;
  staying = by_producer ? consumer : producer;

  start_us = g_get_monotonic_time ();
  rw_loop_call (loop, do_close_gracefully, leaving);
  wait_until (staying->channel_closed);
  g_test_message ("goodbye seen after %.1f ms",
                  (staying->channel_closed_us - start_us) / 1000.0);
  /* The time to give up is 200 ms; a goodbye that got there is far quicker. */
  g_assert_cmpint (staying->channel_closed_us - start_us, <, 150000);
  wait_until (leaving->closed);
  g_assert_false (leaving->channel_closed);
  g_assert_no_error (leaving->error);
  close_now (staying);
}

static void
test_goodbye_of_producer (void)
{
  check_goodbye (TRUE);
}

static void
test_goodbye_of_consumer (void)
{
  check_goodbye (FALSE);
}

static void
test_goodbye_is_bounded (void)
{
  g_autoptr (Side) producer = NULL;
  g_autoptr (Side) consumer = NULL;
  gint64 start_us;

  /* The other side is torn down without a word, so nobody answers. */
  make_pair (&producer, &consumer);
  wait_until (producer->open && consumer->open);
  close_now (consumer);

  start_us = g_get_monotonic_time ();
  rw_loop_call (loop, do_close_gracefully, producer);
  wait_until (producer->closed);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 2000000);
}

static void
test_consumer_offers (void)
{
  g_autoptr (Side) producer = side_new (RW_WEBRTC_PEER_PRODUCER);
  RwWebrtcPeerConfig config = default_config (RW_WEBRTC_PEER_CONSUMER);
  g_autoptr (Side) consumer = NULL;
  guint64 i;

  config.offers = TRUE;
  consumer = side_new_full (&config);
  consumer->other = producer;
  producer->other = consumer;

  /* The offer is there before the producer starts, as with signalling. */
  start (consumer);
  wait_until (consumer->described);
  start (producer);
  wait_until (producer->open && consumer->open && producer->connected);
  g_assert_true (rw_webrtc_peer_is_resilient (producer->peer));
  g_assert_true (rw_webrtc_peer_is_resilient (consumer->peer));
  for (i = 0; i < 10; i++) {
    push (producer, i);
    wait_until (consumer->frames->len > i);
  }
  g_assert_true (send_text (producer, "hello"));
  wait_until (consumer->messages->len == 1);
  close_now (producer);
  close_now (consumer);
}

static void
test_newest_early_frame_goes_first (void)
{
  g_autoptr (Side) producer = NULL;
  g_autoptr (Side) consumer = NULL;
  guint64 i;

  make_pair (&producer, &consumer);
  for (i = 0; i < 5; i++)
    push (producer, i);
  wait_until (consumer->frames->len > 0);
  /* They came before the connection, or some may have just made it. */
  g_assert_cmpuint (
      g_array_index (consumer->frames, RwFrame, consumer->frames->len - 1)
          .index,
      ==, 4);
  close_now (producer);
  close_now (consumer);
}

static void
test_close_before_start (void)
{
  g_autoptr (Side) side = side_new (RW_WEBRTC_PEER_PRODUCER);

  close_now (side);
}

/* --- A plain webrtcbin as the other peer --------------------------------- */

typedef struct {
  GstElement *pipeline;
  GstElement *webrtc;
  Side *side;
  gboolean is_done;
  guint n_received;
  gsize last_size;
} Plain;

typedef struct {
  Plain *plain;
  RwSdpType type;
  guint mline;
  char *text;
} PlainEvent;

static void
plain_event_free (gpointer data)
{
  PlainEvent *event = data;

  g_free (event->text);
  g_free (event);
}

static void
carry_description (gpointer data)
{
  PlainEvent *event = data;

  if (event->plain->side->peer != NULL)
    rw_peer_set_remote_description (RW_PEER (event->plain->side->peer),
                                    event->type, event->text);
}

static void
carry_candidate (gpointer data)
{
  PlainEvent *event = data;

  if (event->plain->side->peer != NULL)
    rw_peer_add_remote_candidate (RW_PEER (event->plain->side->peer),
                                  event->mline, event->text);
}

static void
plain_post (Plain *plain, RwLoopFunc func, RwSdpType type, guint mline,
            char *text)
{
  PlainEvent *event = g_new0 (PlainEvent, 1);

  event->plain = plain;
  event->type = type;
  event->mline = mline;
  event->text = text;
  rw_loop_invoke (loop, func, event, plain_event_free);
}

static void
plain_describe (GstPromise *promise, Plain *plain, const char *field,
                RwSdpType type)
{
  GstWebRTCSessionDescription *description = NULL;

  g_assert_cmpint (gst_promise_wait (promise), ==, GST_PROMISE_RESULT_REPLIED);
  gst_structure_get (gst_promise_get_reply (promise), field,
                     GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL);
  g_assert_nonnull (description);
  g_signal_emit_by_name (plain->webrtc, "set-local-description", description,
                         NULL);
  plain_post (plain, carry_description, type, 0,
              gst_sdp_message_as_text (description->sdp));
  gst_webrtc_session_description_free (description);
  gst_promise_unref (promise);
}

static void
on_plain_offer (GstPromise *promise, gpointer user_data)
{
  plain_describe (promise, user_data, "offer", RW_SDP_TYPE_OFFER);
}

static void
on_plain_answer (GstPromise *promise, gpointer user_data)
{
  plain_describe (promise, user_data, "answer", RW_SDP_TYPE_ANSWER);
}

static void
on_plain_negotiation_needed (GstElement *webrtc, Plain *plain)
{
  g_signal_emit_by_name (
      webrtc, "create-offer", NULL,
      gst_promise_new_with_change_func (on_plain_offer, plain, NULL));
}

static void
on_plain_candidate (GstElement *webrtc, guint mline, const char *candidate,
                    Plain *plain)
{
  plain_post (plain, carry_candidate, 0, mline, g_strdup (candidate));
}

static void
on_plain_buffer (GstElement *sink, GstBuffer *buffer, GstPad *pad, Plain *plain)
{
  g_mutex_lock (&lock);
  plain->n_received++;
  plain->last_size = gst_buffer_get_size (buffer);
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

static void
on_plain_pad (GstElement *webrtc, GstPad *pad, Plain *plain)
{
  GstElement *bin;
  GstElement *sink;
  GstPad *sink_pad;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC)
    return;
  bin = gst_parse_bin_from_description (
      "rtpopusdepay ! fakesink name=sink signal-handoffs=true sync=false "
      "async=false",
      TRUE, NULL);
  sink = gst_bin_get_by_name (GST_BIN (bin), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_plain_buffer), plain);
  gst_object_unref (sink);
  gst_bin_add (GST_BIN (plain->pipeline), bin);
  gst_element_sync_state_with_parent (bin);
  sink_pad = gst_element_get_static_pad (bin, "sink");
  g_assert_cmpint (gst_pad_link (pad, sink_pad), ==, GST_PAD_LINK_OK);
  gst_object_unref (sink_pad);
}

static void
plain_set_remote (Plain *plain, GstWebRTCSDPType type, const char *sdp)
{
  GstWebRTCSessionDescription *description;
  GstSDPMessage *message;

  g_assert_cmpint (gst_sdp_message_new_from_text (sdp, &message), ==,
                   GST_SDP_OK);
  description = gst_webrtc_session_description_new (type, message);
  g_signal_emit_by_name (plain->webrtc, "set-remote-description", description,
                         NULL);
  gst_webrtc_session_description_free (description);
}

static void
on_description_for_plain (RwPeer *peer, guint type, const char *sdp,
                          Plain *plain)
{
  if (type == RW_SDP_TYPE_ANSWER) {
    plain_set_remote (plain, GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
    return;
  }
  plain_set_remote (plain, GST_WEBRTC_SDP_TYPE_OFFER, sdp);
  g_signal_emit_by_name (
      plain->webrtc, "create-answer", NULL,
      gst_promise_new_with_change_func (on_plain_answer, plain, NULL));
}

static void
on_candidate_for_plain (RwPeer *peer, guint mline, const char *candidate,
                        Plain *plain)
{
  if (candidate[0] != '\0')
    g_signal_emit_by_name (plain->webrtc, "add-ice-candidate", mline,
                           candidate);
}

static GstBusSyncReply
drop_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static Plain *
plain_new (const char *description, Side *side)
{
  Plain *plain = g_new0 (Plain, 1);
  GstBus *bus;

  plain->side = side;
  plain->pipeline = gst_parse_launch (description, NULL);
  plain->webrtc = gst_bin_get_by_name (GST_BIN (plain->pipeline), "webrtc");
  bus = gst_element_get_bus (plain->pipeline);
  gst_bus_set_sync_handler (bus, drop_message, NULL, NULL);
  gst_object_unref (bus);
  g_signal_connect (plain->webrtc, "on-negotiation-needed",
                    G_CALLBACK (on_plain_negotiation_needed), plain);
  g_signal_connect (plain->webrtc, "on-ice-candidate",
                    G_CALLBACK (on_plain_candidate), plain);
  g_signal_connect (plain->webrtc, "pad-added", G_CALLBACK (on_plain_pad),
                    plain);
  g_signal_connect (side->peer, "local-description",
                    G_CALLBACK (on_description_for_plain), plain);
  g_signal_connect (side->peer, "local-candidate",
                    G_CALLBACK (on_candidate_for_plain), plain);
  return plain;
}

static void
plain_free (Plain *plain)
{
  gst_element_set_state (plain->pipeline, GST_STATE_NULL);
  gst_object_unref (plain->webrtc);
  gst_object_unref (plain->pipeline);
  g_free (plain);
}

static void
do_nothing (gpointer data)
{
}

/* The side must not call into a plain peer that is gone, nor the other way. */
static void
part (Side *side, Plain *plain)
{
  close_now (side);
  g_signal_handlers_disconnect_by_data (side->peer, plain);
  plain_free (plain);
  rw_loop_call (loop, do_nothing, NULL);
}

static void
check_plain_consumer (const char *policy)
{
  g_autoptr (Side) producer = side_new (RW_WEBRTC_PEER_PRODUCER);
  /* The second chain only makes gst_parse_launch() return a pipeline. */
  g_autofree char *description =
      g_strconcat ("webrtcbin name=webrtc bundle-policy=", policy,
                   " fakesrc num-buffers=1 ! fakesink async=false", NULL);
  Plain *plain = plain_new (description, producer);
  guint64 i = 0;

  g_signal_handlers_disconnect_by_func (plain->webrtc,
                                        on_plain_negotiation_needed, plain);
  gst_element_set_state (plain->pipeline, GST_STATE_PLAYING);
  start (producer);
  wait_until (producer->connected || producer->error != NULL);
  g_assert_no_error (producer->error);
  g_assert_false (rw_webrtc_peer_is_resilient (producer->peer));

  /* It has a jitter buffer, so packets come out while others go in. */
  while (g_atomic_int_get (&plain->n_received) < 20 && i < 1000) {
    push (producer, i++);
    wait_for_change (5000);
  }
  wait_until (plain->n_received >= 20);
  g_assert_cmpuint (plain->last_size, ==, 9);
  part (producer, plain);
}

static void
test_plain_consumer (void)
{
  check_plain_consumer ("max-bundle");
}

static void
test_plain_consumer_without_bundle (void)
{
  check_plain_consumer ("none");
}

#define PLAIN_AUDIO                                                            \
  "audiotestsrc is-live=true samplesperbuffer=960 ! "                          \
  "audio/x-raw,rate=48000,channels=%d ! opusenc ! rtpopuspay pt=97 ! "         \
  "application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! webrtc. "
#define PLAIN_VIDEO                                                            \
  "videotestsrc is-live=true ! video/x-raw,width=64,height=64,"                \
  "framerate=5/1 ! jpegenc ! rtpjpegpay pt=98 ! "                              \
  "application/x-rtp,media=video,encoding-name=JPEG,payload=98 ! webrtc. "

static void
check_plain_producer (const char *policy, const char *parts, int channels)
{
  g_autoptr (Side) consumer = side_new (RW_WEBRTC_PEER_CONSUMER);
  g_autofree char *format = g_strconcat (
      "webrtcbin name=webrtc bundle-policy=", policy, " ", parts, NULL);
  g_autofree char *description = NULL;
  g_autoptr (GstCaps) caps = NULL;
  Plain *plain;
  int n = 0;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  description = g_strdup_printf (format, channels);
#pragma GCC diagnostic pop
  plain = plain_new (description, consumer);
  start (consumer);
  gst_element_set_state (plain->pipeline, GST_STATE_PLAYING);
  wait_until (consumer->n_buffers >= 25);

  g_assert_no_error (consumer->error);
  g_assert_false (rw_webrtc_peer_is_resilient (consumer->peer));
  g_assert_cmpuint (consumer->frames->len, ==, 0);
  caps = rw_webrtc_peer_dup_caps (consumer->peer);
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "channels", &n);
  g_assert_cmpint (n, ==, channels);
  /* Running time since the start of the session, and so small. */
  g_assert_cmpuint (consumer->last_pts, >, 0);
  g_assert_cmpuint (consumer->last_pts, <, 60 * GST_SECOND);
  part (consumer, plain);
}

static void
test_plain_producer (void)
{
  check_plain_producer ("max-bundle", PLAIN_AUDIO, 1);
}

static void
test_plain_producer_stereo (void)
{
  check_plain_producer ("max-bundle", PLAIN_AUDIO, 2);
}

static void
test_plain_producer_without_bundle (void)
{
  check_plain_producer ("none", PLAIN_AUDIO, 2);
}

static void
test_plain_producer_with_video (void)
{
  check_plain_producer ("max-bundle", PLAIN_VIDEO PLAIN_AUDIO, 1);
}

static void
test_plain_producer_with_video_unbundled (void)
{
  check_plain_producer ("none", PLAIN_VIDEO PLAIN_AUDIO, 1);
}

/* --- Life cycles --------------------------------------------------------- */

/* Threads end a little after they were told to. */
static void
check_no_growth (guint n_threads, guint n_files)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;

  while (rw_process_count_threads () > n_threads ||
         rw_process_count_files () > n_files) {
    if (g_get_monotonic_time () > deadline_us)
      g_error ("grown to %u threads and %u files from %u and %u",
               rw_process_count_threads (), rw_process_count_files (),
               n_threads, n_files);
    g_usleep (10000);
  }
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a, second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

static void
connect_and_close (gint64 *connect_us, gint64 *open_us, gint64 *close_us)
{
  g_autoptr (Side) producer = NULL;
  g_autoptr (Side) consumer = NULL;
  gint64 start_us = g_get_monotonic_time ();

  make_pair (&producer, &consumer);
  wait_until (producer->connected && consumer->connected && producer->open &&
              consumer->open);
  *connect_us = MAX (producer->connected_us, consumer->connected_us) - start_us;
  *open_us = MAX (producer->open_us, consumer->open_us) - start_us;
  push (producer, 1);
  wait_until (consumer->frames->len > 0);
  start_us = g_get_monotonic_time ();
  close_now (producer);
  close_now (consumer);
  *close_us = (g_get_monotonic_time () - start_us) / 2;
}

static guint
n_cycles (void)
{
  const char *text = g_getenv ("RW_TEST_CYCLES");

  return text != NULL ? (guint) atoi (text) : 100;
}

static void
test_cycles (void)
{
  g_autofree gint64 *connect_us = g_new0 (gint64, n_cycles ());
  g_autofree gint64 *open_us = g_new0 (gint64, n_cycles ());
  g_autofree gint64 *close_us = g_new0 (gint64, n_cycles ());
  guint n_threads, n_files, i, n = n_cycles ();

  /* The first ones make what the process keeps. */
  connect_and_close (connect_us, open_us, close_us);
  connect_and_close (connect_us, open_us, close_us);
  n_threads = rw_process_count_threads ();
  n_files = rw_process_count_files ();

  for (i = 0; i < n; i++)
    connect_and_close (connect_us + i, open_us + i, close_us + i);

  qsort (connect_us, n, sizeof (gint64), compare_times);
  qsort (open_us, n, sizeof (gint64), compare_times);
  qsort (close_us, n, sizeof (gint64), compare_times);
  g_test_message ("connected after %.1f ms (median), %.1f (95%%); data channel "
                  "%.1f, %.1f; closed in %.1f, %.1f",
                  connect_us[n / 2] / 1e3, connect_us[n * 95 / 100] / 1e3,
                  open_us[n / 2] / 1e3, open_us[n * 95 / 100] / 1e3,
                  close_us[n / 2] / 1e3, close_us[n * 95 / 100] / 1e3);
  check_no_growth (n_threads, n_files);
}

static void
close_at_random_moment (GRand *rand)
{
  g_autoptr (Side) producer = NULL;
  g_autoptr (Side) consumer = NULL;
  Side *first;
  guint64 i;

  make_pair (&producer, &consumer);
  for (i = 0; i < 4; i++)
    push (producer, i);
  g_usleep ((gulong) g_rand_int_range (rand, 0, 60000));
  first = g_rand_boolean (rand) ? producer : consumer;
  rw_loop_call (loop, g_rand_boolean (rand) ? do_close : do_close_gracefully,
                first);
  if (g_rand_boolean (rand))
    g_usleep ((gulong) g_rand_int_range (rand, 0, 10000));
  close_now (first == producer ? consumer : producer);
  wait_until (first->closed);
}

static void
test_close_at_random_moments (void)
{
  GRand *rand = g_rand_new_with_seed (g_test_rand_int ());
  guint n_threads, n_files, i;

  close_at_random_moment (rand);
  close_at_random_moment (rand);
  n_threads = rw_process_count_threads ();
  n_files = rw_process_count_files ();
  for (i = 0; i < n_cycles (); i++)
    close_at_random_moment (rand);
  check_no_growth (n_threads, n_files);
  g_rand_free (rand);
}

/* A STUN server that never answers keeps ICE gathering for seconds. */
static void
close_while_gathering (void)
{
  RwWebrtcPeerConfig config = default_config (RW_WEBRTC_PEER_PRODUCER);
  g_autoptr (Side) side = NULL;

  config.stun_server = "stun://192.0.2.200:3478";
  side = side_new_full (&config);
  start (side);
  wait_until (side->described);
  close_now (side);
}

static void
test_close_while_gathering (void)
{
  gint64 start_us;
  guint n_threads, n_files, i;

  close_while_gathering ();
  n_threads = rw_process_count_threads ();
  n_files = rw_process_count_files ();
  start_us = g_get_monotonic_time ();
  for (i = 0; i < 5; i++)
    close_while_gathering ();
  g_test_message ("closed in %.1f ms",
                  (g_get_monotonic_time () - start_us) / 5e3);
  check_no_growth (n_threads, n_files);
}

static void
test_frames_pushed_while_closing (void)
{
  guint i;

  for (i = 0; i < 10; i++) {
    g_autoptr (Side) producer = NULL;
    g_autoptr (Side) consumer = NULL;
    guint8 data[16];
    guint64 index = 0;
    RwFrame frame;

    make_pair (&producer, &consumer);
    wait_until (producer->connected);
    rw_loop_invoke (loop, do_close, producer, NULL);
    do {
      frame = make_frame (index++, data);
    } while (rw_webrtc_peer_push_frame (producer->peer, &frame));
    wait_until (producer->closed);
    g_assert_false (rw_webrtc_peer_push_frame (producer->peer, &frame));
    close_now (consumer);
  }
}

/* --- Outages ------------------------------------------------------------- */

static void
check_blackout (gboolean of_producer)
{
  g_autoptr (Side) producer = NULL;
  g_autoptr (Side) consumer = NULL;
  RwWebrtcPeer *cut;
  gint64 deadline_us;
  guint64 i = 0;
  guint before;

  make_pair (&producer, &consumer);
  wait_until (producer->open && consumer->open);
  push (producer, i++);
  wait_until (consumer->frames->len == 1);

  cut = of_producer ? producer->peer : consumer->peer;
  rw_webrtc_peer_set_blackout (cut, TRUE);
  deadline_us = g_get_monotonic_time () + G_TIME_SPAN_SECOND / 2;
  while (g_get_monotonic_time () < deadline_us) {
    push (producer, i++);
    send_text (producer, "lost");
    wait_for_change (10000);
  }
  g_mutex_lock (&lock);
  before = consumer->frames->len;
  g_mutex_unlock (&lock);
  g_assert_cmpuint (before, <, i);
  g_assert_cmpuint (consumer->messages->len, <, 10);

  /* The session heals by itself, audio first. */
  rw_webrtc_peer_set_blackout (cut, FALSE);
  push (producer, i);
  wait_until (consumer->frames->len > before);
  g_assert_no_error (producer->error);
  g_assert_no_error (consumer->error);
  g_assert_true (rw_webrtc_peer_is_resilient (consumer->peer));
  close_now (producer);
  close_now (consumer);
}

static void
test_blackout_of_producer (void)
{
  check_blackout (TRUE);
}

static void
test_blackout_of_consumer (void)
{
  check_blackout (FALSE);
}

/* Whatever is sent into a blackout, sending stays quick, what is held stays
 * bounded, and closing does not wait. */
static void
test_full_channel (void)
{
  g_autoptr (Side) producer = NULL;
  g_autoptr (Side) consumer = NULL;
  g_autofree char *text = g_strnfill (16000, 'x');
  gint64 start_us, longest_us = 0;
  guint n_refused = 0;
  guint i;

  make_pair (&producer, &consumer);
  wait_until (producer->open && consumer->open);
  rw_webrtc_peer_set_blackout (producer->peer, TRUE);

  for (i = 0; i < 4000; i++) {
    start_us = g_get_monotonic_time ();
    n_refused += !send_text (producer, text);
    longest_us = MAX (longest_us, g_get_monotonic_time () - start_us);
    if (i % 100 == 0)
      wait_for_change (10000);
  }
  g_test_message ("64 MB sent into a blackout: %u of 4000 refused, longest "
                  "call %.1f ms",
                  n_refused, longest_us / 1000.0);
  g_assert_cmpuint (n_refused, >, 2000);
  g_assert_cmpint (longest_us, <, 2000000);

  start_us = g_get_monotonic_time ();
  close_now (producer);
  g_test_message ("closed in %.1f ms",
                  (g_get_monotonic_time () - start_us) / 1000.0);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 5000000);
  close_now (consumer);
}

/* --- What a hostile peer may say ----------------------------------------- */

#define SDP_HEAD                                                               \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
#define SDP_TRANSPORT                                                          \
  "c=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\n"                        \
  "a=ice-pwd:0123456789abcdef01234567\r\na=setup:actpass\r\na=rtcp-mux\r\n"    \
  "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"     \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
#define SDP_OPUS                                                               \
  "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" SDP_TRANSPORT                          \
  "a=rtpmap:111 opus/48000/2\r\n"

typedef struct {
  RwWebrtcPeerRole role;
  const char *sdp;
  RwPeerError code;
} BadSdp;

static const BadSdp bad_sdp[] = {
    {RW_WEBRTC_PEER_CONSUMER, "", RW_PEER_ERROR_SDP},
    {RW_WEBRTC_PEER_CONSUMER, "hello", RW_PEER_ERROR_SDP},
    {RW_WEBRTC_PEER_CONSUMER, "v=0\r\n", RW_PEER_ERROR_SDP},
    {RW_WEBRTC_PEER_CONSUMER, "v=0\r\nm=\r\n", RW_PEER_ERROR_NO_AUDIO},
    {RW_WEBRTC_PEER_CONSUMER,
     SDP_HEAD "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" SDP_TRANSPORT
              "a=rtpmap:96 VP8/90000\r\n",
     RW_PEER_ERROR_NO_AUDIO},
    {RW_WEBRTC_PEER_CONSUMER, SDP_HEAD SDP_OPUS "a=recvonly\r\n",
     RW_PEER_ERROR_NO_AUDIO},
    {RW_WEBRTC_PEER_PRODUCER, SDP_HEAD SDP_OPUS "a=sendonly\r\n",
     RW_PEER_ERROR_NO_AUDIO},
    {RW_WEBRTC_PEER_CONSUMER, SDP_HEAD SDP_OPUS "a=inactive\r\n",
     RW_PEER_ERROR_NO_AUDIO},
    {RW_WEBRTC_PEER_CONSUMER,
     SDP_HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 0 8\r\n" SDP_TRANSPORT,
     RW_PEER_ERROR_CODEC},
    {RW_WEBRTC_PEER_CONSUMER,
     SDP_HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" SDP_TRANSPORT
              "a=rtpmap:111 opus/8000/2\r\n",
     RW_PEER_ERROR_CODEC},
    {RW_WEBRTC_PEER_CONSUMER,
     SDP_HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" SDP_TRANSPORT
              "a=rtpmap:111 multiopus/48000/6\r\n",
     RW_PEER_ERROR_CODEC},
    {RW_WEBRTC_PEER_CONSUMER,
     SDP_HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
              "a=rtpmap:111 opus/48000/2\r\n",
     RW_PEER_ERROR_SDP},
    {RW_WEBRTC_PEER_CONSUMER,
     SDP_HEAD SDP_OPUS "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" SDP_TRANSPORT,
     RW_PEER_ERROR_SDP},
};

static void
test_bad_descriptions (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (bad_sdp); i++) {
    g_autoptr (Side) side = side_new (bad_sdp[i].role);

    set_remote (side, RW_SDP_TYPE_OFFER, bad_sdp[i].sdp);
    start (side);
    wait_until (side->error != NULL);
    g_test_message ("%s", side->error->message);
    g_assert_error (side->error, RW_PEER_ERROR, (int) bad_sdp[i].code);
    g_assert_false (side->described);
    close_now (side);
  }
}

static void
test_good_description (void)
{
  g_autoptr (Side) consumer = side_new (RW_WEBRTC_PEER_CONSUMER);
  g_autoptr (Side) producer = side_new (RW_WEBRTC_PEER_PRODUCER);

  /* The frame of the bad ones above is good. */
  start (consumer);
  set_remote (consumer, RW_SDP_TYPE_OFFER, SDP_HEAD SDP_OPUS);
  wait_until (consumer->described);
  set_remote (producer, RW_SDP_TYPE_OFFER, SDP_HEAD SDP_OPUS);
  start (producer);
  wait_until (producer->described);
  close_now (consumer);
  close_now (producer);
}

static void
test_description_out_of_turn (void)
{
  g_autoptr (Side) producer = side_new (RW_WEBRTC_PEER_PRODUCER);
  g_autoptr (Side) consumer = side_new (RW_WEBRTC_PEER_CONSUMER);

  start (producer);
  wait_until (producer->described);
  set_remote (producer, RW_SDP_TYPE_OFFER, SDP_HEAD SDP_OPUS);
  wait_until (producer->error != NULL);
  g_assert_error (producer->error, RW_PEER_ERROR, RW_PEER_ERROR_SDP);

  start (consumer);
  set_remote (consumer, RW_SDP_TYPE_ANSWER, SDP_HEAD SDP_OPUS);
  wait_until (consumer->error != NULL);
  g_assert_error (consumer->error, RW_PEER_ERROR, RW_PEER_ERROR_SDP);
  close_now (producer);
  close_now (consumer);
}

/* The description with another fingerprint, whatever it is. */
static char *
forge_fingerprint (const char *description)
{
  char *forged = g_strdup (description);
  char *at = forged;

  g_assert_nonnull (strstr (forged, "sha-256 "));
  while ((at = strstr (at, "sha-256 ")) != NULL) {
    at += strlen ("sha-256 ");
    *at = *at == '0' ? '1' : '0';
  }
  return forged;
}

/* Who answers DTLS must have the certificate that the description named. */
static void
check_other_certificate (gboolean of_producer)
{
  g_autoptr (Side) producer = side_new (RW_WEBRTC_PEER_PRODUCER);
  g_autoptr (Side) consumer = side_new (RW_WEBRTC_PEER_CONSUMER);
  Side *deceived = of_producer ? consumer : producer;
  g_autofree char *offer = NULL;
  g_autofree char *answer = NULL;

  start (producer);
  start (consumer);
  wait_until (producer->described);
  offer = forge_fingerprint (producer->description);
  set_remote (consumer, RW_SDP_TYPE_OFFER,
              of_producer ? offer : producer->description);
  wait_until (consumer->described);
  answer = forge_fingerprint (consumer->description);
  rw_loop_call (loop, tie, (Side *[]){producer, consumer});
  set_remote (producer, RW_SDP_TYPE_ANSWER,
              of_producer ? consumer->description : answer);

  wait_until (deceived->error != NULL);
  g_assert_error (deceived->error, RW_PEER_ERROR, RW_PEER_ERROR_TRANSPORT);
  g_assert_false (deceived->connected);
  close_now (producer);
  close_now (consumer);
}

static void
test_other_certificate_of_producer (void)
{
  check_other_certificate (TRUE);
}

static void
test_other_certificate_of_consumer (void)
{
  check_other_certificate (FALSE);
}

static const char *const bad_candidates[] = {
    "hello",
    "candidate:",
    "candidate:1 1 UDP 1 127.0.0.1",
    "candidate:1 9 UDP 1 127.0.0.1 9 typ host",
    "candidate:1 1 UDP 1 127.0.0.1 99999 typ host",
    "candidate:1 1 UDP 99999999999 127.0.0.1 9 typ host",
    "candidate:1 1 SCTP 1 127.0.0.1 9 typ host",
    "candidate:1 1 UDP 1 127.0.0.1 9 typ nonsense",
    "candidate:1 1 UDP 1 999.0.0.1 9 typ host",
    "candidate:1 1 UDP 1 not-a-host.invalid 9 typ host",
    "candidate:1 1 UDP 1 127.0.0.1 9 typ host\r\na=x",
    "candidate:1 1 UDP 1 127.0.0.1 9 typ srflx raddr",
    "candidate:1 1 TCP 1 127.0.0.1 9 typ host tcptype nonsense",
    "a=candidate:1 1 udp 1 ::1 9 typ host",
    "\xff\xfe",
    "",
};

static void
test_bad_candidates (void)
{
  g_autoptr (Side) producer = NULL;
  g_autoptr (Side) consumer = NULL;
  guint round, mline;
  gsize i;

  make_pair (&producer, &consumer);
  for (round = 0; round < 10; round++) {
    for (i = 0; i < G_N_ELEMENTS (bad_candidates); i++) {
      for (mline = 0; mline < 3; mline++) {
        add_candidate (producer, mline, bad_candidates[i]);
        add_candidate (consumer, mline + 1000 * round, bad_candidates[i]);
      }
    }
  }
  wait_until (producer->connected && consumer->connected);
  push (producer, 0);
  wait_until (consumer->frames->len == 1);
  close_now (producer);
  close_now (consumer);
}

/* Lines dropped, doubled, moved, cut and garbled. */
static char *
mutate (GRand *rand, const char *sdp)
{
  g_auto (GStrv) lines = g_strsplit (sdp, "\r\n", -1);
  guint n_lines = MAX (g_strv_length (lines), 2) - 1;
  GString *text = g_string_new (NULL);
  guint from = (guint) g_rand_int_range (rand, 0, (gint32) n_lines);
  guint kind = (guint) g_rand_int_range (rand, 0, 6);
  guint i;

  for (i = 0; i < n_lines; i++) {
    gsize start = text->len;

    if (kind == 0 && i == from)
      continue;
    g_string_append_printf (text, "%s\r\n", lines[i]);
    if (kind == 1 && i == from)
      g_string_append_printf (text, "%s\r\n", lines[i]);
    if (kind == 2 && i == from)
      g_string_append_printf (
          text, "%s\r\n", lines[g_rand_int_range (rand, 0, (gint32) n_lines)]);
    if (kind == 3 && i == from)
      g_string_truncate (text, (gsize) g_rand_int_range (rand, (gint32) start,
                                                         (gint32) text->len));
    if (kind == 4 && i == from)
      text->str[g_rand_int_range (rand, (gint32) start, (gint32) text->len)] =
          (char) g_rand_int_range (rand, 1, 256);
  }
  if (kind == 5)
    g_string_truncate (text,
                       (gsize) g_rand_int_range (rand, 1, (gint32) text->len));
  return g_string_free (text, FALSE);
}

static void
check_mutations (RwWebrtcPeerRole role, const char *sdp, guint n)
{
  GRand *rand = g_rand_new_with_seed (g_test_rand_int ());
  guint n_failed = 0;
  guint i;

  for (i = 0; i < n; i++) {
    g_autoptr (Side) side = side_new (role);
    g_autofree char *first = mutate (rand, sdp);
    g_autofree char *text = mutate (rand, first);

    set_remote (side, RW_SDP_TYPE_OFFER, text);
    start (side);
    wait_until (side->described || side->error != NULL);
    n_failed += side->error != NULL;
    close_now (side);
  }
  g_test_message ("%u of %u were refused", n_failed, n);
  g_assert_cmpuint (n_failed, >, 0);
  g_assert_cmpuint (n_failed, <, n);
  g_rand_free (rand);
}

static char *
get_offer (gboolean from_consumer)
{
  RwWebrtcPeerConfig config = default_config (
      from_consumer ? RW_WEBRTC_PEER_CONSUMER : RW_WEBRTC_PEER_PRODUCER);
  g_autoptr (Side) side = NULL;

  config.offers = TRUE;
  side = side_new_full (&config);
  start (side);
  wait_until (side->described);
  close_now (side);
  return g_steal_pointer (&side->description);
}

static void
test_mutated_offers (void)
{
  g_autofree char *producers = get_offer (FALSE);
  g_autofree char *consumers = get_offer (TRUE);

  check_mutations (RW_WEBRTC_PEER_CONSUMER, producers, 2 * n_cycles ());
  check_mutations (RW_WEBRTC_PEER_PRODUCER, consumers, 2 * n_cycles ());
}

/* The answers are garbled on their way to the side that offered. */
static void
test_mutated_answers (void)
{
  GRand *rand = g_rand_new_with_seed (g_test_rand_int ());
  guint n_connected = 0;
  guint i;

  for (i = 0; i < n_cycles (); i++) {
    g_autoptr (Side) producer = side_new (RW_WEBRTC_PEER_PRODUCER);
    g_autoptr (Side) consumer = side_new (RW_WEBRTC_PEER_CONSUMER);
    g_autofree char *text = NULL;

    start (producer);
    wait_until (producer->described);
    start (consumer);
    set_remote (consumer, RW_SDP_TYPE_OFFER, producer->description);
    wait_until (consumer->described);
    text = mutate (rand, consumer->description);
    set_remote (producer, RW_SDP_TYPE_ANSWER, text);
    close_now (consumer);
    n_connected += producer->error == NULL;
    close_now (producer);
  }
  g_assert_cmpuint (n_connected, >, 0);
  g_rand_free (rand);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* srtpdec sometimes warns of RTCP that comes before its segment event; our
   * own warnings stay fatal, and everybody's criticals. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_log_set_fatal_mask ("resilientwebrtc", G_LOG_FATAL_MASK |
                                               G_LOG_LEVEL_CRITICAL |
                                               G_LOG_LEVEL_WARNING);
  alarm (900);
  loop = rw_loop_new ("test-control");

#define ADD(path, func) g_test_add_func ("/webrtc-peer/" path, func)
  ADD ("frames-arrive", test_frames_arrive);
  ADD ("messages-both-ways", test_messages_both_ways);
  ADD ("large-messages-are-bounded", test_large_messages_are_bounded);
  ADD ("goodbye/of-producer", test_goodbye_of_producer);
  ADD ("goodbye/of-consumer", test_goodbye_of_consumer);
  ADD ("goodbye/is-bounded", test_goodbye_is_bounded);
  ADD ("consumer-offers", test_consumer_offers);
  ADD ("newest-early-frame-goes-first", test_newest_early_frame_goes_first);
  ADD ("close-before-start", test_close_before_start);
  ADD ("plain/consumer", test_plain_consumer);
  ADD ("plain/consumer-without-bundle", test_plain_consumer_without_bundle);
  ADD ("plain/producer", test_plain_producer);
  ADD ("plain/producer-stereo", test_plain_producer_stereo);
  ADD ("plain/producer-without-bundle", test_plain_producer_without_bundle);
  ADD ("plain/producer-with-video", test_plain_producer_with_video);
  ADD ("plain/producer-with-video-unbundled",
       test_plain_producer_with_video_unbundled);
  ADD ("life/cycles", test_cycles);
  ADD ("life/close-at-random-moments", test_close_at_random_moments);
  ADD ("life/close-while-gathering", test_close_while_gathering);
  ADD ("life/frames-pushed-while-closing", test_frames_pushed_while_closing);
  ADD ("outage/of-producer", test_blackout_of_producer);
  ADD ("outage/of-consumer", test_blackout_of_consumer);
  ADD ("outage/full-channel", test_full_channel);
  ADD ("hostile/bad-descriptions", test_bad_descriptions);
  ADD ("hostile/good-description", test_good_description);
  ADD ("hostile/description-out-of-turn", test_description_out_of_turn);
  ADD ("hostile/other-certificate-of-producer",
       test_other_certificate_of_producer);
  ADD ("hostile/other-certificate-of-consumer",
       test_other_certificate_of_consumer);
  ADD ("hostile/bad-candidates", test_bad_candidates);
  ADD ("hostile/mutated-offers", test_mutated_offers);
  ADD ("hostile/mutated-answers", test_mutated_answers);
#undef ADD

  result = g_test_run ();
  rw_loop_stop (loop);
  g_clear_object (&loop);
  rw_process_end_idle_threads ();
  return result;
}
