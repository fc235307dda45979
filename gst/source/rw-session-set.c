/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-session-set.h"

/* See the header. A wake-up of the receiver holds a reference until it has run
 * on the control thread. */

struct _RwSessionSet {
  RwEndpoint *endpoint;
  RwLoop *loop; /* its */
  RwReceiver *receiver;
  char *consumer_id;
  RwStart start;
  guint latency_ms;

  RwSessionTable *table; /* while open */
  RwAlarm *alarm;        /* for the sessions at rest; the same */
  RwConsumerSessionHost host;
};

RwSessionSet *
rw_session_set_new (RwEndpoint *endpoint, RwReceiver *receiver,
                    const char *consumer_id, RwStart start, guint latency_ms)
{
  RwSessionSet *self = g_atomic_rc_box_new0 (RwSessionSet);

  self->endpoint = g_object_ref (endpoint);
  self->loop = g_object_ref (rw_endpoint_get_loop (endpoint));
  self->receiver = g_object_ref (receiver);
  self->consumer_id = g_strdup (consumer_id);
  self->start = start;
  self->latency_ms = latency_ms;
  return self;
}

static void
session_set_clear (gpointer data)
{
  RwSessionSet *self = data;

  g_assert (self->table == NULL);
  g_object_unref (self->receiver);
  g_object_unref (self->loop);
  g_object_unref (self->endpoint);
  g_free (self->consumer_id);
}

void
rw_session_set_unref (RwSessionSet *self)
{
  g_atomic_rc_box_release_full (self, session_set_clear);
}

typedef struct {
  RwSessionSet *set;
  guint64 generation;
} Wake;

static void
wake_free (Wake *wake)
{
  rw_session_set_unref (wake->set);
  g_free (wake);
}

static void
wake_on_loop (gpointer data)
{
  Wake *wake = data;
  RwSession *session;

  if (wake->set->table == NULL)
    return;
  session = rw_session_table_find (wake->set->table, wake->generation);
  if (session)
    rw_consumer_session_pump (session);
}

static void
on_receiver_wake (guint64 generation, gpointer data)
{
  RwSessionSet *self = data;
  Wake *wake = g_new0 (Wake, 1);

  wake->set = g_atomic_rc_box_acquire (self);
  wake->generation = generation;
  rw_loop_invoke (self->loop, wake_on_loop, wake, (GDestroyNotify) wake_free);
}

static void
on_alarm (gpointer data)
{
  RwSessionSet *self = data;
  g_autoptr (GPtrArray) sessions = rw_session_table_list (self->table);

  for (guint i = 0; i < sessions->len; i++)
    rw_consumer_session_pump (g_ptr_array_index (sessions, i));
}

RwSignaller *
rw_session_set_open (RwSessionSet *self)
{
  self->table = rw_session_table_new (self->endpoint);
  if (self->table == NULL)
    return NULL;
  self->alarm = rw_alarm_new (rw_loop_get_context (self->loop), "rw-consumer",
                              on_alarm, self);
  rw_receive_exchange_set_alarm (rw_receiver_get_exchange (self->receiver),
                                 self->alarm);
  return rw_session_table_get_signaller (self->table);
}

void
rw_session_set_connect (RwSessionSet *self, const RwConsumerSessionHost *host)
{
  self->host = *host;
  self->host.endpoint = self->endpoint;
  self->host.receiver = self->receiver;
  self->host.exchange = rw_receiver_get_exchange (self->receiver);
  self->host.sessions = self->table;
  rw_receive_exchange_set_wake_func (self->host.exchange, on_receiver_wake,
                                     self);
}

static void
end_all (RwSessionSet *self)
{
  g_autoptr (GPtrArray) sessions = rw_session_table_list (self->table);

  for (guint i = 0; i < sessions->len; i++)
    rw_consumer_session_close (g_ptr_array_index (sessions, i), RW_BYE_STOPPED);
}

void
rw_session_set_close (RwSessionSet *self)
{
  end_all (self);
  rw_session_table_close (self->table);
}

void
rw_session_set_release (RwSessionSet *self)
{
  rw_receive_exchange_set_alarm (rw_receiver_get_exchange (self->receiver),
                                 NULL);
  g_clear_pointer (&self->alarm, rw_alarm_free);
  g_clear_pointer (&self->table, rw_session_table_free);
}

void
rw_session_set_start (RwSessionSet *self, guint64 generation, const char *id,
                      const char *peer_id)
{
  RwReceiveEndpointConfig config;

  rw_receive_endpoint_config_init (&config, self->consumer_id, generation);
  config.start = self->start;
  config.stall_us =
      rw_endpoint_get_stall_timeout_ms (self->endpoint) * (gint64) 1000;
  rw_consumer_session_start (&self->host, id, peer_id, &config,
                             self->latency_ms);
}

void
rw_session_set_end (RwSessionSet *self, guint64 generation, RwByeReason reason)
{
  RwSession *session = rw_session_table_find (self->table, generation);

  if (session)
    rw_consumer_session_close (session, reason);
}

gboolean
rw_session_set_has (RwSessionSet *self, guint64 generation, const char *id)
{
  return rw_session_table_find (self->table, generation) != NULL ||
         rw_session_table_has_id (self->table, id);
}

const char *
rw_session_set_get_id (RwSessionSet *self, guint64 generation)
{
  RwSession *session =
      self->table ? rw_session_table_find (self->table, generation) : NULL;

  return session ? rw_session_get_id (session) : NULL;
}

void
rw_session_set_update_base_time (RwSessionSet *self, GstClockTime base_time)
{
  g_autoptr (GPtrArray) sessions = NULL;

  if (self->table == NULL)
    return;
  sessions = rw_session_table_list (self->table);
  for (guint i = 0; i < sessions->len; i++)
    rw_webrtc_peer_set_base_time (
        rw_session_get_peer (g_ptr_array_index (sessions, i)), base_time);
}
