/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-client.h"

#include "rw-ice-refresh.h"
#include "rw-own-status.h"
#include "rw-signal-dispatch.h"

/*
 * Passes messages between the parts that it owns: RwServerLink (a connection to
 * one of the servers), RwReliableChannel (what goes over one connection after
 * another), RwSignalDispatch and RwWsRooms (messages to signals), RwIceRefresh
 * and RwOwnStatus. A handler of the signaller's may drop the last reference but
 * the one that is held meanwhile.
 */

struct _RwSignalClient {
  RwSignaller *signaller; /* no reference: it is the owner */
  RwServerLink *link;
  RwReliableChannel *channel;
  RwSignalDispatch *dispatch;
  RwWsRooms *rooms;
  RwIceRefresh *ice;
  RwOwnStatus status;
  gboolean is_reported_open;
  guint64 n_opened;
  guint64 n_resumed;
  guint64 n_malformed;
};

/* ---- what is sent on each connection ---- */

/* Takes @message; NULL is none. */
static void
send_now (RwSignalClient *self, RwServerConnection *connection,
          RwSignalMessage *message)
{
  if (message == NULL)
    return;
  rw_reliable_channel_send_now (self->channel, connection, message);
  rw_signal_message_unref (message);
}

/* Every server answers it: it is also a question for a sign of life. A client
 * that does not listen wants no more than that, and this project's servers
 * know. */
static RwSignalMessage *
new_list (RwSignalClient *self)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_LIST);

  message->brief = !rw_own_status_is_listener (&self->status);
  return message;
}

static void
on_race_handshake (RwConnectionRace *race, RwServerConnection *connection,
                   RwSignalClient *self)
{
  send_now (self, connection, rw_reliable_channel_new_request (self->channel));
  send_now (self, connection, rw_own_status_new_message (&self->status));
  send_now (self, connection, new_list (self));
}

static void
on_link_probe (RwServerLink *link, RwServerConnection *connection,
               RwSignalClient *self)
{
  send_now (self, connection, new_list (self));
}

static void
on_ice_due (gpointer data)
{
  RwSignalClient *self = data;
  RwServerConnection *current = rw_server_link_get_current (self->link);

  if (current != NULL && rw_server_connection_has_resumption (current))
    send_now (self, current, rw_signal_message_new (RW_SIGNAL_GET_ICE_SERVERS));
}

/* ---- the connection ---- */

static void
report_closed (RwSignalClient *self, const GError *error, gint64 delay_us)
{
  self->is_reported_open = FALSE;
  rw_signaller_emit_closed (self->signaller, error, TRUE, delay_us);
}

/* The server of @connection does not know the client: what was asked before is
 * not answered any more, and its sessions are over for the server. */
static void
refuse_requests (RwSignalClient *self)
{
  guint64 generation;

  while (rw_reliable_channel_take_answer (self->channel, &generation))
    rw_signaller_emit_session_refused (self->signaller, generation,
                                       "the connection was lost first");
}

static void
lose_sessions (RwSignalClient *self, RwServerConnection *connection)
{
  g_autoptr (GError) error = NULL;

  refuse_requests (self);
  if (!self->is_reported_open)
    return;
  if (!rw_server_link_is_moving (self->link, connection))
    error = g_error_new_literal (
        RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT,
        "The signalling server did not answer on the old connection; a new one "
        "has taken its place");
  rw_server_link_disconnect (self->link);
  report_closed (self, error, 0);
}

static void
note_ice_servers (RwSignalClient *self, const RwSignalMessage *message)
{
  g_autoptr (GPtrArray) none = rw_ice_servers_new ();
  GPtrArray *servers =
      message->ice_servers != NULL ? message->ice_servers : none;

  rw_ice_refresh_note_servers (self->ice, servers->len, message->ice_ttl_ms);
  rw_signaller_emit_ice_servers (self->signaller, servers);
}

static void
reject (RwSignalClient *self, RwServerConnection *connection, const char *what)
{
  rw_reliable_channel_forget (self->channel);
  rw_server_link_reject (self->link, connection, what);
}

