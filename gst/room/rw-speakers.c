/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-speakers.h"

#include "rw-inner-settings.h"
#include "rw-message.h"

GST_DEBUG_CATEGORY_STATIC (rw_speakers_debug);
#define GST_CAT_DEFAULT rw_speakers_debug

typedef struct {
  char *stream;
  char *id;           /* of its member */
  GstElement *source; /* owned by the bin */
  GstPad *pad;        /* of the merge */
} Speaker;

/* Referenced by the handlers of its signals, which may still run. */
struct _RwSpeakers {
  GstBin *bin;
  RwEndpoint *endpoint;
  const RwSpeakerOutput *output;
  gpointer data;

  GMutex lock;
  GThreadPool *worker; /* one thread, in order; NULL: it ends */
  GPtrArray *wishes;   /* the newest, RwSpeakerWish; NULL: none so far */
  GHashTable *failed;  /* streams that are given up while they are wished for */
  GPtrArray *speakers; /* Speaker; only the worker changes it */
};

static void
speaker_free (gpointer data)
{
  Speaker *speaker = data;

  g_free (speaker->stream);
  g_free (speaker->id);
  gst_object_unref (speaker->source);
  g_free (speaker);
}

/* ---- Settings ---- */

/* Referenced, for calls without the lock. */
static GPtrArray *
dup_sources (RwSpeakers *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GPtrArray *sources = g_ptr_array_new_with_free_func (gst_object_unref);

  for (guint i = 0; i < self->speakers->len; i++)
    g_ptr_array_add (
        sources,
        gst_object_ref (((Speaker *) self->speakers->pdata[i])->source));
  return sources;
}

static void
on_bin_notify (GObject *bin, GParamSpec *pspec, gpointer data)
{
  RwSpeakers *self = data;
  g_autoptr (GPtrArray) sources = dup_sources (self);

  for (guint i = 0; i < sources->len; i++)
    rw_inner_settings_follow (self->endpoint, bin, sources->pdata[i], pspec);
}

/* ---- Actions of the outer source ---- */

static void
on_bin_action (GstElement *bin, gpointer data)
{
  g_autoptr (GPtrArray) sources = dup_sources (data);
  guint signal_id = g_signal_get_invocation_hint (bin)->signal_id;

  for (guint i = 0; i < sources->len; i++)
    g_signal_emit_by_name (sources->pdata[i], g_signal_name (signal_id));
}

static void
on_bin_simulate_outage (GstElement *bin, RwOutageKind kind, guint duration_ms,
                        gpointer data)
{
  g_autoptr (GPtrArray) sources = dup_sources (data);

  for (guint i = 0; i < sources->len; i++)
    g_signal_emit_by_name (sources->pdata[i], "simulate-outage", kind,
                           duration_ms);
}

/* ---- Adding and removing ---- */

static void
wake (RwSpeakers *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->worker != NULL)
    g_thread_pool_push (self->worker, self, NULL);
}

static void
clear (gpointer data)
{
  RwSpeakers *self = data;

  g_clear_pointer (&self->wishes, g_ptr_array_unref);
  g_hash_table_unref (self->failed);
  g_ptr_array_unref (self->speakers);
  g_mutex_clear (&self->lock);
}

static void
on_state (GObject *source, GParamSpec *pspec, gpointer data)
{
  wake (data);
}

static void
release (gpointer data)
{
  g_atomic_rc_box_release_full (data, clear);
}

static void
release_closure (gpointer data, GClosure *closure)
{
  release (data);
}

static GstElement *
make_source (RwSpeakers *self, const RwSpeakerWish *wish)
{
  g_autofree char *name = g_strdup_printf ("speaker-%s", wish->stream);
  GstElement *source = g_object_new (self->output->source_type, "name", name,
                                     "producer-name", wish->stream, NULL);

  rw_inner_settings_apply (self->endpoint, G_OBJECT (self->bin),
                           G_OBJECT (source));
  /* A newcomer says nothing before it is there. */
  if (wish->is_newcomer)
    g_object_set (source, "start-position", RW_START_OLDEST, NULL);
  g_signal_connect (source, "request-token",
                    G_CALLBACK (rw_inner_settings_on_request_token), self->bin);
  g_signal_connect_data (source, "notify::state", G_CALLBACK (on_state),
                         g_atomic_rc_box_acquire (self), release_closure, 0);
  return source;
}

