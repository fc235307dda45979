/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "test-ordinary.h"
#include "test-process.h"
#include "test-program.h"
#include "test-scripted.h"
#include "test-wait.h"

#ifdef __SANITIZE_ADDRESS__
#define IS_SANITIZED TRUE
#else
#define IS_SANITIZED FALSE
#endif

/* Peers with a real session, over which they send what no peer of ours would.
 * Element and pipeline stay, the attempts are bounded, and an honest peer is
 * served afterwards. */

static const guint8 packet[] = {0x48, 1, 2, 3};

/* ---- Producers ---- */

static RwFrame
make_frame (guint64 index)
{
  return (RwFrame){
      .index = index,
      .running_time_ns = index * 20 * GST_MSECOND,
      .capture_time_ns = RW_CAPTURE_TIME_NONE,
      .duration = 960,
      .size = sizeof packet,
      .data = packet,
  };
}

static void
send_frames (TestScriptedSession *session, guint64 first, guint n)
{
  RwMessage message = {.type = RW_MESSAGE_FRAMES};

  message.frames.n_frames = n;
  for (guint i = 0; i < n; i++)
    message.frames.frames[i] = make_frame (first + i);
  test_scripted_send (session, &message);
}

static void
send_format (TestScriptedSession *session, guint8 id, const char *caps)
{
  RwMessage message = {.type = RW_MESSAGE_FORMAT};

  message.format.id = id;
  message.format.caps = caps;
  message.format.length = strlen (caps);
  test_scripted_send (session, &message);
}

static void
send_beat (TestScriptedSession *session, RwStatus status)
{
  RwMessage message = {.type = RW_MESSAGE_BEAT};

  message.beat.status = status;
  test_scripted_send (session, &message);
}

static void
send_bye (TestScriptedSession *session, RwByeReason reason, guint64 head)
{
  RwMessage message = {.type = RW_MESSAGE_BYE};

  message.bye.reason = reason;
  message.bye.head = head;
  test_scripted_send (session, &message);
}

#define MONO "audio/x-opus, channel-mapping-family=(int)0, channels=(int)1"

/* The end, the frames and the format before the WELCOME, which comes twice and
 * names two streams; a HELLO and an ACK, which are the consumer's to send. */
static void
answer_in_wrong_order (TestScriptedSession *session)
{
  RwMessage message = {.type = RW_MESSAGE_HELLO};

  send_frames (session, 5, 10);
  send_format (session, 7, MONO);
  send_beat (session, (RwStatus){.head = 3, .tail = 9, .n_formats = 1});
  test_scripted_welcome (session);
  strcpy (message.hello.consumer_id, "nobody");
  test_scripted_send (session, &message);
  message = (RwMessage){.type = RW_MESSAGE_ACK};
  message.ack.report.next = 12;
  test_scripted_send (session, &message);
  message = (RwMessage){.type = RW_MESSAGE_WELCOME};
  message.welcome.stream_id[0] = 0x5a;
  message.welcome.start = 77;
  message.welcome.beat_ms = 1;
  test_scripted_send (session, &message);
  send_frames (session, 3, 2);
  send_frames (session, 0, 2);
}

static const guint64 absurd[] = {G_MAXUINT64,       G_MAXUINT64 - 1,
                                 G_MAXINT64,        (guint64) 1 << 63,
                                 (guint64) 1 << 32, 1000000000};

static void
answer_with_absurd_indices (TestScriptedSession *session)
{
  test_scripted_welcome (session);
  send_format (session, 0, MONO);
  for (gsize i = 0; i < G_N_ELEMENTS (absurd); i++) {
    send_beat (session, (RwStatus){.head = absurd[i],
                                   .tail = absurd[i] - 10,
                                   .live_from = absurd[i] - 5,
                                   .expect_to = absurd[i],
                                   .n_formats = 255});
    send_frames (session, absurd[i] - 60, 60);
    send_beat (session, (RwStatus){.tail = absurd[i],
                                   .live_from = RW_INDEX_NONE,
                                   .n_formats = 1,
                                   .not_receiving = TRUE});
  }
  send_bye (session, RW_BYE_ENDED, G_MAXUINT64);
}

