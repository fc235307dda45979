/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-transmitter.h"

#include "rw-channel-codec.h"
#include "rw-send-path-list.h"
#include "rw-stream.h"

/* See the header. */

#define DEFAULT_MAX_TIME_NS (60 * GST_SECOND)

struct _RwTransmitter {
  GObject parent_instance;

  RwOverrunReporter *overruns;
  RwAudioTerms *terms;

  GMutex lock;
  RwStream *stream;
  RwSendPathList paths;
  RwJournalLimits limits;
  RwDrainGate drain;
};

G_DEFINE_FINAL_TYPE (RwTransmitter, rw_transmitter, G_TYPE_OBJECT)

static void
rw_transmitter_finalize (GObject *object)
{
  RwTransmitter *self = RW_TRANSMITTER (object);

  rw_send_path_list_clear (&self->paths);
  rw_stream_free (self->stream);
  rw_drain_gate_clear (&self->drain);
  rw_audio_terms_free (self->terms);
  g_clear_pointer (&self->overruns, rw_overrun_reporter_free);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (rw_transmitter_parent_class)->finalize (object);
}

static void
rw_transmitter_class_init (RwTransmitterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_transmitter_finalize;
}

static void
reset_locked (RwTransmitter *self)
{
  rw_send_path_list_reset (&self->paths);
  g_clear_pointer (&self->stream, rw_stream_free);
  rw_drain_gate_reset (&self->drain);
  self->stream = rw_stream_new (&self->limits);
}

static void
rw_transmitter_init (RwTransmitter *self)
{
  g_mutex_init (&self->lock);
  self->terms = rw_audio_terms_new ();
  rw_drain_gate_init (&self->drain);
  rw_send_path_list_init (&self->paths, &self->lock);
  self->limits.max_time_ns = DEFAULT_MAX_TIME_NS;
  reset_locked (self);
}

RwTransmitter *
rw_transmitter_new (RwOverrunReporter *overruns)
{
  RwTransmitter *self = g_object_new (RW_TYPE_TRANSMITTER, NULL);

  self->overruns = overruns;
  return self;
}

void
rw_transmitter_start (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_overrun_reporter_start (self->overruns);
  reset_locked (self);
}

GstCaps *
rw_transmitter_dup_caps (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_stream_dup_caps (self->stream);
}

char *
rw_transmitter_dup_stream_id (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_stream_dup_id (self->stream);
}

RwJournalLimits
rw_transmitter_get_limits (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->limits;
}

gdouble
rw_transmitter_get_drain_rate (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->paths.drain_rate;
}

void
rw_transmitter_set_drain_rate (RwTransmitter *self, gdouble rate)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_send_path_list_set_drain_rate (&self->paths, rate,
                                    g_get_monotonic_time ());
}

void
rw_transmitter_set_stall_timeout (RwTransmitter *self, guint stall_ms)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->paths.stall_us = stall_ms * (gint64) 1000;
}

RwAudioTerms *
rw_transmitter_get_terms (RwTransmitter *self)
{
  return self->terms;
}

gint
rw_transmitter_add_format (RwTransmitter *self, const char *caps)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_journal_add_format (rw_stream_get_journal (self->stream), caps);
}

guint
rw_transmitter_get_n_formats (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_journal_get_n_formats (rw_stream_get_journal (self->stream));
}

/* The overrun that is due for the consumer of @path, or NULL. */
static RwOverrun *
check_overrun_locked (RwTransmitter *self, RwSendPath *path, gboolean is_last)
{
  return rw_stream_check_overrun (self->stream,
                                  rw_send_path_get_cursor_locked (path),
                                  g_get_monotonic_time (), is_last);
}

void
rw_transmitter_set_limits (RwTransmitter *self, const RwJournalLimits *limits)
{
  g_autoptr (GPtrArray) overruns = NULL;

  g_mutex_lock (&self->lock);
  self->limits = *limits;
  overruns =
      rw_stream_set_limits (self->stream, limits, g_get_monotonic_time ());
  rw_drain_gate_change (&self->drain);
  g_mutex_unlock (&self->lock);
  rw_overrun_reporter_report_all (self->overruns, overruns);
}

void
rw_transmitter_append (RwTransmitter *self, RwFrame *frame)
{
  gint64 now_us = g_get_monotonic_time ();
  g_autoptr (GPtrArray) overruns = NULL;
  g_autoptr (GPtrArray) peers = NULL;
  RwOutgoing *outgoing = NULL;

  rw_audio_terms_note_frame (self->terms, frame);
  g_mutex_lock (&self->lock);
  overruns = rw_stream_append (self->stream, frame, now_us);
  rw_send_path_list_note_live (&self->paths, frame, now_us);
  rw_send_path_list_collect_all (&self->paths, FALSE, &outgoing);
  peers = rw_send_path_list_ref_peers (&self->paths);
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < peers->len; i++)
    rw_webrtc_peer_push_frame (g_ptr_array_index (peers, i), frame);
  rw_outgoing_send (outgoing);
  rw_overrun_reporter_report_all (self->overruns, overruns);
}

void
rw_transmitter_send_due (RwTransmitter *self)
{
  RwOutgoing *outgoing = NULL;

  g_mutex_lock (&self->lock);
  rw_send_path_list_collect_all (&self->paths, TRUE, &outgoing);
  g_mutex_unlock (&self->lock);
  rw_outgoing_send (outgoing);
}

