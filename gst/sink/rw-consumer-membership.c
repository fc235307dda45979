/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-consumer-membership.h"

/* See the header. */

static RwConsumerCause
get_cause (const RwConsumerMembership *membership)
{
  return (RwConsumerCause){rw_session_get_id (membership->base),
                           rw_session_get_generation (membership->base)};
}

void
rw_consumer_membership_join (RwConsumerMembership *membership, const char *id,
                             gpointer session, RwSession *base)
{
  membership->session = session;
  membership->base = base;
  membership->consumer = rw_consumer_book_join (membership->book, id, session);
}

void
rw_consumer_membership_move (RwConsumerMembership *membership, RwSendPath *path)
{
  RwConsumerCause cause = get_cause (membership);
  RwSendPathStatus status;

  rw_send_path_get_status (path, &status);
  membership->consumer->backlog_ns = status.backlog_ns;
  membership->consumer =
      rw_consumer_book_move (membership->book, membership->consumer,
                             status.consumer_id, membership->session, &cause);
  rw_admission_queue_review (membership->handshakes);
}

void
rw_consumer_membership_set_state (RwConsumerMembership *membership,
                                  RwSendPath *path, RwState state,
                                  const char *reason)
{
  RwConsumerCause cause = get_cause (membership);
  RwSendPathStatus status;

  if (membership->consumer->state != state) {
    rw_send_path_get_status (path, &status);
    membership->consumer->backlog_ns = status.backlog_ns;
  }
  rw_consumer_book_set_state (membership->book, membership->consumer, &cause,
                              state, reason);
  rw_admission_queue_review (membership->handshakes);
}

void
rw_consumer_membership_leave (RwConsumerMembership *membership,
                              const RwSendPathStatus *status,
                              const char *stopped)
{
  RwConsumerCause cause = get_cause (membership);

  membership->consumer->backlog_ns = status->backlog_ns;
  rw_consumer_book_leave (membership->book,
                          g_steal_pointer (&membership->consumer),
                          membership->session, &cause, stopped);
  rw_admission_queue_review (membership->handshakes);
}
