/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-audio-terms.h"

/* See the header. */

struct _RwAudioTerms {
  GMutex lock;
  RwOpusTerms terms;
  guint frame_duration; /* of the newest frame, samples at 48 kHz */
};

RwAudioTerms *
rw_audio_terms_new (void)
{
  RwAudioTerms *self = g_new0 (RwAudioTerms, 1);

  g_mutex_init (&self->lock);
  return self;
}

void
rw_audio_terms_free (RwAudioTerms *self)
{
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
rw_audio_terms_set (RwAudioTerms *self, const RwOpusTerms *terms)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->terms = *terms;
}

void
rw_audio_terms_note_frame (RwAudioTerms *self, const RwFrame *frame)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->frame_duration = frame->duration;
}

RwOpusTerms
rw_audio_terms_get (RwAudioTerms *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  RwOpusTerms terms = self->terms;

  if (terms.ptime_ms <= 0)
    terms.ptime_ms = self->frame_duration * 1000.0 / RW_FRAME_RATE;
  return terms;
}
