/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "room-member.h"

#include <string.h>

#include "test-server.h"

static void
note (Member *m, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_string_append_vprintf (m->log, format, args);
  g_string_append_c (m->log, ';');
  va_end (args);
}

/* Peers by what they are to us. */
static const char *
name_of (Member *m, const char *id)
{
  return id == NULL ? "nobody" : g_strcmp0 (id, m->id) == 0 ? "me" : "other";
}

static void
on_opened (RwWsSignaller *ws, const char *id, Member *m)
{
  g_free (m->id);
  m->id = g_strdup (id);
  m->n_opened++;
}

static void
on_closed (RwWsSignaller *ws, GError *error, gboolean will_retry,
           gint64 delay_us, Member *m)
{
  m->n_closed++;
}

static void
on_room_joined (RwWsRooms *rooms, const char *room_id, guint64 sequence,
                GPtrArray *members, const char *holder, Member *m)
{
  note (m, "joined %s %u holder %s", room_id, members->len,
        name_of (m, holder));
}

static void
on_member_joined (RwWsRooms *rooms, const char *room_id, const char *id,
                  const char *meta, Member *m)
{
  note (m, "%s came %s", name_of (m, id), meta != NULL ? meta : "-");
}

static void
on_member_left (RwWsRooms *rooms, const char *room_id, const char *id,
                Member *m)
{
  note (m, "%s left", name_of (m, id));
}

/* Each once, in order. */
static void
on_room_message (RwWsRooms *rooms, const char *room_id, guint64 sequence,
                 const char *id, const char *data, Member *m)
{
  if (m->n_messages > 0)
    g_assert_cmpuint (sequence, ==, m->sequence + 1);
  m->sequence = sequence;
  m->n_messages++;
  if (*data == '"')
    note (m, "%s said %s", name_of (m, id), data);
}

static void
on_reconnection_detected (RwWsRooms *rooms, const char *room_id,
                          guint64 outage_ms, guint64 missed, guint64 lost,
                          const char *holder, Member *m)
{
  m->outage_ms = outage_ms;
  g_assert_cmpuint (lost, ==, 0);
  m->missed += missed;
  m->n_returns++;
}

static void
on_floor_granted (RwWsRooms *rooms, const char *room_id, guint64 max_hold_ms,
                  Member *m)
{
  g_assert_cmpuint (max_hold_ms, <=, 60000);
  note (m, "granted");
}

static void
on_floor_queued (RwWsRooms *rooms, const char *room_id, guint position,
                 Member *m)
{
  note (m, "queued %u", position);
}

static void
on_floor_denied (RwWsRooms *rooms, const char *room_id, const char *id,
                 Member *m)
{
  note (m, "denied for %s", name_of (m, id));
}

static void
on_floor_taken (RwWsRooms *rooms, const char *room_id, const char *id,
                Member *m)
{
  note (m, "taken by %s", name_of (m, id));
}

static void
on_floor_released (RwWsRooms *rooms, const char *room_id, const char *id,
                   const char *reason, Member *m)
{
  note (m, "released by %s: %s", name_of (m, id), reason);
}

static void
on_room_error (RwWsRooms *rooms, const char *room_id, const char *code,
               const char *details, Member *m)
{
  note (m, "error %s %s", room_id, code);
}

RwWsRooms *
member_get_rooms (Member *m)
{
  return rw_ws_signaller_get_rooms (m->ws);
}

