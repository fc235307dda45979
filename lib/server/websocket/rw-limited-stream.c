/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-limited-stream.h"

/* --- The input half --- */

#define RW_TYPE_LIMITED_INPUT (rw_limited_input_get_type ())
G_DECLARE_FINAL_TYPE (RwLimitedInput, rw_limited_input, RW, LIMITED_INPUT,
                      GFilterInputStream)

struct _RwLimitedInput {
  GFilterInputStream parent_instance;
  RwFrameLimiter limiter;
  RwLimitFunc func;
  gpointer user_data;
};

static void
rw_limited_input_pollable_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    RwLimitedInput, rw_limited_input, G_TYPE_FILTER_INPUT_STREAM,
    G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                           rw_limited_input_pollable_init))

static GPollableInputStream *
get_base (gpointer self)
{
  return G_POLLABLE_INPUT_STREAM (
      g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (self)));
}

static gboolean
rw_limited_input_can_poll (GPollableInputStream *stream)
{
  return g_pollable_input_stream_can_poll (get_base (stream));
}

static gboolean
rw_limited_input_is_readable (GPollableInputStream *stream)
{
  return g_pollable_input_stream_is_readable (get_base (stream));
}

/* The callback gets the base stream, at which libsoup does not look. With GLib
 * 2.74 a source that may not recurse is taken off its context for its dispatch,
 * at the price of two wake-ups; no shard's context runs within itself. */
static GSource *
rw_limited_input_create_source (GPollableInputStream *stream,
                                GCancellable *cancellable)
{
  GSource *source =
      g_pollable_input_stream_create_source (get_base (stream), cancellable);

  g_source_set_can_recurse (source, TRUE);
  return source;
}

/* @got bytes lie in @buffer. Those that may be read on; none means that for
 * now there is nothing to read. */
static gssize
pass (RwLimitedInput *self, const guint8 *buffer, gssize got, GError **error)
{
  gboolean tripped_before = self->limiter.tripped;
  gsize passed = rw_frame_limiter_pass (&self->limiter, buffer, (gsize) got);

  if (self->limiter.tripped && !tripped_before && self->func != NULL)
    self->func (self->user_data);
  if (passed > 0)
    return (gssize) passed;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
                       "the received data was discarded");
  return -1;
}

static gssize
rw_limited_input_read_nonblocking (GPollableInputStream *stream, void *buffer,
                                   gsize count, GError **error)
{
  RwLimitedInput *self = RW_LIMITED_INPUT (stream);
  gssize got = g_pollable_input_stream_read_nonblocking (
      get_base (stream), buffer, count, NULL, error);

  return got > 0 ? pass (self, buffer, got, error) : got;
}

static void
rw_limited_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->can_poll = rw_limited_input_can_poll;
  iface->is_readable = rw_limited_input_is_readable;
  iface->create_source = rw_limited_input_create_source;
  iface->read_nonblocking = rw_limited_input_read_nonblocking;
}

/* A blocking read must not come back empty-handed: that would be an end. */
static gssize
rw_limited_input_read (GInputStream *stream, void *buffer, gsize count,
                       GCancellable *cancellable, GError **error)
{
  for (;;) {
    gssize got = g_input_stream_read (G_INPUT_STREAM (get_base (stream)),
                                      buffer, count, cancellable, error);
    gssize passed;

    if (got <= 0)
      return got;
    passed = pass (RW_LIMITED_INPUT (stream), buffer, got, NULL);
    if (passed > 0)
      return passed;
  }
}

static void
rw_limited_input_class_init (RwLimitedInputClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = rw_limited_input_read;
}

static void
rw_limited_input_init (RwLimitedInput *self)
{
}

/* --- The output half: only counts --- */

#define RW_TYPE_COUNTED_OUTPUT (rw_counted_output_get_type ())
G_DECLARE_FINAL_TYPE (RwCountedOutput, rw_counted_output, RW, COUNTED_OUTPUT,
                      GFilterOutputStream)

struct _RwCountedOutput {
  GFilterOutputStream parent_instance;
  guint64 written;
};

static void
rw_counted_output_pollable_init (GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    RwCountedOutput, rw_counted_output, G_TYPE_FILTER_OUTPUT_STREAM,
    G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                           rw_counted_output_pollable_init))

static GPollableOutputStream *
get_base_output (gpointer self)
{
  return G_POLLABLE_OUTPUT_STREAM (
      g_filter_output_stream_get_base_stream (G_FILTER_OUTPUT_STREAM (self)));
}

static gboolean
rw_counted_output_can_poll (GPollableOutputStream *stream)
{
  return g_pollable_output_stream_can_poll (get_base_output (stream));
}

static gboolean
rw_counted_output_is_writable (GPollableOutputStream *stream)
{
  return g_pollable_output_stream_is_writable (get_base_output (stream));
}

static GSource *
rw_counted_output_create_source (GPollableOutputStream *stream,
                                 GCancellable *cancellable)
{
  return g_pollable_output_stream_create_source (get_base_output (stream),
                                                 cancellable);
}

static gssize
count (gpointer stream, gssize written)
{
  if (written > 0)
    RW_COUNTED_OUTPUT (stream)->written += (guint64) written;

  return written;
}

