/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-link.h"

#include <string.h>

/* Echoes older than this are ignored. */
#define ECHO_MAX_US (60 * G_USEC_PER_SEC)

/* A BYE may be lost like every message. */
#define N_BYES         3u
#define BYE_SPACING_US (30 * 1000)

/* On a session that is down. Five or six messages of some 100 bytes while the
 * time doubles. */
#define KNOCK_MIN_US      (200 * 1000)
#define KNOCKS_A_DOUBLING 8

void
rw_link_init (RwLink *link, guint32 generation, gint64 interval_us,
              gint64 stall_us)
{
  memset (link, 0, sizeof *link);
  link->generation = generation;
  rw_rtt_init (&link->rtt);
  rw_liveness_init (&link->liveness, interval_us, stall_us);
}

void
rw_link_clear (RwLink *link)
{
  g_clear_pointer (&link->close_text, g_free);
}

/* Messages that waited in buffers during an outage arrive after it, and their
 * echoes measure the outage instead of the path: after a silence, echoes of
 * messages sent before its end are ignored. */
static gint64
silence_us (const RwLink *link)
{
  return MAX (RW_LIVENESS_SUSPECT_FLOOR_US, 2 * link->liveness.interval_us);
}

void
rw_link_note_received (RwLink *link, gint64 now_us)
{
  if (now_us - link->liveness.received_us > silence_us (link))
    link->resumed_us = now_us;
  rw_liveness_note_received (&link->liveness, now_us);
}

/* Local send time of the message that @message echoes. Send times have 32 bits
 * on the wire; the echo is recent, which gives back the rest. */
static void
take_echo (RwLink *link, const RwMessage *message, gint64 now_us)
{
  gint64 age = (guint32) ((guint32) now_us - message->echo_us);
  gint64 sent = now_us - age;
  gint64 sample = age - message->echo_hold_us;

  if (age > ECHO_MAX_US || sent <= link->echoed_us || sent > link->sent_us)
    return;
  link->echoed_us = sent;
  if (sent >= link->resumed_us || !link->rtt.valid)
    rw_rtt_update (&link->rtt, sample, now_us);
}

gboolean
rw_link_receive (RwLink *link, const RwMessage *message, gint64 now_us)
{
  if (link->generation == 0)
    link->generation = message->generation;
  if (message->generation != link->generation) {
    link->n_fenced++;
    return FALSE;
  }
  link->n_received++;
  rw_link_note_received (link, now_us);
  if (message->has_echo)
    take_echo (link, message, now_us);
  if (!link->has_peer || message->seq > link->peer_seq) {
    link->has_peer = TRUE;
    link->peer_seq = message->seq;
    link->peer_sent_us = message->sent_us;
    link->peer_arrived_us = now_us;
  }
  if (message->type == RW_MESSAGE_BYE && !link->has_bye) {
    link->has_bye = TRUE;
    link->bye = message->bye;
    link->bye.text = NULL;
    link->bye.length = 0;
  }
  return TRUE;
}

void
rw_link_stamp (RwLink *link, RwMessageType type, gint64 now_us, RwMessage *out)
{
  gint64 hold = now_us - link->peer_arrived_us;

  link->sent_us = MAX (now_us, link->sent_us + 1);
  link->n_sent++;
  out->type = type;
  out->generation = link->generation;
  out->seq = ++link->seq;
  out->sent_us = (guint32) link->sent_us;
  out->has_echo = link->has_peer && hold <= ECHO_MAX_US;
  out->echo_us = out->has_echo ? link->peer_sent_us : 0;
  out->echo_hold_us = out->has_echo ? (guint32) MAX (hold, 0) : 0;
}

const RwBye *
rw_link_get_bye (const RwLink *link)
{
  return link->has_bye ? &link->bye : NULL;
}

void
rw_link_close (RwLink *link, RwByeReason reason, const gchar *text)
{
  if (link->closing)
    return;
  link->closing = TRUE;
  link->close_reason = reason;
  link->close_text = text != NULL ? g_utf8_make_valid (text, -1) : NULL;
  link->byes_left = N_BYES;
}

gint64
rw_link_get_probe_us (const RwLink *link, gint64 last_us)
{
  gint64 down_us = last_us - link->liveness.interrupted_us;

  return MAX (KNOCK_MIN_US, down_us / KNOCKS_A_DOUBLING);
}

/* At most RW_MESSAGE_MAX_TEXT bytes, whole characters. */
static guint16
text_length (const gchar *text)
{
  gsize length = text != NULL ? strlen (text) : 0;

  while (length > RW_MESSAGE_MAX_TEXT)
    length = g_utf8_find_prev_char (text, text + length) - text;
  return length;
}

gboolean
rw_link_next_bye (RwLink *link, guint64 head, gint64 now_us, RwMessage *out)
{
  if (link->byes_left == 0 || now_us < link->bye_due_us)
    return FALSE;
  link->byes_left--;
  link->bye_due_us = link->byes_left > 0 ? now_us + BYE_SPACING_US : G_MAXINT64;
  rw_link_stamp (link, RW_MESSAGE_BYE, now_us, out);
  out->bye = (RwBye){
      .reason = link->close_reason,
      .head = head,
      .length = text_length (link->close_text),
      .text = link->close_text,
  };
  return TRUE;
}