static void
open_channel (RwSignalClient *self, RwServerConnection *connection,
              const RwSignalMessage *welcome)
{
  const char *peer_id = rw_server_connection_get_peer_id (connection);
  gboolean is_resumed =
      welcome != NULL && (welcome->resumed || welcome->restored);

  self->n_opened++;
  self->n_resumed += is_resumed ? 1 : 0;
  self->is_reported_open = TRUE;
  rw_server_link_use (self->link, connection, welcome);
  rw_signal_dispatch_open (self->dispatch, peer_id);
  rw_ws_rooms_connect (self->rooms, connection);
  g_info ("%s: open as %s%s", rw_server_connection_get_uri (connection),
          peer_id, is_resumed ? ", resumed" : "");
  rw_signaller_emit_opened (self->signaller, peer_id);
  rw_reliable_channel_flush (self->channel);
}

static void
on_race_welcomed (RwConnectionRace *race, RwServerConnection *connection,
                  const RwSignalMessage *welcome, RwSignalClient *self)
{
  g_autoptr (RwSignaller) held = g_object_ref (self->signaller);

  /* Sessions are begun as soon as the connection is open. */
  if (welcome != NULL)
    note_ice_servers (self, welcome);
  /* A server that restores the client knows the sessions, but not what was
   * sent last. */
  if (welcome != NULL && welcome->restored)
    refuse_requests (self);
  else if (welcome == NULL || !welcome->resumed)
    lose_sessions (self, connection);
  /* A handler may have stopped the signaller. */
  if (!rw_server_link_is_live (self->link, connection))
    return;
  if (rw_reliable_channel_open (self->channel, connection, welcome))
    open_channel (self, connection, welcome);
  else
    reject (self, connection, "acknowledges messages that were never sent");
}

static void
on_link_disconnected (RwServerLink *link, RwSignalClient *self)
{
  rw_reliable_channel_pause (self->channel);
  rw_ws_rooms_disconnect (self->rooms);
}

static void
on_link_closed (RwServerLink *link, const GError *error, gint64 delay_us,
                RwSignalClient *self)
{
  report_closed (self, error, delay_us);
}

static void
on_link_failed (RwServerLink *link, const GError *error, RwSignalClient *self)
{
  rw_signaller_emit_failed (self->signaller, error);
}

static char *
on_race_request_token (RwConnectionRace *race, RwSignalClient *self)
{
  char *token = NULL;

  g_signal_emit_by_name (self->signaller, "request-token", &token);
  return token;
}

/* ---- messages ---- */

/* TRUE if a message with that verdict is to be handled. */
static gboolean
admit (RwSignalClient *self, RwServerConnection *connection,
       RwResendQueueVerdict verdict)
{
  if (verdict == RW_RESEND_QUEUE_GAP)
    reject (self, connection,
            "has left out a message, or acknowledges messages "
            "that were never sent");
  return verdict == RW_RESEND_QUEUE_NEW;
}

static void
on_race_message (RwConnectionRace *race, RwServerConnection *connection,
                 const RwSignalMessage *message, RwSignalClient *self)
{
  g_autoptr (RwSignaller) held = g_object_ref (self->signaller);

  if (connection != rw_server_link_get_current (self->link))
    return;
  if (message->type == RW_SIGNAL_ERROR_REPLY && message->retry_after_ms > 0)
    rw_server_connection_hold_off (
        connection, (gint64) MIN (message->retry_after_ms, G_MAXUINT32) *
                        G_GINT64_CONSTANT (1000));
  if (!admit (self, connection,
              rw_reliable_channel_receive (self->channel, message)))
    return;
  if (message->type == RW_SIGNAL_MOVED)
    rw_server_link_drain (self->link, message->delay_ms);
  else if (message->type == RW_SIGNAL_ICE_SERVERS)
    note_ice_servers (self, message);
  else if (!rw_ws_rooms_receive (self->rooms, message))
    rw_signal_dispatch_receive (self->dispatch, message);
}

/* Nonsense, or a message of a later version; it may have a number all the same.
 */
static void
on_race_malformed (RwConnectionRace *race, RwServerConnection *connection,
                   guint64 seq, const char *why, RwSignalClient *self)
{
  g_autoptr (RwSignaller) held = g_object_ref (self->signaller);
  guint64 n = ++self->n_malformed;

  /* Each doubling is logged: a faulty server does not fill the disk. */
  if ((n & (n - 1)) == 0)
    g_message ("%s: message ignored (%" G_GUINT64_FORMAT " so far): %s",
               rw_server_connection_get_uri (connection), n, why);
  if (seq > 0 && connection == rw_server_link_get_current (self->link))
    admit (self, connection,
           rw_reliable_channel_receive_number (self->channel, seq));
}

/* ---- public ---- */

