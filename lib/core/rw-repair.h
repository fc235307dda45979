/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-message.h"
#include "rw-rtt.h"

G_BEGIN_DECLS

/*
 * RwRepair: which frame the repair lane sends next; part of #RwSendSession.
 * A caller-owned struct.
 *
 * The receiver decides: what its newest report lists as missing is sent,
 * oldest first. Two things keep a frame from being sent needlessly: a table of
 * when each index was last sent, and how much of what we sent the report had
 * heard. What is on its way is counted here too, for the pacer.
 */

/* Frames that may be asked for at once. */
#define RW_REPAIR_MAX_SPAN 8192u

typedef struct {
  guint32 index; /* low bits */
  guint32 sent_ms;
} RwRepairSent;

typedef struct {
  guint32 outstanding; /* bytes that may still be on their way */
  /*< private >*/
  RwReport report;    /* cut to what exists */
  gint64 heard_us;    /* it knows what we sent before this */
  guint range;        /* where the search goes on, in the report's ranges */
  guint64 at;         /* and the index in them */
  gint64 retry_us;    /* when a frame that was passed over may be sent again */
  RwRepairSent *sent; /* by index, modulo its size */
  guint n_sent;
  GQueue batches; /* messages on their way, by time */
} RwRepair;

void rw_repair_init (RwRepair *repair);
void rw_repair_clear (RwRepair *repair);

/**
 * rw_repair_take_report:
 * @report: what the receiver says; whatever that is, nothing is looked for
 *   outside @exists
 * @exists: the journal's tail and head
 * @heard_us: the receiver had heard what we sent up to this
 *
 * Returns: %TRUE if it asks for what is gone: it should be told the tail.
 */
gboolean rw_repair_take_report (RwRepair *repair, const RwReport *report,
                                RwRange exists, gint64 heard_us);

/* The next frame to send, none below @tail, or %RW_INDEX_NONE. It stays the
 * next one until it is noted as sent. */
guint64 rw_repair_find (RwRepair *repair, guint64 tail, const RwRtt *rtt,
                        gint64 now_us);

/* After rw_repair_find() gave none: when one may be sent again. */
gint64 rw_repair_get_retry (const RwRepair *repair);

/* The frame that was found goes out now. Returns whether it did before. */
gboolean rw_repair_note_frame (RwRepair *repair, guint64 index, gint64 now_us);

/* A message of so many bytes went out; send times must rise. */
void rw_repair_note_message (RwRepair *repair, guint32 bytes, gint64 sent_us);

/* What was sent up to then has arrived or was lost. Returns its bytes. */
guint32 rw_repair_settle (RwRepair *repair, gint64 up_to_us);

/* When the oldest message on its way was sent, G_MAXINT64 for none. */
gint64 rw_repair_get_oldest (const RwRepair *repair);

G_END_DECLS
