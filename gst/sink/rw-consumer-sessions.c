/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-consumer-sessions.h"

/* A session is closed after so long a silence while a newer one of its consumer
 * works. */
#define SUPERSEDED_US (3 * G_USEC_PER_SEC)

/* Two sessions of one id that are both alive for so many seconds are two
 * receivers, not one that has returned. */
#define CONTESTED_S 5

static RwProducerSession *
nth_session (const RwConsumerEntry *consumer, guint n)
{
  return g_ptr_array_index (consumer->sessions, n);
}

RwState
rw_consumer_sessions_get_state (const RwConsumerEntry *consumer)
{
  RwState best = RW_STATE_RECONNECTING;

  for (guint i = 0; i < consumer->sessions->len; i++) {
    switch (rw_producer_session_get_liveness (nth_session (consumer, i))) {
    case RW_LIVENESS_ALIVE:
      return RW_STATE_CONNECTED;
    case RW_LIVENESS_SUSPECT:
      best = RW_STATE_SUSPECT;
      break;
    default:
      break;
    }
  }
  return best;
}

gboolean
rw_consumer_sessions_is_newest (const RwConsumerEntry *consumer,
                                const RwProducerSession *session)
{
  return nth_session (consumer, consumer->sessions->len - 1) == session;
}

void
rw_consumer_sessions_close_superseded (RwConsumerEntry *consumer,
                                       RwProducerSession *winner)
{
  guint64 generation = rw_producer_session_get_generation (winner);

  for (guint i = consumer->sessions->len; i-- > 0;) {
    RwProducerSession *other = nth_session (consumer, i);

    if (rw_producer_session_get_generation (other) < generation &&
        rw_producer_session_is_silent_for (other, SUPERSEDED_US))
      rw_producer_session_close (other, NULL);
  }
}

gboolean
rw_consumer_sessions_close_others (RwConsumerEntry *consumer,
                                   RwProducerSession *last)
{
  gint64 opened_us = rw_producer_session_get_opened_us (last);

  for (guint i = 0; i < consumer->sessions->len; i++)
    if (rw_producer_session_get_opened_us (nth_session (consumer, i)) >
        opened_us)
      return FALSE;
  for (guint i = consumer->sessions->len; i-- > 0;)
    if (nth_session (consumer, i) != last)
      rw_producer_session_close (nth_session (consumer, i), NULL);
  return TRUE;
}

/* The session of the same peer as @session that @queue has not admitted yet;
 * NULL if there is none. */
static RwProducerSession *
find_waiting (const RwConsumerEntry *consumer, RwAdmissionQueue *queue,
              RwProducerSession *session)
{
  const char *peer_id = rw_producer_session_get_peer_id (session);

  for (guint i = consumer->sessions->len; i-- > 0;) {
    RwProducerSession *other = nth_session (consumer, i);

    if (other != session &&
        g_str_equal (rw_producer_session_get_peer_id (other), peer_id) &&
        rw_admission_queue_is_waiting (queue, other))
      return other;
  }
  return NULL;
}

void
rw_consumer_sessions_enqueue (RwConsumerEntry *consumer,
                              RwAdmissionQueue *queue,
                              RwProducerSession *session)
{
  RwProducerSession *former = find_waiting (consumer, queue, session);

  if (former == NULL) {
    rw_admission_queue_add (queue, session);
    return;
  }
  rw_admission_queue_replace (queue, former, session);
  rw_producer_session_close (former, NULL);
}

static gboolean
is_alive (RwProducerSession *session)
{
  return rw_producer_session_get_liveness (session) == RW_LIVENESS_ALIVE;
}

/* Whether two peers have working sessions, of which the newest is one. */
static gboolean
has_rivals (RwConsumerEntry *consumer)
{
  guint n = consumer->sessions->len;
  RwProducerSession *newest = nth_session (consumer, n - 1);
  const char *peer_id = rw_producer_session_get_peer_id (newest);

  if (!is_alive (newest))
    return FALSE;
  for (guint i = 0; i < n - 1; i++) {
    RwProducerSession *other = nth_session (consumer, i);

    if (!g_str_equal (rw_producer_session_get_peer_id (other), peer_id) &&
        is_alive (other))
      return TRUE;
  }
  return FALSE;
}

void
rw_consumer_sessions_check_rivals (RwConsumerEntry *consumer,
                                   RwEndpoint *endpoint)
{
  g_autofree char *text = NULL;

  if (consumer->sessions->len < 2)
    return;
  if (!has_rivals (consumer)) {
    consumer->contested_s = 0;
    return;
  }
  if (++consumer->contested_s != CONTESTED_S)
    return;
  text = g_strdup_printf (
      "Two receivers use the consumer-id \"%s\", so neither of them gets every "
      "frame. Give each receiver its own consumer-id.",
      consumer->id);
  rw_notifier_post_warning (rw_endpoint_get_notifier (endpoint),
                            GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY, text,
                            NULL);
}