static void
add_speaker (RwSpeakers *self, const RwSpeakerWish *wish)
{
  Speaker *speaker = g_new0 (Speaker, 1);
  g_autoptr (GstPad) src = NULL;

  GST_INFO_OBJECT (self->bin, "following stream \"%s\"", wish->stream);
  speaker->stream = g_strdup (wish->stream);
  speaker->id = g_strdup (wish->id);
  speaker->source = gst_object_ref_sink (make_source (self, wish));
  speaker->pad = self->output->add (self->data, wish, speaker->source);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->speakers, speaker);
  g_mutex_unlock (&self->lock);
  gst_bin_add (self->bin, speaker->source);
  src = gst_element_get_static_pad (speaker->source, "src");
  gst_pad_link (src, speaker->pad);
  gst_element_sync_state_with_parent (speaker->source);
}

static void
remove_speaker (RwSpeakers *self, Speaker *speaker)
{
  GST_INFO_OBJECT (self->bin, "stream \"%s\" is not followed any more",
                   speaker->stream);
  g_signal_handlers_disconnect_by_data (speaker->source, self);
  g_signal_handlers_disconnect_by_data (speaker->source, self->bin);
  self->output->stop (self->data, speaker->pad);
  gst_element_set_locked_state (speaker->source, TRUE);
  gst_element_set_state (speaker->source, GST_STATE_NULL);
  self->output->remove (self->data, speaker->pad);
  gst_bin_remove (self->bin, speaker->source);
  g_mutex_lock (&self->lock);
  g_ptr_array_remove (self->speakers, speaker);
  g_mutex_unlock (&self->lock);
}

static RwState
get_state (Speaker *speaker)
{
  RwState state;

  g_object_get (speaker->source, "state", &state, NULL);
  return state;
}

static Speaker *
find_speaker (RwSpeakers *self, const char *stream)
{
  for (guint i = 0; i < self->speakers->len; i++) {
    Speaker *speaker = g_ptr_array_index (self->speakers, i);

    if (g_str_equal (speaker->stream, stream))
      return speaker;
  }
  return NULL;
}

static gboolean
has_failed (RwSpeakers *self, const char *stream)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_hash_table_contains (self->failed, stream);
}

static gboolean
is_not_wished (gpointer stream, gpointer value, gpointer wishes)
{
  return rw_speaker_wish_find (wishes, stream) == NULL;
}

/* A member that returns under the same name is tried again. */
static void
forget_failed (RwSpeakers *self, GPtrArray *wishes)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_hash_table_foreach_remove (self->failed, is_not_wished, wishes);
}

/* A server that has restarted announces the members one by one: whoever is
 * still connected stays. A stream that has ended begins anew where its member
 * has joined again, whose departure nobody announced. */
static gboolean
is_over (RwSpeakers *self, GPtrArray *wishes, Speaker *speaker)
{
  const RwSpeakerWish *wish = rw_speaker_wish_find (wishes, speaker->stream);
  RwState state = get_state (speaker);

  if (has_failed (self, speaker->stream))
    return TRUE;
  if (wish == NULL)
    return state != RW_STATE_CONNECTED;
  return state == RW_STATE_STOPPED && !g_str_equal (wish->id, speaker->id);
}

static void
remove_unwanted (RwSpeakers *self, GPtrArray *wishes)
{
  for (guint i = self->speakers->len; i > 0; i--) {
    Speaker *speaker = g_ptr_array_index (self->speakers, i - 1);

    if (is_over (self, wishes, speaker))
      remove_speaker (self, speaker);
  }
}

static void
apply_wish (RwSpeakers *self, const RwSpeakerWish *wish)
{
  Speaker *speaker = find_speaker (self, wish->stream);

  if (has_failed (self, wish->stream))
    return;
  if (speaker == NULL)
    add_speaker (self, wish);
  else
    self->output->update (self->data, speaker->pad, wish);
}

