/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-ws-signaller.h"
#include "test-fake-clock.h"

G_BEGIN_DECLS

#define MS G_GINT64_CONSTANT (1000)

/* A client in a room of a server; it writes what it receives in words. */
typedef struct {
  RwClock *clock;
  TestFakeClock *fake; /* the same, or NULL */
  RwWsSignaller *ws;
  RwSignaller *signaller;
  char *id;
  GString *log;
  guint n_opened;
  guint n_closed;
  guint n_messages;
  guint64 sequence; /* of the last message */
  guint64 missed;
  guint64 outage_ms;
  guint n_returns;
} Member;

RwWsRooms *member_get_rooms (Member *m);
Member *member_new (guint port, gboolean fake_clock);
void member_free (Member *m);
void member_wait_noted (Member *m, const char *part);
void member_wait_messages (Member *m, guint n);
void member_wait_opened (Member *m, guint n);

/* Its connection is gone for so long. */
void member_lose_connection (Member *m, gint64 duration_us);
void member_clear_log (Member *m);
Member *member_join (guint port, gboolean fake_clock, const char *meta);
void member_publish (Member *m, const char *data);
void member_publish_numbers (Member *m, guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Member, member_free)

G_END_DECLS
