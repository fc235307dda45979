/* SPDX-License-Identifier: LGPL-2.1-or-later */
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
  gboolean drop_candidates;

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
    gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;                \
    g_mutex_lock (&lock);                                                      \
    while (!(condition)) {                                                     \
      if (!g_cond_wait_until (&changed, &lock, deadline_us))                   \
        g_error ("timed out waiting until " #condition);                       \
    }                                                                          \
    g_mutex_unlock (&lock);                                                    \
  }                                                                            \
  G_STMT_END

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
  if (side->other != NULL && side->other->peer != NULL &&
      !side->drop_candidates)
    rw_peer_add_remote_candidate (RW_PEER (side->other->peer), mline,
                                  candidate);
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
side_free (Side *side)
{
  rw_loop_call (loop, drop_peer, side);
  g_clear_error (&side->error);
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

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  alarm (300);
  loop = rw_loop_new ("test-control");

  g_test_add_func ("/webrtc-peer/frames-arrive", test_frames_arrive);

  result = g_test_run ();
  rw_loop_stop (loop);
  g_clear_object (&loop);
  return result;
}