static void
connect_signals (Member *m)
{
  static const struct {
    const char *signal;
    GCallback handler;
  } handlers[] = {
      {"room-joined", G_CALLBACK (on_room_joined)},
      {"member-joined", G_CALLBACK (on_member_joined)},
      {"member-left", G_CALLBACK (on_member_left)},
      {"room-message", G_CALLBACK (on_room_message)},
      {"reconnection-detected", G_CALLBACK (on_reconnection_detected)},
      {"floor-granted", G_CALLBACK (on_floor_granted)},
      {"floor-queued", G_CALLBACK (on_floor_queued)},
      {"floor-denied", G_CALLBACK (on_floor_denied)},
      {"floor-taken", G_CALLBACK (on_floor_taken)},
      {"floor-released", G_CALLBACK (on_floor_released)},
      {"room-error", G_CALLBACK (on_room_error)},
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (member_get_rooms (m), handlers[i].signal,
                      handlers[i].handler, m);
  g_signal_connect (m->ws, "opened", G_CALLBACK (on_opened), m);
  g_signal_connect (m->ws, "closed", G_CALLBACK (on_closed), m);
}

Member *
member_new (guint port, gboolean fake_clock)
{
  Member *m = g_new0 (Member, 1);
  g_autofree char *uri = g_strdup_printf ("ws://127.0.0.1:%u", port);
  const char *uris[] = {uri, NULL};
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;
  g_autoptr (GError) error = NULL;

  config.uris = uris;
  config.backoff.delay_us = 20 * MS;
  config.backoff.delay_max_us = 100 * MS;
  config.spread_us = 0;
  m->fake = fake_clock ? test_fake_clock_new () : NULL;
  m->clock = fake_clock ? RW_CLOCK (m->fake) : rw_clock_new ();
  /* A clock turned by hand outruns every pong. */
  config.ping_interval_us = fake_clock ? 0 : config.ping_interval_us;
  m->log = g_string_new (NULL);
  m->ws = rw_ws_signaller_new (m->clock, NULL, NULL, &config, &error);
  g_assert_no_error (error);
  m->signaller = RW_SIGNALLER (m->ws);
  connect_signals (m);
  return m;
}

void
member_free (Member *m)
{
  g_assert_finalize_object (m->ws);
  g_object_unref (m->clock);
  g_string_free (m->log, TRUE);
  g_free (m->id);
  g_free (m);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

typedef struct {
  Member *member;
  const char *part;
  guint n;
} Wanted;

static gboolean
is_noted (gpointer data)
{
  Wanted *wanted = data;

  return strstr (wanted->member->log->str, wanted->part) != NULL;
}

void
member_wait_noted (Member *m, const char *part)
{
  Wanted wanted = {m, part, 0};

  test_wait (is_noted, &wanted);
}

static gboolean
has_messages (gpointer data)
{
  Wanted *wanted = data;

  return wanted->member->n_messages >= wanted->n;
}

void
member_wait_messages (Member *m, guint n)
{
  Wanted wanted = {m, NULL, n};

  test_wait (has_messages, &wanted);
  g_assert_cmpuint (m->n_messages, ==, n);
}

static gboolean
has_closed (gpointer data)
{
  Wanted *wanted = data;

  return wanted->member->n_closed >= wanted->n;
}

static gboolean
has_opened (gpointer data)
{
  Wanted *wanted = data;

  return wanted->member->n_opened >= wanted->n;
}

void
member_wait_opened (Member *m, guint n)
{
  Wanted wanted = {m, NULL, n};

  test_wait (has_opened, &wanted);
}

void
member_lose_connection (Member *m, gint64 duration_us)
{
  Wanted wanted = {m, NULL, m->n_closed + 1};

  rw_ws_signaller_simulate_outage (m->ws, duration_us);
  test_wait (has_closed, &wanted);
}

void
member_clear_log (Member *m)
{
  g_string_truncate (m->log, 0);
}

Member *
member_join (guint port, gboolean fake_clock, const char *meta)
{
  Member *m = member_new (port, fake_clock);
  g_autoptr (GError) error = NULL;

  rw_signaller_start (m->signaller);
  g_assert_true (rw_ws_rooms_join (member_get_rooms (m), "r", meta, &error));
  g_assert_no_error (error);
  member_wait_noted (m, "joined r");
  return m;
}

void
member_publish (Member *m, const char *data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (rw_ws_rooms_publish (member_get_rooms (m), "r", data, &error));
  g_assert_no_error (error);
}

void
member_publish_numbers (Member *m, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_autofree char *data = g_strdup_printf ("%u", i);

    member_publish (m, data);
  }
}