static void
answer_with_large_messages (TestScriptedSession *session)
{
  g_autofree guint8 *bytes = g_malloc (RW_CHANNEL_MAX_SIZE);
  g_autofree char *caps = g_strnfill (60000, 'x');

  test_scripted_welcome (session);
  for (guint i = 0; i < 40; i++) {
    for (guint n = 0; n < RW_CHANNEL_MAX_SIZE; n++)
      bytes[n] = (guint8) (n * 31 + i);
    bytes[0] = RW_PROTOCOL_VERSION;
    bytes[1] = (guint8) (1 + i % 7);
    test_scripted_send_bytes (session, bytes, RW_CHANNEL_MAX_SIZE);
  }
  send_format (session, 0, caps);
}

static void
answer_with_a_flood (TestScriptedSession *session)
{
  test_scripted_welcome (session);
  send_format (session, 0, MONO);
  for (guint i = 0; i < 4000; i++) {
    send_beat (session, (RwStatus){.head = i % 64,
                                   .live_from = RW_INDEX_NONE,
                                   .n_formats = (guint8) i});
    send_format (session, (guint8) i, MONO);
    send_frames (session, i * 7 % 64, 1);
  }
}

typedef struct {
  TestSide *side;
  TestScripted *producer;
  gint64 until_us;
} Want;

static gboolean
is_welcomed (gpointer data)
{
  Want *want = data;

  test_scripted_take_messages (want->producer);
  return test_scripted_get_n_welcomed (want->producer) > 0 &&
         g_get_monotonic_time () >= want->until_us;
}

static guint
count_buffers (TestSide *side)
{
  guint n;

  g_mutex_lock (&side->lock);
  n = side->buffers->len;
  g_mutex_unlock (&side->lock);
  return n;
}

/* Its attempts within three seconds are as few as the back-off makes them. */
static void
attack_source (gconstpointer data)
{
  TestScript script = {0};
  g_autoptr (TestSide) src = test_side_new (
      "resilientwebrtcsrc name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "producer-name=studio start-position=oldest ! audio/x-opus ! "
      "fakesink async=false");
  g_autoptr (TestSide) honest = NULL;
  TestScripted *hostile;
  Want want = {src};

  memcpy (&script.answer, &data, sizeof data);
  test_side_play (src);
  hostile = test_scripted_new (src, &script);
  want.producer = hostile;
  test_wait_until (is_welcomed, &want, "a session");
  want.until_us = g_get_monotonic_time () + 3 * G_USEC_PER_SEC;
  test_wait_until (is_welcomed, &want, "three seconds");
  g_test_message ("asked for %u sessions, %u buffers",
                  test_scripted_get_n_asked (hostile), count_buffers (src));
  g_assert_cmpuint (test_scripted_get_n_asked (hostile), <=, 10);
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_ERROR), ==, 0);
  test_scripted_free (hostile);

  honest = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 ! resilientwebrtcsink name=it "
      "stream-name=studio signaller-uri=ws://127.0.0.1:%u",
      test_side_get_port (src));
  test_side_play (honest);
  test_side_wait_buffers (src, count_buffers (src) + 50);
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_ERROR), ==, 0);
}

static void
add_producer (const char *name, void (*answer) (TestScriptedSession *))
{
  g_autofree char *path = g_strdup_printf ("/gst/attacks/producer-%s", name);
  gconstpointer data;

  memcpy (&data, &answer, sizeof data);
  g_test_add_data_func (path, data, attack_source);
}

/* ---- Consumers ---- */

static void
say (TestOrdinary *peer, RwMessage *message)
{
  g_autofree guint8 *buffer = g_malloc (RW_CHANNEL_MAX_SIZE);
  g_autoptr (GBytes) bytes = NULL;

  message->generation = 1;
  message->seq++;
  bytes = g_bytes_new (
      buffer, rw_channel_encode (message, buffer, RW_CHANNEL_MAX_SIZE));
  g_signal_emit_by_name (peer->channel, "send-data", bytes);
}

