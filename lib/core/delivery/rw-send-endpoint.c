/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-send-endpoint.h"

#include "rw-beat-writer.h"
#include "rw-cursor-binding.h"
#include "rw-format-writer.h"
#include "rw-link.h"
#include "rw-live-progress.h"
#include "rw-repair-lane.h"

#include <string.h>

struct _RwSendEndpoint {
  RwJournal *journal;
  RwCursorBinding binding;
  RwSendEndpointConfig config;
  RwLink link;
  RwSendEvents events;
  RwSendStats stats;
  gint64 deadline_us;

  gboolean welcome_due;
  RwLiveProgress live;
  RwBeatWriter beat;
  RwFormatWriter formats;
  RwRepairLane repair;
  guint32 report_seq;
  gboolean finished;
};

void
rw_send_endpoint_config_init (RwSendEndpointConfig *config)
{
  *config = (RwSendEndpointConfig){
      .beat_idle_us = 50 * 1000,
      .beat_max_us = 500 * 1000,
      .expected_ack_us = 100 * 1000,
      .stall_us = RW_LIVENESS_STALL_US,
      .drain_rate = 8.0,
      .max_buffered = 4096,
      .max_outstanding = 128 * 1024,
  };
}

static void
init_beats (RwSendEndpoint *endpoint)
{
  endpoint->beat = (RwBeatWriter){
      .journal = endpoint->journal,
      .link = &endpoint->link,
      .live = &endpoint->live,
      .idle_us = endpoint->config.beat_idle_us,
      .max_us = endpoint->config.beat_max_us,
  };
}

RwSendEndpoint *
rw_send_endpoint_new (RwJournal *journal, RwCursorSet *cursors,
                      const RwSendEndpointConfig *config, gint64 now_us)
{
  RwSendEndpoint *endpoint = g_new0 (RwSendEndpoint, 1);

  endpoint->journal = journal;
  rw_cursor_binding_init (&endpoint->binding, journal, cursors);
  endpoint->config = *config;
  rw_link_init (&endpoint->link, config->generation, config->expected_ack_us,
                config->stall_us);
  rw_live_progress_init (&endpoint->live);
  init_beats (endpoint);
  rw_repair_lane_init (&endpoint->repair, journal, &endpoint->link,
                       config->max_buffered);
  rw_pacer_init (&endpoint->repair.pacer, config->drain_rate,
                 config->max_outstanding, now_us);
  endpoint->deadline_us = G_MAXINT64;
  return endpoint;
}

void
rw_send_endpoint_free (RwSendEndpoint *endpoint)
{
  if (endpoint == NULL)
    return;
  rw_cursor_binding_clear (&endpoint->binding);
  rw_link_clear (&endpoint->link);
  rw_repair_lane_clear (&endpoint->repair);
  g_free (endpoint);
}

/* Messages in */

static void
take_report (RwSendEndpoint *endpoint, const RwReport *report)
{
  if (rw_repair_lane_take_report (&endpoint->repair, report))
    endpoint->beat.wanted = TRUE;
}

/* Repair begins with the HELLO, which shows the missing frames. */
static void
on_hello (RwSendEndpoint *endpoint, const RwHello *hello, gint64 now_us)
{
  RwReport report;

  endpoint->welcome_due = TRUE;
  if (endpoint->binding.cursor != NULL)
    return;
  if (rw_cursor_binding_bind (&endpoint->binding, hello, endpoint->live.from,
                              now_us))
    endpoint->events |= RW_SEND_EVENT_ACKED;
  rw_cursor_binding_fill_report (&endpoint->binding, hello, endpoint->live.from,
                                 &report);
  take_report (endpoint, &report);
  endpoint->events |= RW_SEND_EVENT_ESTABLISHED;
}

static void
note_finished (RwSendEndpoint *endpoint, const RwAck *ack)
{
  if (endpoint->finished || !ack->finished ||
      !rw_journal_is_ended (endpoint->journal) ||
      ack->report.next != rw_journal_get_head (endpoint->journal))
    return;
  endpoint->finished = TRUE;
  endpoint->events |= RW_SEND_EVENT_FINISHED;
}

