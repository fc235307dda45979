/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-session.h"

struct _RwHubSession {
  char *id;
  guint64 number;
  RwHubClient *producer;
  RwHubClient *consumer;
  GList of_producer;
  GList of_consumer;
};

RwHubSession *
rw_hub_session_new (char *id, guint64 number, RwHubClient *producer,
                    RwHubClient *consumer)
{
  RwHubSession *self = g_new0 (RwHubSession, 1);

  self->id = id;
  self->number = number;
  self->producer = producer;
  self->consumer = consumer;
  self->of_producer.data = self;
  self->of_consumer.data = self;
  g_queue_push_tail_link (rw_hub_client_get_sessions (producer),
                          &self->of_producer);
  g_queue_push_tail_link (rw_hub_client_get_sessions (consumer),
                          &self->of_consumer);
  return self;
}

/** rw_hub_session_free: before its clients are freed. NULL is fine. */
void
rw_hub_session_free (RwHubSession *self)
{
  if (self == NULL)
    return;

  g_queue_unlink (rw_hub_client_get_sessions (self->producer),
                  &self->of_producer);
  g_queue_unlink (rw_hub_client_get_sessions (self->consumer),
                  &self->of_consumer);
  g_free (self->id);
  g_free (self);
}

const char *
rw_hub_session_get_id (const RwHubSession *self)
{
  return self->id;
}

guint64
rw_hub_session_get_number (const RwHubSession *self)
{
  return self->number;
}

RwHubClient *
rw_hub_session_get_producer (const RwHubSession *self)
{
  return self->producer;
}

RwHubClient *
rw_hub_session_get_consumer (const RwHubSession *self)
{
  return self->consumer;
}

gboolean
rw_hub_session_has (const RwHubSession *self, const RwHubClient *client)
{
  return self->producer == client || self->consumer == client;
}

RwHubClient *
rw_hub_session_get_other (const RwHubSession *self, const RwHubClient *client)
{
  return self->producer == client ? self->consumer : self->producer;
}
