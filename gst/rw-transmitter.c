/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-transmitter.h"

#include <string.h>

#include "rw-channel-codec.h"
#include "rw-overrun-log.h"
#include "rw-stream-id.h"

/* See the header. */

GST_DEBUG_CATEGORY_STATIC (rw_transmitter_debug);
#define GST_CAT_DEFAULT rw_transmitter_debug

#define DEFAULT_MAX_TIME_NS (60 * GST_SECOND)
#define DEFAULT_DRAIN_RATE  8.0

/* A consumer that vanished is waited for as long as the journal could still
 * serve it, and no less than this. */
#define MIN_REMEMBER_US (60 * G_USEC_PER_SEC)

/* Frames are shed one by one, but the consumers are not looked through each
 * time. */
#define OVERRUN_INTERVAL_US G_USEC_PER_SEC

/* What is repaired before a session has sent so much live was recorded while
 * it opened, and says nothing of the path; what is repaired with so much to be
 * acknowledged was recorded in an outage. */
#define SETTLED_FRAMES 50
#define CATCHING_UP_NS (1 * GST_SECOND)

struct _RwLink {
  RwSendSession *session;
  RwWebrtcPeer *peer;
  gboolean live;
  guint64 bytes_live;
};

struct _RwTransmitter {
  GObject parent_instance;

  GMutex lock;
  GCond drained; /* something was acknowledged, or the wait is off */
  RwJournal *journal;
  RwCursorSet *cursors;
  GPtrArray *outlets; /* RwOutlet, owned */
  GPtrArray *feeds;   /* RwWebrtcPeer; never changed, only replaced */
  RwJournalLimits limits;
  gdouble drain_rate;
  gint64 stall_us;
  gboolean interrupted;
  RwSendStats past; /* of outlets that are gone */
  RwOverrunLog *overruns;
  gint64 overruns_checked_us;
  GHashTable *finished; /* ids of consumers that have it all, and know it */
};

enum { SIGNAL_OVERRUN, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (RwTransmitter, rw_transmitter, G_TYPE_OBJECT)

typedef struct {
  RwTransmitter *self;
  gboolean all;
} CollectFinished;

static void
outlet_free (RwOutlet *outlet)
{
  g_clear_pointer (&outlet->session, rw_send_session_free);
  g_clear_object (&outlet->peer);
  g_free (outlet);
}

static void
rw_transmitter_finalize (GObject *object)
{
  RwTransmitter *self = RW_TRANSMITTER (object);

  g_ptr_array_unref (self->outlets);
  g_ptr_array_unref (self->feeds);
  rw_overrun_log_free (self->overruns);
  g_hash_table_unref (self->finished);
  rw_cursor_set_free (self->cursors);
  rw_journal_free (self->journal);
  g_cond_clear (&self->drained);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (rw_transmitter_parent_class)->finalize (object);
}

static void
rw_transmitter_class_init (RwTransmitterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_transmitter_finalize;
  signals[SIGNAL_OVERRUN] =
      g_signal_new ("overrun", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  GST_DEBUG_CATEGORY_INIT (rw_transmitter_debug, "resilientwebrtctransmitter",
                           0, "resilient WebRTC journal, cursors and outlets");
}

static void
reset_locked (RwTransmitter *self)
{
  guint8 stream_id[RW_STREAM_ID_SIZE];

  g_assert (self->outlets->len == 0);
  g_clear_pointer (&self->journal, rw_journal_free);
  g_clear_pointer (&self->cursors, rw_cursor_set_free);
  rw_overrun_log_reset (self->overruns);
  g_hash_table_remove_all (self->finished);
  rw_stream_id_generate (stream_id);
  self->journal = rw_journal_new (stream_id, &self->limits);
  self->cursors = rw_cursor_set_new ();
  self->past = (RwSendStats){0};
  self->overruns_checked_us = 0;
}

static void
rw_transmitter_init (RwTransmitter *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->drained);
  self->outlets = g_ptr_array_new_with_free_func ((GDestroyNotify) outlet_free);
  self->feeds = g_ptr_array_new_with_free_func (g_object_unref);
  self->overruns = rw_overrun_log_new ();
  self->finished =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->limits.max_time_ns = DEFAULT_MAX_TIME_NS;
  self->drain_rate = DEFAULT_DRAIN_RATE;
  self->stall_us = RW_LIVENESS_STALL_US;
  reset_locked (self);
}

RwTransmitter *
rw_transmitter_new (void)
{
  return g_object_new (RW_TYPE_TRANSMITTER, NULL);
}

void
rw_transmitter_start (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  reset_locked (self);
}

/* Of the newest format; what a new session offers. */
GstCaps *
rw_transmitter_dup_caps (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint n = rw_journal_get_n_formats (self->journal);

  return n ? gst_caps_from_string (rw_journal_get_format (self->journal, n - 1))
           : NULL;
}

char *
rw_transmitter_dup_stream_id (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_stream_id_to_string (rw_journal_get_stream_id (self->journal));
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

  return self->drain_rate;
}

void
rw_transmitter_set_drain_rate (RwTransmitter *self, gdouble rate)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 now_us = g_get_monotonic_time ();

