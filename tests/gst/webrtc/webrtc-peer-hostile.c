/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peer-side.h"

#include <string.h>

/* Sessions with a hostile peer. */

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
    {RW_WEBRTC_PEER_CONSUMER, "v=0\r\nm=\r\n", RW_PEER_ERROR_SDP},
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
    g_autoptr (PeerSide) side = peer_side_new (bad_sdp[i].role);

    peer_side_set_remote (side, RW_SDP_TYPE_OFFER, bad_sdp[i].sdp);
    peer_side_start (side);
    peer_side_wait_until (side->error != NULL);
    g_test_message ("%s", side->error->message);
    g_assert_error (side->error, RW_PEER_ERROR, (int) bad_sdp[i].code);
    g_assert_false (side->described);
    peer_side_close (side);
  }
}

static void
test_good_description (void)
{
  g_autoptr (PeerSide) consumer = peer_side_new (RW_WEBRTC_PEER_CONSUMER);
  g_autoptr (PeerSide) producer = peer_side_new (RW_WEBRTC_PEER_PRODUCER);

  /* The frame of the bad ones above is good. */
  peer_side_start (consumer);
  peer_side_set_remote (consumer, RW_SDP_TYPE_OFFER, SDP_HEAD SDP_OPUS);
  peer_side_wait_until (consumer->described);
  peer_side_set_remote (producer, RW_SDP_TYPE_OFFER, SDP_HEAD SDP_OPUS);
  peer_side_start (producer);
  peer_side_wait_until (producer->described);
  peer_side_close (consumer);
  peer_side_close (producer);
}

static void
test_description_out_of_turn (void)
{
  g_autoptr (PeerSide) producer = peer_side_new (RW_WEBRTC_PEER_PRODUCER);
  g_autoptr (PeerSide) consumer = peer_side_new (RW_WEBRTC_PEER_CONSUMER);

  peer_side_start (producer);
  peer_side_wait_until (producer->described);
  peer_side_set_remote (producer, RW_SDP_TYPE_OFFER, SDP_HEAD SDP_OPUS);
  peer_side_wait_until (producer->error != NULL);
  g_assert_error (producer->error, RW_PEER_ERROR, RW_PEER_ERROR_INTERNAL);

  peer_side_start (consumer);
  peer_side_set_remote (consumer, RW_SDP_TYPE_ANSWER, SDP_HEAD SDP_OPUS);
  peer_side_wait_until (consumer->error != NULL);
  g_assert_error (consumer->error, RW_PEER_ERROR, RW_PEER_ERROR_INTERNAL);
  peer_side_close (producer);
  peer_side_close (consumer);
}

/* Sets them all in one go, before webrtcbin can have replied to the first; an
 * offer is what the session starts with. */
typedef struct {
  PeerSide *side;
  RwSdpType type; /* of the first; the others are offers */
  const char *first;
  const char *offer; /* each of the others */
  guint n;
  guint n_described; /* local descriptions, in the end */
  guint n_lines;     /* of the last of them */
} Burst;

static void
on_burst_answered (RwPeer *peer, guint type, const char *sdp, Burst *burst)
{
  g_autoptr (GstSDPMessage) message = NULL;

  gst_sdp_message_new_from_text (sdp, &message);
  g_mutex_lock (&peer_side_lock);
  burst->n_described++;
  burst->n_lines = gst_sdp_message_medias_len (message);
  g_cond_broadcast (&peer_side_changed);
  g_mutex_unlock (&peer_side_lock);
}

static void
set_burst (gpointer data)
{
  Burst *burst = data;
  RwPeer *peer = RW_PEER (burst->side->peer);

  g_signal_connect (peer, "local-description", G_CALLBACK (on_burst_answered),
                    burst);
  rw_peer_set_remote_description (peer, burst->type, burst->first);
  if (burst->type == RW_SDP_TYPE_OFFER)
    rw_peer_start (peer);
  for (guint i = 0; i < burst->n; i++)
    rw_peer_set_remote_description (peer, RW_SDP_TYPE_OFFER, burst->offer);
}

/* The first offer is answered, and then the newest: the others are obsolete. */
static void
check_hasty_offers (RwWebrtcPeerRole role)
{
  g_autoptr (PeerSide) side = peer_side_new (role);
  Burst burst = {
      side, RW_SDP_TYPE_OFFER, SDP_HEAD SDP_OPUS,
      SDP_HEAD SDP_OPUS "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n", 20};

  rw_loop_call (peer_side_loop, set_burst, &burst);
  peer_side_wait_until (burst.n_lines == 2 || side->error != NULL);
  g_assert_no_error (side->error);
  peer_side_close (side);
  g_assert_cmpuint (burst.n_described, ==, 2);
  g_signal_handlers_disconnect_by_data (side->peer, &burst);
}

