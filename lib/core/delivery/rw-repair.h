/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-message.h"
#include "rw-rtt.h"

G_BEGIN_DECLS

/*
 * RwRepair: selects the frame that the repair lane sends next; part of
 * #RwSendEndpoint. A caller-owned struct.
 *
 * The frames that the receiver's newest report lists as missing are sent,
 * oldest first. A table of when each index was last sent, and the newest send
 * time that the report confirms, prevent needless repeats. Also counts the
 * bytes in flight, for the pacer.
 */

/* Limit of frames that a report may request. */
#define RW_REPAIR_MAX_SPAN 8192u

typedef struct {
  guint32 index; /* low bits */
  guint32 sent_ms;
} RwRepairSent;

typedef struct {
  guint32 outstanding; /* bytes in flight at most */
  /*< private >*/
  RwReport report;     /* cut to what exists */
  gint64 confirmed_us; /* it confirms what was sent before this */
  guint range;         /* where the search continues, in the report's ranges */
  guint64 at;          /* and the index in them */
  gint64 retry_us;     /* when a skipped frame may be sent again */
  RwRepairSent *sent;  /* by index, modulo its size */
  guint n_sent;
  GQueue batches; /* messages in flight, by time */
} RwRepair;

void rw_repair_init (RwRepair *repair);
void rw_repair_clear (RwRepair *repair);

/**
 * rw_repair_take_report:
 * @report: the receiver's report, untrusted: indices outside @exists are
 *   ignored
 * @exists: the journal's tail and head
 * @confirmed_us: the report confirms messages sent up to this time
 *
 * Returns: %TRUE if it requests removed frames: the sender should send the
 * tail.
 */
gboolean rw_repair_take_report (RwRepair *repair, const RwReport *report,
                                RwRange exists, gint64 confirmed_us);

/* The next frame to send, none below @tail, or %RW_INDEX_NONE. Unchanged until
 * the frame is noted as sent. */
guint64 rw_repair_find (RwRepair *repair, guint64 tail, const RwRtt *rtt,
                        gint64 now_us);

/* After rw_repair_find() gave none: when one may be sent again. */
gint64 rw_repair_get_retry (const RwRepair *repair);

/* Notes the frame that was found as sent. Returns whether it is a repeat. */
gboolean rw_repair_note_frame (RwRepair *repair, guint64 index, gint64 now_us);

/* Notes a sent message of @bytes; send times must rise. */
void rw_repair_note_message (RwRepair *repair, guint32 bytes, gint64 sent_us);

/* Messages sent up to @sent_us have arrived or were lost. Returns their
 * bytes. */
guint32 rw_repair_retire (RwRepair *repair, gint64 up_to_us);

/* Send time of the oldest message in flight, G_MAXINT64 for none. */
gint64 rw_repair_get_oldest (const RwRepair *repair);

G_END_DECLS