  self->drain_rate = rate;
  for (guint i = 0; i < self->outlets->len; i++) {
    RwOutlet *outlet = g_ptr_array_index (self->outlets, i);

    rw_send_session_set_drain_rate (outlet->session, rate, now_us);
  }
}

void
rw_transmitter_set_stall_timeout (RwTransmitter *self, guint stall_ms)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->stall_us = stall_ms * (gint64) 1000;
}

gint
rw_transmitter_add_format (RwTransmitter *self, const char *caps)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_journal_add_format (self->journal, caps);
}

typedef struct {
  RwTransmitter *self;
  GPtrArray *overruns; /* RwOverrun, or NULL for none */
  gint64 now_us;
  gboolean is_last;
} CollectOverruns;

static void
collect_overrun (RwCursor *cursor, gpointer data)
{
  CollectOverruns *collect = data;
  RwOverrun *overrun =
      rw_overrun_log_check (collect->self->overruns, cursor,
                            rw_journal_get_tail (collect->self->journal),
                            collect->now_us, collect->is_last);

  if (overrun == NULL)
    return;
  if (collect->overruns == NULL)
    collect->overruns =
        g_ptr_array_new_with_free_func ((GDestroyNotify) rw_overrun_free);
  g_ptr_array_add (collect->overruns, overrun);
}

/* What there is to tell of the consumer of @outlet, or NULL. */
static GPtrArray *
collect_overrun_of_locked (RwTransmitter *self, RwOutlet *outlet,
                           gboolean is_last)
{
  RwCursor *cursor = rw_send_session_get_cursor (outlet->session);
  CollectOverruns collect = {self, NULL, g_get_monotonic_time (), is_last};

  if (cursor && rw_journal_get_n_shed (self->journal) > 0)
    collect_overrun (cursor, &collect);
  return collect.overruns;
}

static void
tell_overruns (RwTransmitter *self, GPtrArray *overruns)
{
  for (guint i = 0; overruns && i < overruns->len; i++) {
    RwOverrun *overrun = g_ptr_array_index (overruns, i);

    GST_WARNING_OBJECT (self,
                        "the journal is full: %" G_GUINT64_FORMAT
                        " more frames shed that consumer %s had not "
                        "acknowledged; it has lost %" G_GUINT64_FORMAT
                        " so far",
                        overrun->frames, overrun->consumer_id, overrun->lost);
    g_signal_emit (self, signals[SIGNAL_OVERRUN], 0, overrun);
  }
}

