/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-json.h"
#include "rw-frame-limiter.h"
#include "rw-json-text.h"
#include "rw-clients.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define N_CONNECTIONS 4

typedef struct {
  RwClients *clients;
  gint64 now_us;
  guint n_ids;
  guint64 last;
  guint64 open[N_CONNECTIONS];
} Fuzz;

static char *
next_id (gpointer user_data)
{
  Fuzz *f = user_data;

  return g_strdup_printf ("%u", f->n_ids++);
}

/* Every message that goes out is sound JSON. */
static void
drain (Fuzz *f)
{
  RwClientsOutput output;

  while (rw_clients_pop (f->clients, &output)) {
    if (output.message != NULL) {
      g_autofree char *text =
          rw_signal_message_to_unnumbered_json (output.message);
      g_autofree char *numbered = NULL;
      char tail[RW_SIGNAL_JSON_MAX_NUMBERS];

      rw_signal_json_print_numbers (tail, output.seq, output.has_ack,
                                    output.ack);
      numbered =
          g_strdup_printf ("%.*s%s", (int) strlen (text) - 1, text, tail);
      g_assert (rw_json_text_check (numbered, strlen (numbered), 64, NULL));
    }
    rw_clients_output_clear (&output);
  }
}

static void
hear (Fuzz *f, guint64 connection, const char *text, gsize len)
{
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_parse (text, len, NULL);

  if (message == NULL) {
    rw_clients_fail (f->clients, connection, "bad-message", "bad", 0,
                     f->now_us);
    return;
  }
  rw_clients_handle (f->clients, connection, message, f->now_us);
}

/* A line: which connection, what happens, and what it says. */
static void
play (Fuzz *f, const char *line, gsize len)
{
  guint64 *connection;

  if (len < 2)
    return;

  connection = &f->open[(guint8) line[0] % N_CONNECTIONS];
  if (line[1] == '+' && *connection == 0)
    rw_clients_connect (f->clients, *connection = ++f->last, NULL, f->now_us);
  else if (line[1] == '-' && *connection != 0)
    rw_clients_disconnect (f->clients, *connection, f->now_us);
  else if (line[1] == '~' && *connection != 0)
    rw_clients_leave (f->clients, *connection, f->now_us);
  else if (line[1] == '.')
    f->now_us += (gint64) (guint8) line[0] * G_USEC_PER_SEC / 10;
  else if (*connection != 0)
    hear (f, *connection, line + 1, len - 1);
  if (line[1] == '-' || line[1] == '~')
    *connection = 0;

  if (rw_clients_get_wake_us (f->clients) <= f->now_us)
    rw_clients_wake (f->clients, f->now_us);
  drain (f);
}

static void
guard_bytes (const guint8 *data, gsize size)
{
  RwFrameLimiter guard;

  rw_frame_limiter_init (&guard, 1000, 5);
  for (gsize at = 0; at < size; at += 7)
    g_assert (rw_frame_limiter_pass (&guard, data + at, MIN (7, size - at)) <=
              7);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  Fuzz f = {.now_us = G_USEC_PER_SEC};
  RwClientsConfig config = {
      .new_id = next_id,
      .new_token = next_id,
      .user_data = &f,
      .grace_us = 5 * G_USEC_PER_SEC,
      .max_kept = 10,
      .max_kept_bytes = 10000,
      .max_waiting = 2,
      .rooms = {.max_rooms = 2,
                .max_rooms_per_member = 2,
                .max_messages = 5,
                .max_bytes = 5000,
                .max_total_bytes = 12000,
                .max_age_us = 10 * G_USEC_PER_SEC,
                .floor = {3 * G_USEC_PER_SEC, G_USEC_PER_SEC, 2}},
  };
  const char *text = (const char *) data;

  f.clients = rw_clients_new (&config);
  for (gsize at = 0; at < size;) {
    const char *end = memchr (text + at, '\n', size - at);
    gsize len = end != NULL ? (gsize) (end - text) - at : size - at;

    play (&f, text + at, len);
    at += len + 1;
  }
  rw_clients_free (f.clients);
  guard_bytes (data, size);
  return 0;
}
