/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SimBook:
 *
 * What clients have sent and received, and whether it agrees with what
 * docs/signalling.md promises. A session is *excused* where the promise allows
 * losses: it may lack messages or end, but none comes twice or too late.
 */
typedef struct _SimBook SimBook;

SimBook *sim_book_new (guint32 seed);
void sim_book_free (SimBook *self);

/** sim_book_fail: ends the program; says how to run the seed again. */
void sim_book_fail (SimBook *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3) G_GNUC_NORETURN;
void sim_book_note (SimBook *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

/* --- Sessions: @client is the number of one of its two --- */

/** sim_book_note_id: @client has the id @id from now on. */
void sim_book_note_id (SimBook *self, guint client, const char *id);

/** sim_book_note_lost: @client was moving when Redis lost what it had, or its
 * home died with it: until it is somewhere, nobody knows whether it begins
 * anew. */
void sim_book_note_lost (SimBook *self, guint client);

/** sim_book_begin_session: with the client @peer_id; the server that says so
 * has not known since @ill_from_us which clients are homed elsewhere;
 * G_MAXINT64: it does */
void sim_book_begin_session (SimBook *self, const char *id, guint client,
                             const char *peer_id, gint64 ill_from_us);
guint sim_book_send (SimBook *self, const char *id, guint client);
void sim_book_receive (SimBook *self, const char *id, guint client, guint n);

/** sim_book_end_session: a server says so to @client. */
void sim_book_end_session (SimBook *self, const char *id, guint client);

/** sim_book_close_session: @client has asked for it. */
void sim_book_close_session (SimBook *self, const char *id);

/** sim_book_is_open: messages can be sent in it. */
gboolean sim_book_is_open (SimBook *self, const char *id);

/** sim_book_excuse: the sessions of @client, or of all. */
void sim_book_excuse (SimBook *self, guint client);
void sim_book_excuse_all (SimBook *self);

/** sim_book_begin_anew: a server says so to @client. It must not as long as the
 * homes live. */
void sim_book_begin_anew (SimBook *self, guint client, gboolean is_restored);

/** sim_book_note_restored: likewise, but the client @id may have left that
 * server. Until it is somewhere, what others send to it may be lost there. */
void sim_book_note_restored (SimBook *self, const char *id);

/** sim_book_note_trouble: from now on clients may be restored, or anew. */
void sim_book_note_trouble (SimBook *self);

/** sim_book_note_names: producers compete for names: whoever loses one is
 * removed, or not a producer any more. */
void sim_book_note_names (SimBook *self);
gboolean sim_book_has_names (const SimBook *self);

/* --- Rooms --- */

/** sim_book_publish: @client will publish the returned text; @is_early: it has
 * not got roomJoined yet */
char *sim_book_publish (SimBook *self, guint client, const char *room,
                        gboolean is_early);

/** sim_book_pass_over: @client joins behind messages of the room, which its own
 * early ones may be among. */
void sim_book_pass_over (SimBook *self, guint client, const char *room);

/** sim_book_read: @client has received @data as number @sequence. */
void sim_book_read (SimBook *self, guint client, const char *room,
                    const char *instance, guint64 sequence, const char *data);

/** sim_book_forgive: messages of rooms may be lost: those of @client that have
 * not been received yet, or of all. */
void sim_book_forgive (SimBook *self, guint client);
void sim_book_forgive_all (SimBook *self);
gboolean sim_book_is_forgiven (SimBook *self);

/** sim_book_finish: all that was sent must have arrived by now. */
void sim_book_finish (SimBook *self);

guint64 sim_book_get_n (const SimBook *self);

G_END_DECLS