static void
on_ack (RwSendEndpoint *endpoint, const RwMessage *message, gint64 now_us)
{
  const RwAck *ack = &message->ack;
  RwCursorBinding *binding = &endpoint->binding;

  if (binding->cursor == NULL ||
      ack->report.next > rw_journal_get_head (endpoint->journal))
    return;
  if (rw_cursor_binding_is_of_former_life (binding, endpoint->link.echoed_us)) {
    endpoint->link.n_fenced++;
    return;
  }
  if (!endpoint->link.has_bye)
    binding->cursor->leaving = FALSE;
  if (rw_cursor_binding_take_ack (binding, ack, now_us))
    endpoint->events |= RW_SEND_EVENT_ACKED;
  rw_format_writer_confirm (&endpoint->formats, ack->n_formats);
  note_finished (endpoint, ack);
  if (message->seq <= endpoint->report_seq)
    return;
  endpoint->report_seq = message->seq;
  rw_liveness_set_peer_not_receiving (&endpoint->link.liveness,
                                      ack->not_receiving, now_us);
  take_report (endpoint, &ack->report);
}

static void
on_bye (RwSendEndpoint *endpoint)
{
  endpoint->events |= RW_SEND_EVENT_BYE;
  if (endpoint->binding.cursor != NULL &&
      endpoint->link.bye.reason == RW_BYE_STOPPED)
    endpoint->binding.cursor->leaving = TRUE;
}

static void
note_liveness (RwSendEndpoint *endpoint, RwLivenessState before)
{
  if (endpoint->link.liveness.state != before) {
    endpoint->events |= RW_SEND_EVENT_LIVENESS;
    endpoint->beat.wanted = TRUE;
  }
  rw_beat_writer_note_liveness (&endpoint->beat);
}

void
rw_send_endpoint_receive (RwSendEndpoint *endpoint, const RwMessage *message,
                          gint64 now_us)
{
  RwLivenessState before = endpoint->link.liveness.state;

  if (!rw_link_receive (&endpoint->link, message, now_us))
    return;
  if (message->type == RW_MESSAGE_HELLO)
    on_hello (endpoint, &message->hello, now_us);
  else if (message->type == RW_MESSAGE_ACK)
    on_ack (endpoint, message, now_us);
  else if (message->type == RW_MESSAGE_BYE)
    on_bye (endpoint);
  rw_repair_lane_retire (&endpoint->repair, now_us);
  note_liveness (endpoint, before);
  endpoint->deadline_us = now_us;
}

/* Messages out */

static gboolean
next_welcome (RwSendEndpoint *endpoint, gint64 now_us, RwMessage *out)
{
  if (!endpoint->welcome_due)
    return FALSE;
  endpoint->welcome_due = FALSE;
  rw_link_stamp (&endpoint->link, RW_MESSAGE_WELCOME, now_us, out);
  memcpy (out->welcome.stream_id, rw_journal_get_stream_id (endpoint->journal),
          RW_STREAM_ID_SIZE);
  out->welcome.start = endpoint->binding.start;
  out->welcome.beat_ms = endpoint->config.beat_idle_us / 1000;
  rw_beat_writer_fill_status (&endpoint->beat, now_us, &out->welcome.status);
  return TRUE;
}

static void
set_deadline (RwSendEndpoint *endpoint, gint64 now_us, guint64 buffered)
{
  gint64 due =
      rw_liveness_get_deadline (&endpoint->link.liveness, &endpoint->link.rtt);

  if (endpoint->link.closing) {
    endpoint->deadline_us =
        endpoint->link.byes_left > 0 ? endpoint->link.bye_due_us : G_MAXINT64;
    return;
  }
  if (endpoint->binding.cursor != NULL && buffered > RW_LINK_MAX_BUFFERED) {
    due = MIN (due, now_us + RW_LINK_RETRY_US);
  } else if (endpoint->binding.cursor != NULL) {
    due = MIN (due, rw_beat_writer_get_due (&endpoint->beat));
    due =
        MIN (due, rw_repair_lane_get_due (&endpoint->repair, now_us, buffered));
    due = MIN (due,
               rw_format_writer_get_due (&endpoint->formats, endpoint->journal,
                                         &endpoint->link.rtt));
  }
  endpoint->deadline_us = MAX (due, now_us + 1);
}