/* Under the bounds again: what the cursors lost, as often as may be told. */
static GPtrArray *
after_shedding_locked (RwTransmitter *self, guint64 n_shed, gint64 now_us)
{
  gint64 remember_us =
      MAX (MIN_REMEMBER_US, (gint64) (self->limits.max_time_ns / 1000));
  CollectOverruns collect = {self, NULL, now_us, FALSE};

  if (n_shed == 0 || now_us - self->overruns_checked_us < OVERRUN_INTERVAL_US)
    return NULL;
  self->overruns_checked_us = now_us;
  if (rw_cursor_set_forget_unseen (self->cursors, now_us - remember_us) > 0)
    g_cond_broadcast (&self->drained);
  rw_cursor_set_foreach (self->cursors, collect_overrun, &collect);
  return collect.overruns;
}

void
rw_transmitter_set_limits (RwTransmitter *self, const RwJournalLimits *limits)
{
  g_autoptr (GPtrArray) overruns = NULL;
  guint64 n_shed;

  g_mutex_lock (&self->lock);
  self->limits = *limits;
  n_shed = rw_journal_set_limits (self->journal, limits);
  overruns = after_shedding_locked (self, n_shed, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  tell_overruns (self, overruns);
}

void
rw_transmitter_append (RwTransmitter *self, RwFrame *frame)
{
  gint64 now_us = g_get_monotonic_time ();
  g_autoptr (GPtrArray) overruns = NULL;
  g_autoptr (GPtrArray) feeds = NULL;
  guint64 n_shed;

  g_mutex_lock (&self->lock);
  n_shed = rw_journal_append (self->journal, frame);
  for (guint i = 0; i < self->outlets->len; i++) {
    RwOutlet *outlet = g_ptr_array_index (self->outlets, i);

    if (!outlet->live)
      continue;
    rw_send_session_note_live_sent (outlet->session, frame->index, now_us);
    outlet->bytes_live += frame->size;
  }
  feeds = g_ptr_array_ref (self->feeds);
  overruns = after_shedding_locked (self, n_shed, now_us);
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < feeds->len; i++)
    rw_webrtc_peer_push_frame (g_ptr_array_index (feeds, i), frame);
  tell_overruns (self, overruns);
}

void
rw_transmitter_end (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_journal_end (self->journal);
}

static void
find_unfinished (RwCursor *cursor, gpointer data)
{
  CollectFinished *collect = data;

  collect->all &=
      g_hash_table_contains (collect->self->finished, cursor->consumer_id);
}

/* Having every frame is not enough: a consumer that has not heard that it was
 * the last would wait for more. */
static gboolean
is_drained_locked (RwTransmitter *self)
{
  CollectFinished collect = {self, TRUE};

  rw_cursor_set_foreach (self->cursors, find_unfinished, &collect);
  return collect.all;
}

RwDrain
rw_transmitter_wait_drained (RwTransmitter *self, GstClockTime timeout)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 now_us = g_get_monotonic_time ();
  gint64 end_us = timeout / 1000 > (guint64) (G_MAXINT64 - now_us)
                      ? G_MAXINT64
                      : now_us + (gint64) (timeout / 1000);

  while (!self->interrupted && !is_drained_locked (self)) {
    if (!g_cond_wait_until (&self->drained, &self->lock, end_us))
      return is_drained_locked (self) ? RW_DRAIN_DONE : RW_DRAIN_TIMED_OUT;
  }
  return self->interrupted ? RW_DRAIN_INTERRUPTED : RW_DRAIN_DONE;
}

void
rw_transmitter_interrupt (RwTransmitter *self, gboolean interrupt)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->interrupted = interrupt;
  g_cond_broadcast (&self->drained);
}

gboolean
rw_transmitter_is_draining (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->outlets->len; i++) {
    RwOutlet *outlet = g_ptr_array_index (self->outlets, i);
    RwCursor *cursor = rw_send_session_get_cursor (outlet->session);

    if (cursor &&
        !g_hash_table_contains (self->finished, cursor->consumer_id) &&
        rw_send_session_get_liveness (outlet->session) == RW_LIVENESS_ALIVE)
      return TRUE;
  }
  return FALSE;
}