static void
test_hasty_offers (void)
{
  check_hasty_offers (RW_WEBRTC_PEER_CONSUMER);
  check_hasty_offers (RW_WEBRTC_PEER_PRODUCER);
}

/* It answers our offer and makes one of its own at once. */
static void
test_offer_right_after_the_answer (void)
{
  g_autoptr (PeerSide) producer = peer_side_new (RW_WEBRTC_PEER_PRODUCER);
  g_autoptr (PeerSide) consumer = peer_side_new (RW_WEBRTC_PEER_CONSUMER);
  Burst burst = {producer, RW_SDP_TYPE_ANSWER};

  peer_side_start (producer);
  peer_side_start (consumer);
  peer_side_wait_until (producer->described);
  peer_side_set_remote (consumer, RW_SDP_TYPE_OFFER, producer->description);
  peer_side_wait_until (consumer->described);
  burst.first = burst.offer = consumer->description;
  burst.n = 1;
  rw_loop_call (peer_side_loop, set_burst, &burst);
  peer_side_wait_until (burst.n_described == 1 || producer->error != NULL);
  g_assert_no_error (producer->error);
  rw_loop_call (peer_side_loop, peer_side_tie,
                (PeerSide *[]){producer, consumer});
  peer_side_wait_until (producer->connected && consumer->connected);
  peer_side_push_until_one_arrives (producer, consumer, 0);
  peer_side_close (producer);
  peer_side_close (consumer);
  g_signal_handlers_disconnect_by_data (producer->peer, &burst);
}

/* The description with other numbers for all that has one. */
static char *
renumber (const char *description)
{
  static const char *const changes[][2] = {
      {"SAVPF 96", "SAVPF 100"},  {"rtpmap:96 ", "rtpmap:100 "},
      {"fmtp:96 ", "fmtp:100 "},  {"extmap:2 ", "extmap:7 "},
      {"extmap:1 ", "extmap:2 "},
  };
  GString *text = g_string_new (description);

  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
    g_string_replace (text, changes[i][0], changes[i][1], 0);
  return g_string_free (text, FALSE);
}

static void
test_peer_that_renumbers (void)
{
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;
  g_autofree char *producers = NULL;
  g_autofree char *consumers = NULL;
  guint64 index;

  peer_side_make_pair (&producer, &consumer);
  peer_side_wait_until (producer->open && consumer->open);
  index = peer_side_push_until_one_arrives (producer, consumer, 0);
  producers = renumber (producer->description);
  consumers = renumber (consumer->description);
  /* It sends the former numbers until it has the answer. */
  peer_side_set_remote (consumer, RW_SDP_TYPE_OFFER, producers);
  index = peer_side_push_until_one_arrives (producer, consumer, index);
  peer_side_set_remote (producer, RW_SDP_TYPE_OFFER, consumers);
  /* Of those that were on their way more than one may come. */
  for (guint i = 0; i < 10; i++)
    index = peer_side_push_until_one_arrives (producer, consumer, index);
  g_assert_nonnull (strstr (consumer->description, "a=rtpmap:100 "));
  g_assert_nonnull (strstr (producer->description, "a=rtpmap:100 "));
  g_assert_nonnull (strstr (consumer->description, "a=extmap:7 "));
  peer_side_close (producer);
  peer_side_close (consumer);
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

/* The peer that answers DTLS must have the certificate that the description
 * named. */
static void
check_other_certificate (gboolean of_producer)
{
  g_autoptr (PeerSide) producer = peer_side_new (RW_WEBRTC_PEER_PRODUCER);
  g_autoptr (PeerSide) consumer = peer_side_new (RW_WEBRTC_PEER_CONSUMER);
  PeerSide *deceived = of_producer ? consumer : producer;
  g_autofree char *offer = NULL;
  g_autofree char *answer = NULL;

  peer_side_start (producer);
  peer_side_start (consumer);
  peer_side_wait_until (producer->described);
  offer = forge_fingerprint (producer->description);
  peer_side_set_remote (consumer, RW_SDP_TYPE_OFFER,
                        of_producer ? offer : producer->description);
  peer_side_wait_until (consumer->described);
  answer = forge_fingerprint (consumer->description);
  rw_loop_call (peer_side_loop, peer_side_tie,
                (PeerSide *[]){producer, consumer});
  peer_side_set_remote (producer, RW_SDP_TYPE_ANSWER,
                        of_producer ? consumer->description : answer);

  peer_side_wait_until (deceived->error != NULL);
  g_assert_error (deceived->error, RW_PEER_ERROR, RW_PEER_ERROR_IDENTITY);
  g_assert_false (deceived->connected);
  peer_side_close (producer);
  peer_side_close (consumer);
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
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;
  guint round, mline;
  gsize i;

  peer_side_make_pair (&producer, &consumer);
  for (round = 0; round < 10; round++) {
    for (i = 0; i < G_N_ELEMENTS (bad_candidates); i++) {
      for (mline = 0; mline < 3; mline++) {
        peer_side_add_candidate (producer, mline, bad_candidates[i]);
        peer_side_add_candidate (consumer, mline + 1000 * round,
                                 bad_candidates[i]);
      }
    }
  }
  peer_side_wait_until (producer->connected && consumer->connected);
  peer_side_push_until_one_arrives (producer, consumer, 0);
  peer_side_close (producer);
  peer_side_close (consumer);
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
    g_autoptr (PeerSide) side = peer_side_new (role);
    g_autofree char *first = mutate (rand, sdp);
    g_autofree char *text = mutate (rand, first);

    peer_side_set_remote (side, RW_SDP_TYPE_OFFER, text);
    peer_side_start (side);
    peer_side_wait_until (side->described || side->error != NULL);
    n_failed += side->error != NULL;
    peer_side_close (side);
  }
  g_test_message ("%u of %u were refused", n_failed, n);
  g_assert_cmpuint (n_failed, >, 0);
  g_assert_cmpuint (n_failed, <, n);
  g_rand_free (rand);
}