void
rw_transmitter_end (RwTransmitter *self)
{
  g_mutex_lock (&self->lock);
  rw_journal_end (rw_stream_get_journal (self->stream));
  g_mutex_unlock (&self->lock);
  rw_transmitter_send_due (self);
}

RwDrain
rw_transmitter_wait_drained (RwTransmitter *self, GstClockTime timeout)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_drain_gate_wait (&self->drain, &self->lock,
                             rw_stream_get_cursors (self->stream), timeout);
}

char *
rw_transmitter_describe_awaited (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_drain_gate_describe (&self->drain,
                                 rw_stream_get_cursors (self->stream));
}

void
rw_transmitter_interrupt (RwTransmitter *self, gboolean interrupt)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_drain_gate_interrupt (&self->drain, interrupt);
}

gboolean
rw_transmitter_is_draining (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_send_path_list_is_awaited (&self->paths, self->drain.finished);
}

RwSendPath *
rw_transmitter_add_path (RwTransmitter *self, RwWebrtcPeer *peer,
                         const RwSessionRequest *request)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_send_path_list_open (
      &self->paths, rw_stream_get_journal (self->stream),
      rw_stream_get_cursors (self->stream), peer, request);
}

void
rw_transmitter_remove_path (RwTransmitter *self, RwSendPath *path)
{
  g_autoptr (RwWebrtcPeer) peer = NULL;
  g_autoptr (GPtrArray) peers = NULL;
  g_autoptr (RwOverrun) overrun = NULL;

  g_mutex_lock (&self->lock);
  peers = rw_send_path_list_ref_peers (&self->paths); /* unref unlocked */
  overrun = check_overrun_locked (self, path, TRUE);
  peer = rw_send_path_list_remove (&self->paths, path);
  rw_drain_gate_change (&self->drain);
  g_mutex_unlock (&self->lock);
  rw_overrun_reporter_report (self->overruns, overrun);
}

/* Acts on the events of @path, whose consumer may have an overrun. */
static void
settle_locked (RwTransmitter *self, RwSendPath *path, RwOverrun **overrun)
{
  if (path->events & RW_SEND_EVENT_FINISHED)
    rw_drain_gate_finish (&self->drain,
                          rw_send_path_get_cursor_locked (path)->consumer_id);
  *overrun = check_overrun_locked (self, path, FALSE);
  if (path->events & RW_SEND_EVENT_ACKED) {
    rw_stream_release (self->stream);
    rw_drain_gate_change (&self->drain);
  }
}

RwSendEvents
rw_transmitter_pump (RwTransmitter *self, RwSendPath *path, gint64 *deadline_us)
{
  g_autoptr (RwOverrun) overrun = NULL;
  RwSendEvents events;

  rw_send_path_send (path);
  g_mutex_lock (&self->lock);
  path->events |= rw_send_endpoint_take_events (path->endpoint);
  settle_locked (self, path, &overrun);
  events = path->events;
  path->events = 0;
  *deadline_us = rw_send_endpoint_get_deadline (path->endpoint);
  g_mutex_unlock (&self->lock);
  rw_overrun_reporter_report (self->overruns, overrun);
  return events;
}

void
rw_transmitter_set_alarm (RwTransmitter *self, RwAlarm *alarm)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->paths.alarm = alarm;
  self->paths.alarm_us = G_MAXINT64;
}

void
rw_transmitter_set_at_rest (RwTransmitter *self, RwSendPath *path,
                            gboolean at_rest)
{
  RwOutgoing *outgoing = NULL;

  g_mutex_lock (&self->lock);
  path->at_rest = at_rest;
  if (at_rest)
    rw_send_path_list_collect (&self->paths, path, &outgoing);
  g_mutex_unlock (&self->lock);
  rw_outgoing_send (outgoing);
}

gboolean
rw_transmitter_take_message (RwTransmitter *self, RwSendPath *path,
                             GBytes *bytes)
{
  g_autoptr (RwOverrun) overrun = NULL;
  RwOutgoing *outgoing = NULL;
  RwMessage message;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (!rw_channel_decode (data, size, &message, NULL) ||
      message.type != RW_MESSAGE_ACK)
    return FALSE;
  g_mutex_lock (&self->lock);
  if (!path->at_rest) {
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  rw_send_endpoint_receive (path->endpoint, &message, g_get_monotonic_time ());
  rw_send_path_list_collect (&self->paths, path, &outgoing);
  settle_locked (self, path, &overrun);
  g_mutex_unlock (&self->lock);
  rw_outgoing_send (outgoing);
  rw_overrun_reporter_report (self->overruns, overrun);
  return TRUE;
}

void
rw_transmitter_forget (RwTransmitter *self, const char *consumer_id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (rw_stream_forget (self->stream, consumer_id))
    rw_drain_gate_forget (&self->drain, consumer_id);
}

gboolean
rw_transmitter_knows (RwTransmitter *self, const char *consumer_id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_stream_has_consumer (self->stream, consumer_id);
}

GstStructure *
rw_transmitter_get_stats (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GstStructure *stats = gst_structure_new_empty ("resilient-webrtc-sink-stats");

  rw_stream_fill_stats (self->stream, stats);
  rw_send_path_list_fill_stats (&self->paths, stats);
  return stats;
}
