/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-resend-queue.h"
#include "rw-signal-message.h"

G_BEGIN_DECLS

/**
 * RwResumption:
 *
 * The state at the server of a client that requested resumption: the secret of
 * its token, the numbers that are expected next in both directions, and the
 * messages that were sent to it and not acknowledged yet, within limits and
 * with a fair part for each source. A later connection goes on from it, so that
 * each message arrives once and in order.
 *
 * Pure: time comes as an argument. Of one thread, and of one RwClient.
 */
typedef struct _RwResumption RwResumption;

/** RwResumptionLimits: of the messages that may wait for an acknowledgement. */
typedef struct {
  guint max_kept;
  gsize max_kept_bytes;
} RwResumptionLimits;

/**
 * RwResumptionVerdict: whether a message can be kept
 * @RW_RESUMPTION_THROTTLED: its source has too much waiting already
 * @RW_RESUMPTION_FULL: too much waits for the client
 */
typedef enum {
  RW_RESUMPTION_FITS,
  RW_RESUMPTION_THROTTLED,
  RW_RESUMPTION_FULL,
} RwResumptionVerdict;

/** rw_resumption_new: @secret: (transfer full): beyond guessing */
RwResumption *rw_resumption_new (const RwResumptionLimits *limits,
                                 char *secret);
void rw_resumption_free (RwResumption *self);

/* --- The token: the client's id, so that any server finds it, and the secret.
 */

char *rw_resumption_print_token (const RwResumption *self, const char *id);

/** rw_resumption_split_token: FALSE if @token is none of this kind. */
gboolean rw_resumption_split_token (const char *token, char **id,
                                    char **secret);
const char *rw_resumption_get_secret (const RwResumption *self);

/** rw_resumption_get_attempt: of the client's connections, as the client
 * counts them; 0: it does not. */
guint64 rw_resumption_get_attempt (const RwResumption *self);
void rw_resumption_set_attempt (RwResumption *self, guint64 attempt);

/** rw_resumption_get_queue: (transfer none): for its numbers; messages go
 * through rw_resumption_send(). */
RwResendQueue *rw_resumption_get_queue (RwResumption *self);

/* --- A new connection --- */

/** rw_resumption_resume: all after @ack is to be sent again, with
 * rw_resumption_next(). FALSE if that is not here any more. */
gboolean rw_resumption_resume (RwResumption *self, guint64 ack, gint64 now_us);

/** rw_resumption_next: (transfer none) (nullable) */
RwSignalMessage *rw_resumption_next (RwResumption *self, guint64 *seq);

/* --- From the client --- */

/** rw_resumption_acknowledge: all up to @ack has arrived. FALSE if that many
 * were never sent. */
gboolean rw_resumption_acknowledge (RwResumption *self, guint64 ack,
                                    gint64 now_us);

/* --- To the client --- */

/** rw_resumption_check: whether @message can be sent now; @has_source: its
 * source is a client of this server. */
RwResumptionVerdict rw_resumption_check (RwResumption *self,
                                         const RwSignalMessage *message,
                                         gboolean has_source);

/** rw_resumption_send: after a check; the number of @message. */
guint64 rw_resumption_send (RwResumption *self, RwSignalMessage *message,
                            gint64 now_us);

/** rw_resumption_is_silent: something waits for an acknowledgement, and none
 * has come for too long. */
gboolean rw_resumption_is_silent (RwResumption *self, gint64 now_us);

/** rw_resumption_is_notice: for all who listen or are in a room, whether they
 * asked for it or not. */
gboolean rw_resumption_is_notice (const RwSignalMessage *message);

/** rw_resumption_reserve: space for a message of a room, which is on its way.
 * FALSE: the message is to wait in the room's history. */
gboolean rw_resumption_reserve (RwResumption *self,
                                const RwSignalMessage *message);

/** rw_resumption_release: the message is here. */
void rw_resumption_release (RwResumption *self, const RwSignalMessage *message);

/** rw_resumption_has_space: for messages of rooms again. */
gboolean rw_resumption_has_space (RwResumption *self);

/* --- Moving to another server --- */

void rw_resumption_save (RwResumption *self, GVariantBuilder *builder);

/** rw_resumption_load: @state may be any a{sv}. */
RwResumption *rw_resumption_load (const RwResumptionLimits *limits,
                                  GVariant *state, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwResumption, rw_resumption_free)

G_END_DECLS
