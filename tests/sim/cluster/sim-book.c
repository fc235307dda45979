/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-book.h"

#include "sim-time.h"

#include <string.h>

#define NOBODY G_MAXUINT

#define MAX_CLIENTS 16

typedef struct {
  guint clients[2]; /* the first is the one that was told first */
  gboolean has_other;
  guint sent[2]; /* by each of them */
  guint got[2];
  gboolean is_excused;
  gboolean is_closed;
} Session;

/* A message of a room. */
typedef struct {
  guint client;
  const char *room; /* interned */
  gboolean is_early;
  gboolean is_read;
  gboolean is_forgiven;
} Published;

/* A client, which has had other ids before. */
typedef struct {
  char *id;
  gint64 anew_us; /* when it was restored, or began anew, last */
  gboolean is_lost;
} Known;

struct _SimBook {
  guint32 seed;
  Known known[MAX_CLIENTS];
  GHashTable *ids;       /* id -> its client, as a pointer */
  GHashTable *sessions;  /* id -> Session */
  GHashTable *published; /* text -> Published */
  GHashTable *numbers;   /* room, instance and sequence -> text */
  GHashTable *texts;     /* room, instance and text -> sequence */
  guint n_published;
  gboolean is_forgiven;
  gboolean may_be_anew;
  gboolean has_names;
  guint64 n; /* messages received */
};

SimBook *
sim_book_new (guint32 seed)
{
  SimBook *self = g_new0 (SimBook, 1);

  self->seed = seed;
  self->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->sessions =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->published =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->numbers =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
sim_book_free (SimBook *self)
{
  for (guint i = 0; i < MAX_CLIENTS; i++)
    g_free (self->known[i].id);
  g_hash_table_unref (self->ids);
  g_hash_table_unref (self->sessions);
  g_hash_table_unref (self->published);
  g_hash_table_unref (self->numbers);
  g_hash_table_unref (self->texts);
  g_free (self);
}

void
sim_book_fail (SimBook *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("seed %u, at %.3f s: %s (RW_SEED=%u runs it alone, "
              "with RW_SIM_LOG=1 in full)\n",
              self->seed, (gdouble) sim_time_get () / G_USEC_PER_SEC - 1000,
              text, self->seed);
  g_abort ();
}

void
sim_book_note (SimBook *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  if (g_getenv ("RW_SIM_LOG") == NULL)
    return;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("%8.3f %s\n", (gdouble) sim_time_get () / G_USEC_PER_SEC - 1000,
              text);
}

/* --- Sessions --- */

void
sim_book_note_id (SimBook *self, guint client, const char *id)
{
  g_assert_cmpuint (client, <, MAX_CLIENTS);
  self->known[client].is_lost = FALSE;
  g_free (self->known[client].id);
  self->known[client].id = g_strdup (id);
  g_hash_table_replace (self->ids, g_strdup (id), GUINT_TO_POINTER (client));
}

void
sim_book_note_lost (SimBook *self, guint client)
{
  self->known[client].is_lost = TRUE;
}

void
sim_book_begin_session (SimBook *self, const char *id, guint client,
                        const char *peer_id, gint64 ill_from_us)
{
  Session *session = g_hash_table_lookup (self->sessions, id);
  guint other = GPOINTER_TO_UINT (g_hash_table_lookup (self->ids, peer_id));
  const Known *known = &self->known[other];

  if (!g_hash_table_contains (self->ids, peer_id))
    sim_book_fail (self, "c%u: session %s with %s, which nobody is", client, id,
                   peer_id);
  if (session != NULL) {
    if (session->clients[0] != client && session->clients[1] != client)
      sim_book_fail (self, "c%u: session %s is that of others", client, id);
    session->has_other |= session->clients[1] == client;
    return;
  }

  session = g_new0 (Session, 1);
  session->clients[0] = client;
  session->clients[1] = other;
  /* The other one has gone on elsewhere, which the server cannot know. */
  session->is_excused = !g_str_equal (known->id, peer_id) ||
                        known->anew_us >= ill_from_us || known->is_lost;
  g_hash_table_insert (self->sessions, g_strdup (id), session);
}

static guint
get_side (const Session *session, guint client)
{
  return session->clients[0] == client ? 0 : 1;
}

guint
sim_book_send (SimBook *self, const char *id, guint client)
{
  Session *session = g_hash_table_lookup (self->sessions, id);

  return ++session->sent[get_side (session, client)];
}

void
sim_book_receive (SimBook *self, const char *id, guint client, guint n)
{
  Session *session = g_hash_table_lookup (self->sessions, id);
  guint *got;

  if (session == NULL)
    sim_book_fail (self,
                   "c%u received a message of session %s before its "
                   "beginning",
                   client, id);
  got = &session->got[get_side (session, client)];
  if (n <= *got)
    sim_book_fail (self,
                   "c%u received message %u of session %s again, after "
                   "%u",
                   client, n, id, *got);
  if (n != *got + 1 && !session->is_excused && !session->is_closed)
    sim_book_fail (self, "c%u lacks message %u of session %s, got %u", client,
                   *got + 1, id, n);
  *got = n;
  self->n++;
}

void
sim_book_end_session (SimBook *self, const char *id, guint client)
{
  Session *session = g_hash_table_lookup (self->sessions, id);

  if (session == NULL)
    return;
  if (!session->is_excused && !session->is_closed)
    sim_book_fail (self, "c%u: session %s was ended by a server", client, id);
  session->is_closed = TRUE;
}

void
sim_book_close_session (SimBook *self, const char *id)
{
  Session *session = g_hash_table_lookup (self->sessions, id);

  if (session != NULL)
    session->is_closed = TRUE;
}

gboolean
sim_book_is_open (SimBook *self, const char *id)
{
  const Session *session = g_hash_table_lookup (self->sessions, id);

  return session != NULL && !session->is_closed && !session->is_excused;
}

static void
excuse (gpointer id, gpointer value, gpointer client)
{
  Session *session = value;
  guint which = GPOINTER_TO_UINT (client);

  if (which == NOBODY || session->clients[0] == which ||
      session->clients[1] == which)
    session->is_excused = TRUE;
}

void
sim_book_excuse (SimBook *self, guint client)
{
  g_hash_table_foreach (self->sessions, excuse, GUINT_TO_POINTER (client));
}

void
sim_book_excuse_all (SimBook *self)
{
  sim_book_excuse (self, NOBODY);
}

void
sim_book_note_trouble (SimBook *self)
{
  self->may_be_anew = TRUE;
}

void
sim_book_note_names (SimBook *self)
{
  self->may_be_anew = TRUE;
  self->has_names = TRUE;
}

gboolean
sim_book_has_names (const SimBook *self)
{
  return self->has_names;
}

static void
check_may_be_anew (SimBook *self, guint client)
{
  if (!self->may_be_anew)
    sim_book_fail (self, "c%u begins anew for no reason", client);
}

void
sim_book_note_restored (SimBook *self, const char *id)
{
  guint client = GPOINTER_TO_UINT (g_hash_table_lookup (self->ids, id));

  sim_book_note (self, "c%u is restored", client);
  check_may_be_anew (self, client);
  sim_book_note_lost (self, client);
  sim_book_excuse (self, client);
}

void
sim_book_begin_anew (SimBook *self, guint client, gboolean is_restored)
{
  sim_book_note (self, "c%u begins anew%s", client,
                 is_restored ? ", restored" : "");
  check_may_be_anew (self, client);
  self->known[client].anew_us = sim_time_get ();
  sim_book_excuse (self, client);
  sim_book_forgive (self, client);
}

/* --- Rooms --- */

char *
sim_book_publish (SimBook *self, guint client, const char *room,
                  gboolean is_early)
{
  Published *published = g_new0 (Published, 1);
  char *text =
      g_strdup_printf ("\"%s c%u %u\"", room, client, ++self->n_published);

  published->client = client;
  published->room = g_intern_string (room);
  published->is_early = is_early;
  g_hash_table_insert (self->published, g_strdup (text), published);
  return text;
}

void
sim_book_read (SimBook *self, guint client, const char *room,
               const char *instance, guint64 sequence, const char *data)
{
  g_autofree char *number =
      g_strdup_printf ("%s %s %" G_GUINT64_FORMAT, room, instance, sequence);
  g_autofree char *text = g_strdup_printf ("%s %s %s", room, instance, data);
  const char *known = g_hash_table_lookup (self->numbers, number);
  const guint64 *before = g_hash_table_lookup (self->texts, text);
  Published *published = g_hash_table_lookup (self->published, data);

  if (published == NULL)
    sim_book_fail (self, "c%u received %s, which nobody sent", client, data);
  if (known != NULL && !g_str_equal (known, data))
    sim_book_fail (self, "the room gave number %s to %s and to %s", number,
                   known, data);
  if (before != NULL && *before != sequence)
    sim_book_fail (
        self, "%s has the numbers %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT,
        text, *before, sequence);
  published->is_read = TRUE;
  if (known == NULL) {
    g_hash_table_insert (self->numbers, g_steal_pointer (&number),
                         g_strdup (data));
    g_hash_table_insert (self->texts, g_steal_pointer (&text),
                         g_memdup2 (&sequence, sizeof sequence));
  }
  self->n++;
}

void
sim_book_pass_over (SimBook *self, guint client, const char *room)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->published);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Published *published = value;

    if (published->is_early && published->client == client &&
        g_str_equal (published->room, room))
      published->is_forgiven = TRUE;
  }
}