static gssize
rw_counted_output_write_nonblocking (GPollableOutputStream *stream,
                                     const void *buffer, gsize len,
                                     GError **error)
{
  return count (stream,
                g_pollable_output_stream_write_nonblocking (
                    get_base_output (stream), buffer, len, NULL, error));
}

static void
rw_counted_output_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->can_poll = rw_counted_output_can_poll;
  iface->is_writable = rw_counted_output_is_writable;
  iface->create_source = rw_counted_output_create_source;
  iface->write_nonblocking = rw_counted_output_write_nonblocking;
}

static gssize
rw_counted_output_write (GOutputStream *stream, const void *buffer, gsize len,
                         GCancellable *cancellable, GError **error)
{
  return count (
      stream, g_output_stream_write (G_OUTPUT_STREAM (get_base_output (stream)),
                                     buffer, len, cancellable, error));
}

static void
rw_counted_output_class_init (RwCountedOutputClass *klass)
{
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = rw_counted_output_write;
}

static void
rw_counted_output_init (RwCountedOutput *self)
{
}

/* --- The stream --- */

struct _RwLimitedStream {
  GIOStream parent_instance;
  GIOStream *base;
  RwLimitedInput *input;
  RwCountedOutput *output;
};

G_DEFINE_FINAL_TYPE (RwLimitedStream, rw_limited_stream, G_TYPE_IO_STREAM)

static GInputStream *
rw_limited_stream_get_input_stream (GIOStream *stream)
{
  return G_INPUT_STREAM (RW_LIMITED_STREAM (stream)->input);
}

static GOutputStream *
rw_limited_stream_get_output_stream (GIOStream *stream)
{
  return G_OUTPUT_STREAM (RW_LIMITED_STREAM (stream)->output);
}

static gboolean
rw_limited_stream_close (GIOStream *stream, GCancellable *cancellable,
                         GError **error)
{
  return g_io_stream_close (RW_LIMITED_STREAM (stream)->base, cancellable,
                            error);
}

static void
on_base_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (g_io_stream_close_finish (G_IO_STREAM (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
rw_limited_stream_close_async (GIOStream *stream, int io_priority,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (stream, cancellable, callback, user_data);

  g_task_set_name (task, "rw-limited-stream-close");
  if (g_io_stream_is_closed (RW_LIMITED_STREAM (stream)->base)) {
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
    return;
  }
  g_io_stream_close_async (RW_LIMITED_STREAM (stream)->base, io_priority,
                           cancellable, on_base_closed, task);
}

static gboolean
rw_limited_stream_close_finish (GIOStream *stream, GAsyncResult *result,
                                GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
rw_limited_stream_finalize (GObject *object)
{
  RwLimitedStream *self = RW_LIMITED_STREAM (object);

  g_object_unref (self->input);
  g_object_unref (self->output);
  g_object_unref (self->base);

  G_OBJECT_CLASS (rw_limited_stream_parent_class)->finalize (object);
}

static void
rw_limited_stream_class_init (RwLimitedStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  object_class->finalize = rw_limited_stream_finalize;
  stream_class->get_input_stream = rw_limited_stream_get_input_stream;
  stream_class->get_output_stream = rw_limited_stream_get_output_stream;
  stream_class->close_fn = rw_limited_stream_close;
  stream_class->close_async = rw_limited_stream_close_async;
  stream_class->close_finish = rw_limited_stream_close_finish;
}

static void
rw_limited_stream_init (RwLimitedStream *self)
{
}

/**
 * rw_limited_stream_new:
 * @base: both of its halves must be pollable
 * @limiter: copied
 */
RwLimitedStream *
rw_limited_stream_new (GIOStream *base, const RwFrameLimiter *limiter)
{
  RwLimitedStream *self = g_object_new (RW_TYPE_LIMITED_STREAM, NULL);

  self->base = g_object_ref (base);
  self->input = g_object_new (RW_TYPE_LIMITED_INPUT, "base-stream",
                              g_io_stream_get_input_stream (base),
                              "close-base-stream", FALSE, NULL);
  self->input->limiter = *limiter;
  self->output = g_object_new (RW_TYPE_COUNTED_OUTPUT, "base-stream",
                               g_io_stream_get_output_stream (base),
                               "close-base-stream", FALSE, NULL);

  return self;
}

/** rw_limited_stream_set_func: NULL when nobody cares any more. */
void
rw_limited_stream_set_func (RwLimitedStream *self, RwLimitFunc func,
                            gpointer user_data)
{
  g_return_if_fail (RW_IS_LIMITED_STREAM (self));

  self->input->func = func;
  self->input->user_data = user_data;
}

/** rw_limited_stream_refill: once a second, for the control frames. */
void
rw_limited_stream_refill (RwLimitedStream *self)
{
  g_return_if_fail (RW_IS_LIMITED_STREAM (self));

  rw_frame_limiter_refill (&self->input->limiter);
}

/** rw_limited_stream_get_written: the bytes written so far. */
guint64
rw_limited_stream_get_written (RwLimitedStream *self)
{
  g_return_val_if_fail (RW_IS_LIMITED_STREAM (self), 0);

  return self->output->written;
}