static void
replace_feeds_locked (RwTransmitter *self)
{
  GPtrArray *feeds = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->outlets->len; i++) {
    RwOutlet *outlet = g_ptr_array_index (self->outlets, i);

    g_ptr_array_add (feeds, g_object_ref (outlet->peer));
  }
  g_ptr_array_unref (self->feeds);
  self->feeds = feeds;
}

/* Where the consumer of a request begins if it is not known: where it says it
 * stands; at the oldest frame also if it comes from another stream, for then
 * nothing of this one may be missing. */
static guint64
choose_position_locked (RwTransmitter *self, const RwSessionRequest *request,
                        gboolean ours)
{
  guint64 tail = rw_journal_get_tail (self->journal);
  guint64 head = rw_journal_get_head (self->journal);

  if (ours)
    return request->next;
  if (request->start == RW_SESSION_START_OLDEST || request->stream_id != NULL)
    return tail;
  return head;
}

static void
place_cursor_locked (RwTransmitter *self, const RwSessionRequest *request,
                     gint64 now_us)
{
  guint8 stream_id[RW_STREAM_ID_SIZE];
  RwCursor *cursor;
  gboolean ours;

  if (strlen (request->consumer_id) > RW_CONSUMER_ID_MAX)
    return;
  ours = request->stream_id != NULL &&
         rw_stream_id_parse (request->stream_id, stream_id) &&
         memcmp (stream_id, rw_journal_get_stream_id (self->journal),
                 RW_STREAM_ID_SIZE) == 0 &&
         request->next <= rw_journal_get_head (self->journal);
  cursor =
      rw_cursor_set_add (self->cursors, request->consumer_id,
                         choose_position_locked (self, request, ours), now_us);
  if (ours)
    rw_cursor_set_ack (self->cursors, cursor, request->next,
                       rw_journal_get_tail (self->journal), now_us);
}

RwOutlet *
rw_transmitter_add_outlet (RwTransmitter *self, RwWebrtcPeer *peer,
                           const RwSessionRequest *request)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 now_us = g_get_monotonic_time ();
  RwOutlet *outlet = g_new0 (RwOutlet, 1);
  RwSendSessionConfig config;

  rw_send_session_config_init (&config);
  config.generation = request ? request->generation : 0;
  config.drain_rate = self->drain_rate;
  config.stall_us = self->stall_us;
  if (request)
    place_cursor_locked (self, request, now_us);
  outlet->session =
      rw_send_session_new (self->journal, self->cursors, &config, now_us);
  outlet->peer = g_object_ref (peer);
  g_ptr_array_add (self->outlets, outlet);
  replace_feeds_locked (self);
  return outlet;
}

static void
add_stats (RwSendStats *sum, const RwSendSession *session)
{
  RwSendStats stats;

  rw_send_session_get_stats (session, &stats);
  sum->messages_sent += stats.messages_sent;
  sum->messages_received += stats.messages_received;
  sum->messages_fenced += stats.messages_fenced;
  sum->frames_live += stats.frames_live;
  sum->frames_repaired += stats.frames_repaired;
  sum->frames_repeated += stats.frames_repeated;
  sum->bytes_repaired += stats.bytes_repaired;
}

void
rw_transmitter_remove_outlet (RwTransmitter *self, RwOutlet *outlet)
{
  g_autoptr (RwWebrtcPeer) peer = g_object_ref (outlet->peer);
  g_autoptr (GPtrArray) feeds = NULL;
  g_autoptr (GPtrArray) overruns = NULL;

  g_mutex_lock (&self->lock);
  feeds = g_ptr_array_ref (self->feeds); /* the last unref is not under lock */
  overruns = collect_overrun_of_locked (self, outlet, TRUE);
  add_stats (&self->past, outlet->session);
  g_ptr_array_remove_fast (self->outlets, outlet);
  replace_feeds_locked (self);
  g_cond_broadcast (&self->drained);
  g_mutex_unlock (&self->lock);
  tell_overruns (self, overruns);
}

