/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-session-request.h"

RwSessionRequest *
rw_session_request_new (const char *consumer_id)
{
  RwSessionRequest *self;

  g_return_val_if_fail (consumer_id != NULL, NULL);

  self = g_new0 (RwSessionRequest, 1);
  self->consumer_id = g_strdup (consumer_id);
  self->start = RW_SESSION_START_LIVE;

  return self;
}

/** rw_session_request_copy: a deep copy; NULL gives NULL. */
RwSessionRequest *
rw_session_request_copy (const RwSessionRequest *self)
{
  RwSessionRequest *copy;

  if (self == NULL)
    return NULL;

  copy = g_new (RwSessionRequest, 1);
  *copy = *self;
  copy->consumer_id = g_strdup (self->consumer_id);
  copy->stream_id = g_strdup (self->stream_id);

  return copy;
}

/** rw_session_request_free: NULL is fine. */
void
rw_session_request_free (RwSessionRequest *self)
{
  if (self == NULL)
    return;

  g_free (self->consumer_id);
  g_free (self->stream_id);
  g_free (self);
}
