/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-complete-pad.h"

#include "rw-source-output.h"
#include "rw-window-src.h"

/* See the header. */

struct _RwCompletePad {
  GstBin *bin;
  RwReceiver *receiver;
  GstElement *window_src; /* referenced */
  GstPad *pad;            /* owned by the bin */
  RwSourceOutput *output;
};

/* Streaming thread. A missing frame is repaired, or will never arrive. */
static void
on_prepare (GstElement *window_src, GstCaps *caps, gboolean is_ordinary,
            gpointer data)
{
  RwCompletePad *self = data;

  rw_source_output_decide (self->output, caps, is_ordinary);
}

static gboolean
on_is_relinked (GstElement *window_src, gpointer data)
{
  RwCompletePad *self = data;

  return rw_source_output_take_relinked (self->output);
}

RwCompletePad *
rw_complete_pad_new (GstBin *bin, RwReceiver *receiver,
                     GstPadTemplate *template)
{
  RwCompletePad *self = g_new0 (RwCompletePad, 1);
  GstElement *window_src = rw_window_src_new (receiver, RW_RECEIVER_COMPLETE);

  self->bin = bin;
  self->receiver = receiver;
  self->window_src = gst_object_ref_sink (window_src);
  g_signal_connect (window_src, "prepare", G_CALLBACK (on_prepare), self);
  g_signal_connect (window_src, "is-relinked", G_CALLBACK (on_is_relinked),
                    self);
  gst_bin_add (bin, window_src);
  self->pad = gst_ghost_pad_new_no_target_from_template ("complete", template);
  self->output = rw_source_output_new (bin, window_src, self->pad);
  rw_receiver_set_dual (receiver, TRUE);
  return self;
}

/* When the bin is disposed of, its elements are removed before its pads. */
void
rw_complete_pad_free (RwCompletePad *self)
{
  gboolean is_disposed = GST_BIN_NUMCHILDREN (self->bin) == 0;

  rw_receiver_set_dual (self->receiver, FALSE);
  if (!is_disposed) {
    rw_source_output_reset (self->output);
    gst_element_set_state (self->window_src, GST_STATE_NULL);
    gst_bin_remove (self->bin, self->window_src);
  }
  gst_element_remove_pad (GST_ELEMENT (self->bin), self->pad);
  g_signal_handlers_disconnect_by_data (self->window_src, self);
  gst_object_unref (self->window_src);
  rw_source_output_free (self->output);
  g_free (self);
}

GstPad *
rw_complete_pad_get_pad (RwCompletePad *self)
{
  return self->pad;
}

void
rw_complete_pad_set_latency (RwCompletePad *self, guint latency_ms)
{
  rw_window_src_set_latency (RW_WINDOW_SRC (self->window_src), latency_ms);
}

gboolean
rw_complete_pad_refuse_room (RwCompletePad *self)
{
  GST_ELEMENT_ERROR (self->bin, RESOURCE, SETTINGS,
                     ("The pad \"complete\" is of one producer; set "
                      "producer-name, or release the pad to receive a room."),
                     (NULL));
  return FALSE;
}

void
rw_complete_pad_reset (RwCompletePad *self)
{
  rw_source_output_reset (self->output);
}