static void
reconcile (gpointer task, gpointer data)
{
  RwSpeakers *self = data;
  g_autoptr (GPtrArray) wishes = NULL;

  g_mutex_lock (&self->lock);
  wishes = self->wishes ? g_ptr_array_ref (self->wishes) : NULL;
  g_mutex_unlock (&self->lock);
  if (wishes != NULL) {
    remove_unwanted (self, wishes);
    forget_failed (self, wishes);
    for (guint i = 0; i < wishes->len; i++)
      apply_wish (self, g_ptr_array_index (wishes, i));
  }
  self->output->changed (self->data);
}

/* ---- Public ---- */

RwSpeakers *
rw_speakers_new (GstBin *bin, RwEndpoint *endpoint,
                 const RwSpeakerOutput *output, gpointer data)
{
  static gsize category = 0;
  RwSpeakers *self = g_atomic_rc_box_new0 (RwSpeakers);

  if (g_once_init_enter (&category)) {
    GST_DEBUG_CATEGORY_INIT (rw_speakers_debug, "resilientwebrtcroom", 0,
                             "resilient WebRTC: rooms");
    g_once_init_leave (&category, 1);
  }
  self->bin = bin;
  self->endpoint = endpoint;
  self->output = output;
  self->data = data;
  g_mutex_init (&self->lock);
  self->speakers = g_ptr_array_new_with_free_func (speaker_free);
  self->failed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->worker = g_thread_pool_new (reconcile, self, 1, FALSE, NULL);
  g_signal_connect (bin, "notify", G_CALLBACK (on_bin_notify), self);
  if (g_signal_lookup ("jump-to-live", G_OBJECT_TYPE (bin)) != 0)
    g_signal_connect (bin, "jump-to-live", G_CALLBACK (on_bin_action), self);
  g_signal_connect (bin, "reconnect", G_CALLBACK (on_bin_action), self);
  g_signal_connect (bin, "simulate-outage", G_CALLBACK (on_bin_simulate_outage),
                    self);
  return self;
}

void
rw_speakers_free (RwSpeakers *self)
{
  GThreadPool *worker;

  g_signal_handlers_disconnect_by_data (self->bin, self);
  g_mutex_lock (&self->lock);
  worker = g_steal_pointer (&self->worker);
  g_mutex_unlock (&self->lock);
  g_thread_pool_free (worker, TRUE, TRUE);
  while (self->speakers->len > 0)
    remove_speaker (self, g_ptr_array_index (self->speakers, 0));
  release (self);
}

void
rw_speakers_want (RwSpeakers *self, GPtrArray *wishes)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->wishes, g_ptr_array_unref);
  self->wishes = wishes;
  g_mutex_unlock (&self->lock);
  wake (self);
}

static Speaker *
find_origin_locked (RwSpeakers *self, GstObject *origin)
{
  for (guint i = 0; i < self->speakers->len; i++) {
    Speaker *speaker = g_ptr_array_index (self->speakers, i);

    if (origin == GST_OBJECT (speaker->source) ||
        gst_object_has_as_ancestor (origin, GST_OBJECT (speaker->source)))
      return speaker;
  }
  return NULL;
}

guint
rw_speakers_get_size (RwSpeakers *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->speakers->len;
}

gboolean
rw_speakers_is_origin (RwSpeakers *self, GstObject *origin)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return find_origin_locked (self, origin) != NULL;
}

void
rw_speakers_fail (RwSpeakers *self, GstObject *origin)
{
  Speaker *speaker;

  g_mutex_lock (&self->lock);
  speaker = find_origin_locked (self, origin);
  if (speaker)
    g_hash_table_add (self->failed, g_strdup (speaker->stream));
  g_mutex_unlock (&self->lock);
  wake (self);
}

gboolean
rw_speakers_get_worst_state (RwSpeakers *self, RwState *state)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->speakers->len; i++) {
    RwState other = get_state (g_ptr_array_index (self->speakers, i));

    if (i == 0 || (other > *state && other < RW_STATE_FAILED))
      *state = other;
  }
  return self->speakers->len > 0;
}