static void
say_acks (TestOrdinary *peer)
{
  RwMessage message = {.type = RW_MESSAGE_ACK};

  for (gsize i = 0; i < G_N_ELEMENTS (absurd); i++) {
    message.ack.report =
        (RwReport){.next = absurd[i],
                   .known_to = absurd[i],
                   .credit = G_MAXUINT32,
                   .n_ranges = 2,
                   .ranges = {{0, absurd[i]}, {absurd[i], G_MAXUINT64}}};
    message.ack.lost = absurd[i];
    message.ack.finished = i % 2;
    say (peer, &message);
    message.ack.report = (RwReport){.next = i, .known_to = 2 * i};
    say (peer, &message);
  }
}

static void
say_hellos (TestOrdinary *peer)
{
  RwMessage message = {.type = RW_MESSAGE_HELLO};

  for (guint i = 0; i < 1000; i++) {
    g_snprintf (message.hello.consumer_id, sizeof message.hello.consumer_id,
                "consumer-%u", i);
    message.hello.stream_id[3] = (guint8) i;
    message.hello.start = i % 2;
    message.hello.report.next = absurd[i % G_N_ELEMENTS (absurd)];
    say (peer, &message);
  }
}

static void
say_large_messages (TestOrdinary *peer)
{
  g_autofree guint8 *data = g_malloc0 (RW_CHANNEL_MAX_SIZE);

  data[0] = RW_PROTOCOL_VERSION;
  for (guint i = 0; i < 20; i++) {
    g_autoptr (GBytes) bytes = NULL;

    data[1] = (guint8) (1 + i % 7);
    bytes = g_bytes_new (data, RW_CHANNEL_MAX_SIZE);
    g_signal_emit_by_name (peer->channel, "send-data", bytes);
  }
}

/* What the producer says; and the end, after which it goes on. */
static void
say_in_wrong_order (TestOrdinary *peer)
{
  RwMessage message = {.type = RW_MESSAGE_WELCOME};

  say (peer, &message);
  message = (RwMessage){.type = RW_MESSAGE_FRAMES};
  message.frames.n_frames = 1;
  message.frames.frames[0] = make_frame (4);
  say (peer, &message);
  message = (RwMessage){.type = RW_MESSAGE_BYE};
  message.bye.reason = RW_BYE_ENDED;
  say (peer, &message);
  message.bye.reason = RW_BYE_STOPPED;
  say (peer, &message);
}

static void
test_consumer (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autoptr (TestOrdinary) peer =
      test_ordinary_new_consumer_as (sink, "hostile");
  g_autoptr (TestSide) src = NULL;
  TestOrdinaryWant want = {sink, peer, 10};

  test_wait_until (test_ordinary_has_channel, &want, "the sink's data channel");
  say_acks (peer);
  say_large_messages (peer);
  say_hellos (peer);
  say_acks (peer);
  say_in_wrong_order (peer);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_wait_buffers (src, 50);
  g_assert_cmpuint (test_side_get_stat (sink, "sessions"), <=, 8);
  g_assert_cmpuint (test_side_count_type (sink, GST_MESSAGE_ERROR), ==, 0);
}

/* ---- A certificate with a subject of 3 kB ---- */