static char *
get_offer (gboolean from_consumer)
{
  RwWebrtcPeerConfig config = peer_side_get_default_config (
      from_consumer ? RW_WEBRTC_PEER_CONSUMER : RW_WEBRTC_PEER_PRODUCER);
  g_autoptr (PeerSide) side = NULL;

  config.offers = TRUE;
  side = peer_side_new_full (&config);
  peer_side_start (side);
  peer_side_wait_until (side->described);
  peer_side_close (side);
  return g_steal_pointer (&side->description);
}

static void
test_mutated_offers (void)
{
  g_autofree char *producers = get_offer (FALSE);
  g_autofree char *consumers = get_offer (TRUE);

  check_mutations (RW_WEBRTC_PEER_CONSUMER, producers,
                   2 * peer_side_get_n_cycles ());
  check_mutations (RW_WEBRTC_PEER_PRODUCER, consumers,
                   2 * peer_side_get_n_cycles ());
}

/* The answers are garbled on their way to the side that offered. */
static void
test_mutated_answers (void)
{
  GRand *rand = g_rand_new_with_seed (g_test_rand_int ());
  guint n_connected = 0;
  guint i;

  for (i = 0; i < peer_side_get_n_cycles (); i++) {
    g_autoptr (PeerSide) producer = peer_side_new (RW_WEBRTC_PEER_PRODUCER);
    g_autoptr (PeerSide) consumer = peer_side_new (RW_WEBRTC_PEER_CONSUMER);
    g_autofree char *text = NULL;

    peer_side_start (producer);
    peer_side_wait_until (producer->described);
    peer_side_start (consumer);
    peer_side_set_remote (consumer, RW_SDP_TYPE_OFFER, producer->description);
    peer_side_wait_until (consumer->described);
    text = mutate (rand, consumer->description);
    peer_side_set_remote (producer, RW_SDP_TYPE_ANSWER, text);
    peer_side_close (consumer);
    n_connected += producer->error == NULL;
    peer_side_close (producer);
  }
  g_assert_cmpuint (n_connected, >, 0);
  g_rand_free (rand);
}

static void
add_tests (void)
{
  g_test_add_func ("/webrtc-peer-hostile/bad-descriptions",
                   test_bad_descriptions);
  g_test_add_func ("/webrtc-peer-hostile/good-description",
                   test_good_description);
  g_test_add_func ("/webrtc-peer-hostile/description-out-of-turn",
                   test_description_out_of_turn);
  g_test_add_func ("/webrtc-peer-hostile/hasty-offers", test_hasty_offers);
  g_test_add_func ("/webrtc-peer-hostile/offer-right-after-the-answer",
                   test_offer_right_after_the_answer);
  peer_side_add_both ("/webrtc-peer-hostile/peer-that-renumbers",
                      test_peer_that_renumbers);
  g_test_add_func ("/webrtc-peer-hostile/other-certificate-of-producer",
                   test_other_certificate_of_producer);
  g_test_add_func ("/webrtc-peer-hostile/other-certificate-of-consumer",
                   test_other_certificate_of_consumer);
  g_test_add_func ("/webrtc-peer-hostile/bad-candidates", test_bad_candidates);
  g_test_add_func ("/webrtc-peer-hostile/mutated-offers", test_mutated_offers);
  g_test_add_func ("/webrtc-peer-hostile/mutated-answers",
                   test_mutated_answers);
}

int
main (int argc, char **argv)
{
  return peer_side_run (argc, argv, add_tests);
}
