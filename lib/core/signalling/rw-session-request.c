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
