/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peer-side.h"

#include "test-process.h"

#include <stdlib.h>
#include <string.h>

RwLoop *peer_side_loop;
GMutex peer_side_lock;
GCond peer_side_changed;

void
peer_side_set_flag (gboolean *flag, gint64 *time_us)
{
  g_mutex_lock (&peer_side_lock);
  *flag = TRUE;
  if (time_us != NULL)
    *time_us = g_get_monotonic_time ();
  g_cond_broadcast (&peer_side_changed);
  g_mutex_unlock (&peer_side_lock);
}

guint
peer_side_count_frames (PeerSide *side)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&peer_side_lock);

  return side->frames->len;
}

/* The pace of what is pushed meanwhile. */
void
peer_side_wait_for_change (gint64 most_us)
{
  g_mutex_lock (&peer_side_lock);
  g_cond_wait_until (&peer_side_changed, &peer_side_lock,
                     g_get_monotonic_time () + most_us);
  g_mutex_unlock (&peer_side_lock);
}

static void
on_frame (const RwFrame *frame, gint64 arrival_us, gpointer user_data)
{
  PeerSide *side = user_data;

  g_assert_cmpint (arrival_us, <=, g_get_monotonic_time ());
  g_mutex_lock (&peer_side_lock);
  g_array_append_val (side->frames, *frame);
  g_ptr_array_add (side->payloads, g_bytes_new (frame->data, frame->size));
  g_cond_broadcast (&peer_side_changed);
  g_mutex_unlock (&peer_side_lock);
}

static void
on_buffer (GstBuffer *buffer, gpointer user_data)
{
  PeerSide *side = user_data;

  g_mutex_lock (&peer_side_lock);
  side->n_buffers++;
  side->last_pts = GST_BUFFER_PTS (buffer);
  g_cond_broadcast (&peer_side_changed);
  g_mutex_unlock (&peer_side_lock);
  gst_buffer_unref (buffer);
}

static void
on_gap (GstClockTime pts, GstClockTime duration, gpointer user_data)
{
  PeerSide *side = user_data;

  g_mutex_lock (&peer_side_lock);
  side->n_gaps++;
  g_mutex_unlock (&peer_side_lock);
}

static const RwWebrtcPeerFuncs funcs = {on_frame, on_buffer, on_gap};

static void
on_local_description (RwPeer *peer, guint type, const char *sdp, PeerSide *side)
{
  g_assert_true (rw_loop_is_owner (peer_side_loop));
  g_mutex_lock (&peer_side_lock);
  g_free (side->description);
  side->description = g_strdup (sdp);
  g_mutex_unlock (&peer_side_lock);
  peer_side_set_flag (&side->described, NULL);
  if (side->other != NULL && side->other->peer != NULL)
    rw_peer_set_remote_description (RW_PEER (side->other->peer), type, sdp);
}

static void
on_local_candidate (RwPeer *peer, guint mline, const char *candidate,
                    PeerSide *side)
{
  g_ptr_array_add (side->candidates, g_strdup (candidate));
  if (side->other != NULL && side->other->peer != NULL)
    rw_peer_add_remote_candidate (RW_PEER (side->other->peer), mline,
                                  candidate);
}

void
peer_side_tie (gpointer data)
{
  PeerSide **sides = data;
  guint i, j;

  for (i = 0; i < 2; i++) {
    sides[i]->other = sides[1 - i];
    for (j = 0; j < sides[i]->candidates->len; j++)
      rw_peer_add_remote_candidate (RW_PEER (sides[1 - i]->peer), 0,
                                    sides[i]->candidates->pdata[j]);
  }
}

static void
on_connected (RwPeer *peer, PeerSide *side)
{
  g_assert_false (side->connected);
  peer_side_set_flag (&side->connected, &side->connected_us);
}

static void
on_open (RwPeer *peer, PeerSide *side)
{
  g_assert_false (side->open);
  peer_side_set_flag (&side->open, &side->open_us);
}

static void
on_message (RwPeer *peer, GBytes *message, PeerSide *side)
{
  g_assert_true (side->open);
  g_mutex_lock (&peer_side_lock);
  g_ptr_array_add (side->messages, g_bytes_ref (message));
  g_cond_broadcast (&peer_side_changed);
  g_mutex_unlock (&peer_side_lock);
}

static void
on_channel_closed (RwPeer *peer, PeerSide *side)
{
  peer_side_set_flag (&side->channel_closed, &side->channel_closed_us);
}

static void
on_failed (RwPeer *peer, GError *error, PeerSide *side)
{
  g_assert_null (side->error);
  g_mutex_lock (&peer_side_lock);
  side->error = g_error_copy (error);
  g_cond_broadcast (&peer_side_changed);
  g_mutex_unlock (&peer_side_lock);
}

static void
on_closed (RwPeer *peer, PeerSide *side)
{
  g_assert_false (side->closed);
  peer_side_set_flag (&side->closed, NULL);
}

/* Of the test that runs. */
static gboolean takes_rtcp;

gboolean
peer_side_is_rtcp (void)
{
  return takes_rtcp;
}

static void
run_with_channel (gconstpointer func)
{
  takes_rtcp = FALSE;
  ((void (*) (void)) func) ();
}

static void
run_with_rtcp (gconstpointer func)
{
  takes_rtcp = TRUE;
  ((void (*) (void)) func) ();
  takes_rtcp = FALSE;
}

void
peer_side_add_both (const char *path, void (*func) (void))
{
  g_autofree char *channel = g_strconcat (path, "/channel", NULL);
  g_autofree char *rtcp = g_strconcat (path, "/rtcp", NULL);

  g_test_add_data_func (channel, func, run_with_channel);
  g_test_add_data_func (rtcp, func, run_with_rtcp);
}

