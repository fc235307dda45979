/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-ordinary.h"
#include "test-process.h"

/* A page that has muted or closed its microphone is not asked for another
 * session, in which it would be open again. */

typedef struct {
  TestOrdinary *peer;
  TestPeer *other; /* nullable: another producer */
  guint n_asked;   /* of @peer */
  gint64 until_us; /* 0 for ever */
} Asked;

static gboolean
is_asked (TestPeer *line)
{
  for (GList *item = line->received.head; item; item = item->next)
    if (strstr (item->data, "\"startSession\"") != NULL)
      return TRUE;
  return FALSE;
}

static gboolean
is_asked_or_late (gpointer data)
{
  Asked *asked = data;

  test_ordinary_take_messages (asked->peer);
  return asked->peer->n_asked > asked->n_asked ||
         (asked->other && is_asked (asked->other)) ||
         (asked->until_us != 0 && g_get_monotonic_time () > asked->until_us);
}

/* The source has asked for a session; nothing of it comes through yet. */
static TestOrdinary *
new_unreachable_producer (TestSide *src, gboolean replaces)
{
  TestOrdinary *peer = test_ordinary_new_producer (src);
  TestOrdinaryWant want = {src, peer, 1};

  peer->is_unreachable = TRUE;
  peer->replaces = replaces;
  test_wait_until (test_ordinary_is_answered, &want, "an answer");
  return peer;
}

static void
end_session (TestOrdinary *peer)
{
  test_peer_send_json (peer->line, "{'type':'endSession','sessionId':'%s'}",
                       peer->session_id);
}

/* The end comes so long after the last audio that it would be an outage, were
 * there no reports; and before any report has told that it is none. */
static void
check_muted_session (guint muted_s, guint n_reports)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
  TestOrdinaryWant want = {src, peer, 30};
  Asked asked = {peer};
  gint64 muted_us;

  test_wait_until (test_ordinary_has_come_out, &want, "audio");
  test_ordinary_mute (peer);
  muted_us = g_get_monotonic_time ();
  asked.n_asked = peer->n_asked;
  asked.until_us = muted_us + muted_s * G_USEC_PER_SEC;
  test_wait_until (is_asked_or_late, &asked, "the end of the silence");
  want.n = n_reports;
  test_wait_until (test_ordinary_has_reported, &want, "reports");
  g_assert_cmpuint (peer->n_asked, ==, asked.n_asked);

  end_session (peer);
  asked.until_us = g_get_monotonic_time () + 3 * G_USEC_PER_SEC;
  test_wait_until (is_asked_or_late, &asked, "three seconds");
  g_assert_cmpuint (peer->n_asked, ==, asked.n_asked);
}

static void
test_muted_session_that_ends_is_not_asked_for_again (void)
{
  check_muted_session (14, 2);
  check_muted_session (1, 0);
}

/* The newest of a name is preferred, but the session is another one's. */
static void
test_the_producer_that_has_closed_is_the_one_not_asked (void)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
  g_autoptr (TestPeer) other = NULL;
  TestOrdinaryWant want = {src, peer, 30};
  Asked asked = {peer};

  test_wait_until (test_ordinary_has_come_out, &want, "audio");
  other = test_peer_new (test_side_get_port (src));
  g_free (test_peer_expect_type (other, "welcome"));
  test_peer_send_json (other, "{'type':'setPeerStatus','roles':['producer'],"
                              "'meta':{'name':'studio'}}");
  test_peer_send_json (other, "{'type':'list'}");
  g_free (test_peer_expect_type (other, "list"));
  asked.n_asked = peer->n_asked;
  asked.other = other;
  end_session (peer);
  test_wait_until (is_asked_or_late, &asked, "a request");
  g_assert_cmpuint (peer->n_asked, ==, asked.n_asked);
  g_assert_true (is_asked (other));
}

/* Requests may cross with the end; before, there was one every 0.1 s. */
#define MAX_CROSSING 4

/* Its user has changed their mind before the connection was made. */
static void
test_session_that_is_closed_early_is_not_asked_for_again (void)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestOrdinary) peer = new_unreachable_producer (src, FALSE);
  Asked asked = {peer, NULL, peer->n_asked + MAX_CROSSING,
                 g_get_monotonic_time () + 4 * G_USEC_PER_SEC};

  end_session (peer);
  test_wait_until (is_asked_or_late, &asked, "four seconds");
  g_assert_cmpuint (peer->n_asked, <=, asked.n_asked);
}

/* A page with one session at a time ends the one for the other, which does not
 * mean that it wants none: it is the source's producer still. */
static void
test_page_that_replaces_its_session_has_not_closed_it (void)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestOrdinary) peer = new_unreachable_producer (src, TRUE);
  TestOrdinaryWant want = {src, peer, 30};
  const GstStructure *state;

  test_wait_until (test_ordinary_has_come_out, &want, "audio");
  state = test_side_wait_message (src, "resilient-webrtc-state", "state",
                                  "connected");
  g_assert_nonnull (gst_structure_get_string (state, "peer-id"));
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func (
      "/gst/privacy/muted-session-that-ends-is-not-asked-for-again",
      test_muted_session_that_ends_is_not_asked_for_again);
  g_test_add_func (
      "/gst/privacy/session-that-is-closed-early-is-not-asked-for-again",
      test_session_that_is_closed_early_is_not_asked_for_again);
  g_test_add_func (
      "/gst/privacy/page-that-replaces-its-session-has-not-closed-it",
      test_page_that_replaces_its_session_has_not_closed_it);
  g_test_add_func (
      "/gst/privacy/the-producer-that-has-closed-is-the-one-not-asked",
      test_the_producer_that_has_closed_is_the_one_not_asked);
  return test_process_run_tests ();
}