static void
forgive (gpointer text, gpointer value, gpointer client)
{
  Published *published = value;
  guint which = GPOINTER_TO_UINT (client);

  if (which == NOBODY || published->client == which)
    published->is_forgiven = TRUE;
}

void
sim_book_forgive (SimBook *self, guint client)
{
  g_hash_table_foreach (self->published, forgive, GUINT_TO_POINTER (client));
}

void
sim_book_forgive_all (SimBook *self)
{
  self->is_forgiven = TRUE;
  sim_book_forgive (self, NOBODY);
}

gboolean
sim_book_is_forgiven (SimBook *self)
{
  return self->is_forgiven;
}

/* --- The end --- */

static void
check_session (gpointer id, gpointer value, gpointer book)
{
  const Session *session = value;

  if (session->is_excused || session->is_closed)
    return;
  for (guint i = 0; i < 2; i++) {
    if (session->sent[i] != session->got[1 - i])
      sim_book_fail (book, "session %s: c%u sent %u, c%u received %u",
                     (char *) id, session->clients[i], session->sent[i],
                     session->clients[1 - i], session->got[1 - i]);
  }
}

static void
check_published (gpointer text, gpointer value, gpointer book)
{
  const Published *published = value;

  if (!published->is_read && !published->is_forgiven)
    sim_book_fail (book, "nobody received %s", (char *) text);
}

void
sim_book_finish (SimBook *self)
{
  g_hash_table_foreach (self->sessions, check_session, self);
  g_hash_table_foreach (self->published, check_published, self);
}

guint64
sim_book_get_n (const SimBook *self)
{
  return self->n;
}