static gboolean
next_message (RwSendEndpoint *endpoint, gint64 now_us, guint64 buffered,
              RwMessage *out)
{
  if (rw_link_next_bye (&endpoint->link,
                        rw_journal_get_head (endpoint->journal), now_us, out))
    return TRUE;
  if (endpoint->link.closing || endpoint->binding.cursor == NULL ||
      buffered > RW_LINK_MAX_BUFFERED)
    return FALSE;
  return next_welcome (endpoint, now_us, out) ||
         rw_format_writer_next (&endpoint->formats, endpoint->journal,
                                &endpoint->link, now_us, out) ||
         rw_beat_writer_next (&endpoint->beat, now_us, out) ||
         rw_repair_lane_next (&endpoint->repair, now_us, buffered, out);
}

gboolean
rw_send_endpoint_next (RwSendEndpoint *endpoint, gint64 now_us,
                       guint64 buffered, RwMessage *out)
{
  RwLivenessState before = endpoint->link.liveness.state;

  rw_liveness_poll (&endpoint->link.liveness, &endpoint->link.rtt, now_us);
  note_liveness (endpoint, before);
  rw_live_progress_update (&endpoint->live,
                           rw_journal_get_head (endpoint->journal), now_us);
  if (next_message (endpoint, now_us, buffered, out)) {
    endpoint->beat.last_packet_us = now_us;
    return TRUE;
  }
  endpoint->beat.has_frame = FALSE;
  set_deadline (endpoint, now_us, buffered);
  return FALSE;
}

gint64
rw_send_endpoint_get_deadline (const RwSendEndpoint *endpoint)
{
  return endpoint->deadline_us;
}

/* The rest */

void
rw_send_endpoint_note_live_sent (RwSendEndpoint *endpoint, guint64 index,
                                 gint64 now_us)
{
  rw_live_progress_note_sent (&endpoint->live, index);
  endpoint->beat.last_packet_us = now_us;
  endpoint->beat.has_frame = TRUE;
  endpoint->stats.frames_live++;
}

void
rw_send_endpoint_close (RwSendEndpoint *endpoint, RwByeReason reason,
                        const gchar *text)
{
  rw_link_close (&endpoint->link, reason, text);
  endpoint->deadline_us = 0;
}

void
rw_send_endpoint_set_drain_rate (RwSendEndpoint *endpoint, gdouble rate,
                                 gint64 now_us)
{
  rw_pacer_set_rate (&endpoint->repair.pacer, rate, now_us);
}

RwSendEvents
rw_send_endpoint_take_events (RwSendEndpoint *endpoint)
{
  RwSendEvents events = endpoint->events;

  endpoint->events = 0;
  return events;
}

RwCursor *
rw_send_endpoint_get_cursor (const RwSendEndpoint *endpoint)
{
  return endpoint->binding.cursor;
}

const RwLink *
rw_send_endpoint_get_link (const RwSendEndpoint *endpoint)
{
  return &endpoint->link;
}

void
rw_send_endpoint_get_stats (const RwSendEndpoint *endpoint, RwSendStats *stats)
{
  *stats = endpoint->stats;
  stats->messages_sent = endpoint->link.n_sent;
  stats->messages_received = endpoint->link.n_received;
  stats->messages_fenced = endpoint->link.n_fenced;
  stats->frames_repaired = endpoint->repair.n_frames;
  stats->frames_repeated = endpoint->repair.n_repeated;
  stats->bytes_repaired = endpoint->repair.n_bytes;
}