RwWebrtcPeerConfig
peer_side_get_default_config (RwWebrtcPeerRole role)
{
  RwWebrtcPeerConfig config = {.role = role,
                               .loop = peer_side_loop,
                               .takes_rtcp = takes_rtcp,
                               .generation = 7,
                               .latency_ms = 60,
                               .funcs = &funcs};

  return config;
}

PeerSide *
peer_side_new_full (RwWebrtcPeerConfig *config)
{
  PeerSide *side = g_new0 (PeerSide, 1);

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

PeerSide *
peer_side_new (RwWebrtcPeerRole role)
{
  RwWebrtcPeerConfig config = peer_side_get_default_config (role);

  return peer_side_new_full (&config);
}

static void
drop_peer (gpointer data)
{
  PeerSide *side = data;

  if (side->other != NULL)
    side->other->other = NULL;
  g_signal_handlers_disconnect_by_data (side->peer, side);
  g_clear_object (&side->peer);
}

static void
on_peer_gone (gpointer data, GObject *peer)
{
  gboolean *is_gone = data;

  peer_side_set_flag (is_gone, NULL);
}

/* Nothing keeps a closed peer alive. */
void
peer_side_free (PeerSide *side)
{
  gboolean is_gone = FALSE;

  g_object_weak_ref (G_OBJECT (side->peer), on_peer_gone, &is_gone);
  rw_loop_call (peer_side_loop, drop_peer, side);
  peer_side_wait_until (is_gone);
  g_clear_error (&side->error);
  g_ptr_array_unref (side->candidates);
  g_ptr_array_unref (side->messages);
  g_ptr_array_unref (side->payloads);
  g_array_unref (side->frames);
  g_free (side->description);
  g_free (side);
}

static void
do_start (gpointer data)
{
  rw_peer_start (RW_PEER (((PeerSide *) data)->peer));
}

void
peer_side_do_close (gpointer data)
{
  rw_peer_close (RW_PEER (((PeerSide *) data)->peer), FALSE);
}

void
peer_side_do_close_gracefully (gpointer data)
{
  rw_peer_close (RW_PEER (((PeerSide *) data)->peer), TRUE);
}

void
peer_side_start (PeerSide *side)
{
  rw_loop_call (peer_side_loop, do_start, side);
}

void
peer_side_close (PeerSide *side)
{
  rw_loop_call (peer_side_loop, peer_side_do_close, side);
  peer_side_wait_until (side->closed);
}

typedef struct {
  PeerSide *side;
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

void
peer_side_set_remote (PeerSide *side, RwSdpType type, const char *sdp)
{
  Call call = {.side = side, .type = type, .text = sdp};

  rw_loop_call (peer_side_loop, do_set_remote, &call);
}

static void
do_add_candidate (gpointer data)
{
  Call *call = data;

  rw_peer_add_remote_candidate (RW_PEER (call->side->peer), call->mline,
                                call->text);
}

void
peer_side_add_candidate (PeerSide *side, guint mline, const char *candidate)
{
  Call call = {.side = side, .mline = mline, .text = candidate};

  rw_loop_call (peer_side_loop, do_add_candidate, &call);
}

static void
do_send (gpointer data)
{
  Call *call = data;

  call->sent = rw_peer_send (RW_PEER (call->side->peer), call->message);
}

gboolean
peer_side_send_text (PeerSide *side, const char *text)
{
  Call call = {.side = side, .message = g_bytes_new (text, strlen (text))};

  rw_loop_call (peer_side_loop, do_send, &call);
  g_bytes_unref (call.message);
  return call.sent;
}

void
peer_side_start_pair (PeerSide *producer, PeerSide *consumer)
{
  producer->other = consumer;
  consumer->other = producer;
  peer_side_start (consumer);
  peer_side_start (producer);
}

void
peer_side_make_pair (PeerSide **producer, PeerSide **consumer)
{
  *producer = peer_side_new (RW_WEBRTC_PEER_PRODUCER);
  *consumer = peer_side_new (RW_WEBRTC_PEER_CONSUMER);
  peer_side_start_pair (*producer, *consumer);
}

RwFrame
peer_side_make_frame (guint64 index, guint8 *data)
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

void
peer_side_push (PeerSide *side, guint64 index)
{
  guint8 data[16];
  RwFrame frame = peer_side_make_frame (index, data);

  g_assert_true (rw_webrtc_peer_push_frame (side->peer, &frame));
}

guint64
peer_side_push_until_one_arrives (PeerSide *producer, PeerSide *consumer,
                                  guint64 index)
{
  gint64 deadline_us = g_get_monotonic_time () + PEER_SIDE_DEADLINE_US;
  guint before = peer_side_count_frames (consumer);

  while (peer_side_count_frames (consumer) == before) {
    if (g_get_monotonic_time () > deadline_us)
      g_error ("timed out: no frame arrives");
    peer_side_push (producer, index++);
    peer_side_wait_for_change (20000);
  }
  return index;
}

guint
peer_side_get_n_cycles (void)
{
  const char *text = g_getenv ("RW_TEST_CYCLES");

  return text != NULL ? (guint) atoi (text) : 100;
}

int
peer_side_run (int argc, char **argv, void (*add_tests) (void))
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
  peer_side_loop = rw_loop_new ("test-control");
  add_tests ();
  result = g_test_run ();
  rw_loop_stop (peer_side_loop);
  g_clear_object (&peer_side_loop);
  test_process_end_idle_threads ();
  return result;
}
