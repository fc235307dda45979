/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-frame.h"
#include "rw-opus-sdp.h"

G_BEGIN_DECLS

/*
 * RwAudioTerms: the terms of the sink's audio in session descriptions: those
 * of the encoder, and where these leave the duration of packets open, that of
 * the newest frame.
 *
 * Threads: any; it has a lock of its own. The transmitter owns it.
 */
typedef struct _RwAudioTerms RwAudioTerms;

RwAudioTerms *rw_audio_terms_new (void);
void rw_audio_terms_free (RwAudioTerms *self);

/* All zero where there is no encoder. */
void rw_audio_terms_set (RwAudioTerms *self, const RwOpusTerms *terms);

/* @frame is the newest one. */
void rw_audio_terms_note_frame (RwAudioTerms *self, const RwFrame *frame);

/* As a description that is written now has them. */
RwOpusTerms rw_audio_terms_get (RwAudioTerms *self);

G_END_DECLS