void
rw_transmitter_set_live (RwTransmitter *self, RwOutlet *outlet)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  outlet->live = TRUE;
}

gboolean
rw_transmitter_receive (RwTransmitter *self, RwOutlet *outlet, GBytes *bytes,
                        GError **error)
{
  RwMessage message;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (!rw_channel_decode (data, size, &message, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  rw_send_session_receive (outlet->session, &message, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* The next message of the outlet as bytes; its payloads are the journal's, so
 * it is encoded under the lock. */
static GBytes *
next_message (RwTransmitter *self, RwOutlet *outlet, guint64 buffered,
              guint8 *buffer, gsize space)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  RwMessage message;
  gsize size;

  if (!rw_send_session_next (outlet->session, g_get_monotonic_time (), buffered,
                             &message))
    return NULL;
  size = rw_channel_encode (&message, buffer, space);
  return g_bytes_new (buffer, size);
}

static RwSendEvents
after_pump (RwTransmitter *self, RwOutlet *outlet, gint64 *deadline_us)
{
  g_autoptr (GPtrArray) overruns = NULL;
  RwSendEvents events;

  g_mutex_lock (&self->lock);
  events = rw_send_session_take_events (outlet->session);
  *deadline_us = rw_send_session_get_deadline (outlet->session);
  if (events & RW_SEND_EVENT_FINISHED) {
    RwCursor *cursor = rw_send_session_get_cursor (outlet->session);

    g_hash_table_add (self->finished, g_strdup (cursor->consumer_id));
    g_cond_broadcast (&self->drained);
  }
  overruns = collect_overrun_of_locked (self, outlet, FALSE);
  if (events & RW_SEND_EVENT_ACKED) {
    rw_journal_release (
        self->journal, rw_cursor_set_get_lowest (
                           self->cursors, rw_journal_get_tail (self->journal)));
    g_cond_broadcast (&self->drained);
  }
  g_mutex_unlock (&self->lock);
  tell_overruns (self, overruns);
  return events;
}

RwSendEvents
rw_transmitter_pump (RwTransmitter *self, RwOutlet *outlet, gint64 *deadline_us)
{
  g_autofree guint8 *buffer = g_malloc (RW_CHANNEL_MAX_SIZE);
  RwPeer *peer = RW_PEER (outlet->peer);
  GBytes *bytes;

  while (
      (bytes = next_message (self, outlet, rw_peer_get_buffered_amount (peer),
                             buffer, RW_CHANNEL_MAX_SIZE))) {
    rw_peer_send (peer, bytes);
    g_bytes_unref (bytes);
  }
  return after_pump (self, outlet, deadline_us);
}

GBytes *
rw_transmitter_close_outlet (RwTransmitter *self, RwOutlet *outlet,
                             RwByeReason reason)
{
  guint8 buffer[1024]; /* a BYE is short */

  g_mutex_lock (&self->lock);
  rw_send_session_close (outlet->session, reason, NULL);
  g_mutex_unlock (&self->lock);
  return next_message (self, outlet, 0, buffer, sizeof buffer);
}

void
rw_transmitter_forget (RwTransmitter *self, const char *consumer_id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  RwCursor *cursor = rw_cursor_set_lookup (self->cursors, consumer_id);

  if (cursor && cursor->sessions > 0)
    return;
  rw_overrun_log_forget (self->overruns, consumer_id);
  g_hash_table_remove (self->finished, consumer_id);
  if (cursor)
    rw_cursor_set_forget (self->cursors, cursor);
  g_cond_broadcast (&self->drained);
}

gboolean
rw_transmitter_knows (RwTransmitter *self, const char *consumer_id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_cursor_set_lookup (self->cursors, consumer_id) != NULL;
}

void
rw_transmitter_get_outlet_status (RwTransmitter *self, RwOutlet *outlet,
                                  RwOutletStatus *status)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  RwCursor *cursor = rw_send_session_get_cursor (outlet->session);
  const RwBye *bye = rw_send_session_get_bye (outlet->session);
  guint64 head = rw_journal_get_head (self->journal);

  *status = (RwOutletStatus){
      .established = cursor != NULL,
      .liveness = rw_send_session_get_liveness (outlet->session),
      .heard_us = rw_send_session_get_heard_us (outlet->session),
      .bye = bye != NULL,
      .bye_reason = bye ? bye->reason : RW_BYE_STOPPED,
  };
  if (cursor == NULL)
    return;
  g_strlcpy (status->consumer_id, cursor->consumer_id,
             sizeof status->consumer_id);
  status->acked = cursor->acked;
  status->backlog_frames = head - cursor->acked;
  status->backlog_ns =
      rw_journal_get_span_ns (self->journal, cursor->acked, head);
}

gboolean
rw_transmitter_sample_quality (RwTransmitter *self, RwOutlet *outlet,
                               RwQualitySample *sample)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const RwCursor *cursor = rw_send_session_get_cursor (outlet->session);
  const RwRtt *rtt = rw_send_session_get_rtt (outlet->session);
  RwSendStats stats;
  guint64 backlog_ns;

  rw_send_session_get_stats (outlet->session, &stats);
  if (cursor == NULL || !rtt->valid || stats.frames_live < SETTLED_FRAMES)
    return FALSE;
  backlog_ns = rw_journal_get_span_ns (self->journal, cursor->acked,
                                       rw_journal_get_head (self->journal));
  if (backlog_ns > CATCHING_UP_NS)
    return FALSE;
  *sample = (RwQualitySample){
      .frames = stats.frames_live,
      .missed = (gint64) (stats.frames_repaired - stats.frames_repeated),
      .bytes = outlet->bytes_live + stats.bytes_repaired,
      .rtt_us = MAX (rtt->srtt_us, 1),
      .jitter_us = rtt->rttvar_us,
      .backlog_ns = backlog_ns,
  };
  return TRUE;
}

static guint64
slowest_rtt_ns_locked (RwTransmitter *self)
{
  guint64 rtt_ns = 0;

  for (guint i = 0; i < self->outlets->len; i++) {
    RwOutlet *outlet = g_ptr_array_index (self->outlets, i);
    const RwRtt *rtt = rw_send_session_get_rtt (outlet->session);

    rtt_ns = MAX (rtt_ns, (guint64) MAX (rtt->srtt_us, 0) * 1000);
  }
  return rtt_ns;
}

GstStructure *
rw_transmitter_get_stats (RwTransmitter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  RwSendStats sum = self->past;
  guint64 head = rw_journal_get_head (self->journal);
  guint64 lowest = rw_cursor_set_get_lowest (self->cursors, head);

  for (guint i = 0; i < self->outlets->len; i++) {
    RwOutlet *outlet = g_ptr_array_index (self->outlets, i);

    add_stats (&sum, outlet->session);
  }
  /* clang-format off */
  return gst_structure_new ("resilient-webrtc-sink-stats",
      "frames", G_TYPE_UINT64, head,
      "acknowledged", G_TYPE_UINT64, lowest,
      "repaired", G_TYPE_UINT64, sum.frames_repaired,
      "repeated", G_TYPE_UINT64, sum.frames_repeated,
      "shed", G_TYPE_UINT64, rw_journal_get_n_shed (self->journal),
      "backlog", G_TYPE_UINT64,
      rw_journal_get_span_ns (self->journal, lowest, head),
      "backlog-bytes", G_TYPE_UINT64,
      rw_journal_get_payload_bytes (self->journal),
      "journal-memory", G_TYPE_UINT64,
      rw_journal_get_memory_bytes (self->journal),
      "consumers", G_TYPE_UINT, rw_cursor_set_get_size (self->cursors),
      "sessions", G_TYPE_UINT, self->outlets->len,
      "rtt", G_TYPE_UINT64, slowest_rtt_ns_locked (self),
      NULL);
  /* clang-format on */
}
