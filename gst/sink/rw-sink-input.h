/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-encoder.h"
#include "rw-transmitter.h"

G_BEGIN_DECLS

/*
 * RwSinkInput: the sink's ghost pad, and the encoder between it and the journal
 * sink, which the first caps call for if they are raw audio.
 *
 * Threads: events and queries come on the upstream thread, the encoder's
 * settings from any, the rest from state changes.
 */
typedef struct _RwSinkInput RwSinkInput;

/* Adds the pad of @template to @bin, which owns the input and @transmitter, and
 * which holds @journal_sink. The terms of what is encoded are set on
 * @transmitter. */
RwSinkInput *rw_sink_input_new (GstBin *bin, GstElement *journal_sink,
                                RwTransmitter *transmitter,
                                GstPadTemplate *template);

/* The pad takes no more events or queries: the bin is finalized. */
void rw_sink_input_free (RwSinkInput *self);

/* For the encoder that is, and for those to come. */
void rw_sink_input_set_encoder (RwSinkInput *self,
                                const RwEncoderSettings *settings);

/* Removes the encoder: the next run may have another format. */
void rw_sink_input_reset (RwSinkInput *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSinkInput, rw_sink_input_free)

G_END_DECLS