static void
connect_link (RwSignalClient *self)
{
  RwConnectionRace *race = rw_server_link_get_race (self->link);

  g_signal_connect (race, "handshake", G_CALLBACK (on_race_handshake), self);
  g_signal_connect (race, "welcomed", G_CALLBACK (on_race_welcomed), self);
  g_signal_connect (race, "message", G_CALLBACK (on_race_message), self);
  g_signal_connect (race, "malformed", G_CALLBACK (on_race_malformed), self);
  g_signal_connect (race, "request-token", G_CALLBACK (on_race_request_token),
                    self);
  g_signal_connect (self->link, "probe", G_CALLBACK (on_link_probe), self);
  g_signal_connect (self->link, "disconnected",
                    G_CALLBACK (on_link_disconnected), self);
  g_signal_connect (self->link, "closed", G_CALLBACK (on_link_closed), self);
  g_signal_connect (self->link, "failed", G_CALLBACK (on_link_failed), self);
}

RwSignalClient *
rw_signal_client_new (RwSignaller *signaller, RwClock *clock,
                      GMainContext *context, GRand *rand, const char *client_id,
                      const RwServerLinkConfig *config)
{
  RwSignalClient *self = g_new0 (RwSignalClient, 1);

  self->signaller = signaller;
  self->channel = rw_reliable_channel_new (clock, context, client_id);
  self->dispatch = rw_signal_dispatch_new (signaller, self->channel);
  self->rooms = rw_ws_rooms_new (clock, self->channel);
  self->ice = rw_ice_refresh_new (clock, context, on_ice_due, self);
  self->link = rw_server_link_new (clock, context, rand, config);
  connect_link (self);
  return self;
}

void
rw_signal_client_free (RwSignalClient *self)
{
  g_signal_handlers_disconnect_by_data (rw_server_link_get_race (self->link),
                                        self);
  g_signal_handlers_disconnect_by_data (self->link, self);
  g_object_run_dispose (G_OBJECT (self->link));
  g_object_unref (self->link);
  rw_ws_rooms_detach (self->rooms);
  g_object_unref (self->rooms);
  rw_ice_refresh_free (self->ice);
  rw_signal_dispatch_free (self->dispatch);
  rw_reliable_channel_free (self->channel);
  rw_own_status_clear (&self->status);
  g_free (self);
}

RwServerLink *
rw_signal_client_get_link (RwSignalClient *self)
{
  return self->link;
}

RwWsRooms *
rw_signal_client_get_rooms (RwSignalClient *self)
{
  return self->rooms;
}

void
rw_signal_client_send (RwSignalClient *self, RwSignalMessage *message)
{
  rw_reliable_channel_send (self->channel, message);
}

void
rw_signal_client_send_state (RwSignalClient *self, RwSignalMessage *message)
{
  RwServerConnection *current = rw_server_link_get_current (self->link);

  if (current != NULL && rw_server_connection_has_resumption (current))
    send_now (self, current, message);
  else
    rw_signal_message_unref (message);
}

void
rw_signal_client_set_status (RwSignalClient *self, RwRoles roles,
                             const char *name, const char *stream_id)
{
  RwServerConnection *current = rw_server_link_get_current (self->link);

  rw_own_status_set (&self->status, roles, name, stream_id);
  rw_signal_dispatch_set_listening (self->dispatch,
                                    rw_own_status_is_listener (&self->status));
  if (current != NULL)
    send_now (self, current, rw_own_status_new_message (&self->status));
}

RwServerConnection *
rw_signal_client_stop (RwSignalClient *self)
{
  RwServerConnection *closing = rw_server_link_get_current (self->link);

  if (closing != NULL) {
    g_object_ref (closing);
    /* The server is not to wait for this client as for one that was cut off. */
    send_now (self, closing, rw_own_status_new_leave_message (&self->status));
    rw_server_connection_close (closing);
  }
  self->is_reported_open = FALSE;
  rw_ice_refresh_stop (self->ice);
  rw_ws_rooms_end (self->rooms);
  rw_reliable_channel_end (self->channel);
  rw_signal_dispatch_forget (self->dispatch);
  rw_server_link_stop (self->link);
  return closing;
}

void
rw_signal_client_get_counts (RwSignalClient *self, RwSignalClientCounts *counts)
{
  rw_reliable_channel_get_counts (self->channel, &counts->channel);
  counts->opened = self->n_opened;
  counts->resumed = self->n_resumed;
  counts->malformed = self->n_malformed;
}