/* GStreamer without the fixes of 2026 overflows its stack. */
static gboolean
make_long_certificate (const char *path)
{
  g_autofree char *openssl = g_find_program_in_path ("openssl");
  g_autoptr (GString) subject = g_string_new (NULL);
  g_autoptr (GSubprocess) process = NULL;

  if (openssl == NULL)
    return FALSE;
  for (guint i = 0; i < 48; i++)
    g_string_append_printf (subject, "/OU=%064u", i);
  process = test_program_spawn (
      (const char *const[]){openssl, "req", "-x509", "-newkey", "rsa:2048",
                            "-nodes", "-days", "2", "-subj", subject->str,
                            "-keyout", path, "-out", path, NULL},
      G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  return g_subprocess_wait_check (process, NULL, NULL);
}

static char *long_certificate;

static GObjectClass usual; /* the functions that a decoder has */

/* Its certificate is set before it has a connection. */
static void
construct_decoder (GObject *decoder)
{
  usual.constructed (decoder);
  g_object_set (decoder, "pem", long_certificate, NULL);
}

/* webrtcbin takes all that it is given for the certificate. */
static void
get_property (GObject *decoder, guint id, GValue *value, GParamSpec *pspec)
{
  const char *begin = strstr (long_certificate, "-----BEGIN CERTIFICATE");
  const char *end = strstr (begin, "-----END CERTIFICATE");

  if (!g_str_equal (pspec->name, "pem"))
    usual.get_property (decoder, id, value, pspec);
  else
    g_value_take_string (value,
                         g_strdup_printf ("%.*s-----END CERTIFICATE-----\n",
                                          (int) (end - begin), begin));
}

/* All sessions of this process have that certificate, of both sides. */
static void
use_long_certificate (gboolean use)
{
  g_autoptr (GstElement) decoder = gst_element_factory_make ("dtlsdec", NULL);
  GObjectClass *class = G_OBJECT_GET_CLASS (decoder);

  gst_object_ref_sink (decoder);
  if (use)
    usual = *class;
  class->constructed = use ? construct_decoder : usual.constructed;
  class->get_property = use ? get_property : usual.get_property;
}

static char *
read_long_certificate (void)
{
  g_autofree char *dir = g_dir_make_tmp ("rw-long-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "pem", NULL);
  char *pem = NULL;

  if (!make_long_certificate (path))
    g_test_skip ("openssl is not there");
  else
    g_assert_true (g_file_get_contents (path, &pem, NULL, NULL));
  test_program_remove_dir (dir);
  return pem;
}

typedef struct {
  TestSide *src;
  guint n_warnings;
  gint64 until_us; /* 0 for ever */
} Warned;

static gboolean
is_warned_or_late (gpointer data)
{
  Warned *warned = data;

  return test_side_count_type (warned->src, GST_MESSAGE_WARNING) >=
             warned->n_warnings ||
         (warned->until_us != 0 && g_get_monotonic_time () > warned->until_us);
}

/* GStreamer keeps 4096 bytes of a remote certificate in PEM, without which it
 * cannot be compared: the source refuses it, with that reason, and does not
 * try again at once. */
static void
assert_refused (TestSide *src)
{
  Warned warned = {src, 1, 0};
  GError *error = NULL;

  test_wait_until (is_warned_or_late, &warned, "a warning");
  gst_message_parse_warning (test_side_wait_type (src, GST_MESSAGE_WARNING, 1),
                             &error, NULL);
  g_assert_nonnull (strstr (error->message, "too large to be compared"));
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  g_error_free (error);
  warned.n_warnings = 2;
  warned.until_us = g_get_monotonic_time () + 3 * G_USEC_PER_SEC;
  test_wait_until (is_warned_or_late, &warned, "three seconds");
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_WARNING), ==, 1);
  g_assert_cmpuint (src->buffers->len, ==, 0);
}

static void
test_long_subject (void)
{
  g_autoptr (TestSide) sink = NULL;
  g_autoptr (TestSide) src = NULL;

  long_certificate = read_long_certificate ();
  if (long_certificate == NULL)
    return;
  use_long_certificate (TRUE);
  sink = test_ordinary_new_sink ();
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  assert_refused (src);
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_ERROR), ==, 0);
  g_assert_cmpuint (test_side_count_type (sink, GST_MESSAGE_ERROR), ==, 0);
  g_clear_pointer (&src, test_side_free);
  use_long_certificate (FALSE);

  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_wait_buffers (src, 10);
  g_clear_pointer (&src, test_side_free);
  g_clear_pointer (&sink, test_side_free);
  g_clear_pointer (&long_certificate, g_free);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  add_producer ("in-wrong-order", answer_in_wrong_order);
  add_producer ("with-absurd-indices", answer_with_absurd_indices);
  add_producer ("with-large-messages", answer_with_large_messages);
  add_producer ("with-a-flood", answer_with_a_flood);
  g_test_add_func ("/gst/attacks/consumer", test_consumer);
  if (!IS_SANITIZED) /* too slow for the time-outs of this handshake */
    g_test_add_func ("/gst/attacks/certificate-with-a-long-subject",
                     test_long_subject);
  return test_process_run_tests ();
}
