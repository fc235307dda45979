/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-window.h"

/* A window without fencing: any session may replace the stream, and whatever a
 * session of an earlier stream brings is taken for the present one's. */

/* Stands for every stream. */
#define ANY_SERIAL 1

guint32 __real_rw_window_begin_stream (RwWindow *window,
                                       const guint8 *stream_id,
                                       guint32 generation, guint64 start);
guint32 __wrap_rw_window_begin_stream (RwWindow *window,
                                       const guint8 *stream_id,
                                       guint32 generation, guint64 start);
guint32 __real_rw_window_get_serial (const RwWindow *window);
guint32 __wrap_rw_window_get_serial (const RwWindow *window);
gboolean __real_rw_window_set_format (RwWindow *window, guint32 serial,
                                      guint id, const gchar *caps,
                                      gsize length);
gboolean __wrap_rw_window_set_format (RwWindow *window, guint32 serial,
                                      guint id, const gchar *caps,
                                      gsize length);
RwWindowResult __real_rw_window_insert (RwWindow *window, guint32 serial,
                                        const RwFrame *frame, GBytes *payload,
                                        RwLane lane);
RwWindowResult __wrap_rw_window_insert (RwWindow *window, guint32 serial,
                                        const RwFrame *frame, GBytes *payload,
                                        RwLane lane);
void __real_rw_window_set_tail (RwWindow *window, guint32 serial, guint64 tail);
void __wrap_rw_window_set_tail (RwWindow *window, guint32 serial, guint64 tail);
void __real_rw_window_end (RwWindow *window, guint32 serial, guint64 final);
void __wrap_rw_window_end (RwWindow *window, guint32 serial, guint64 final);

/* Each caller is newer than all before it. */
guint32
__wrap_rw_window_begin_stream (RwWindow *window, const guint8 *stream_id,
                               guint32 generation, guint64 start)
{
  static guint32 newest;

  return __real_rw_window_begin_stream (window, stream_id, ++newest, start) != 0
             ? ANY_SERIAL
             : 0;
}

guint32
__wrap_rw_window_get_serial (const RwWindow *window)
{
  return __real_rw_window_get_serial (window) != 0 ? ANY_SERIAL : 0;
}

gboolean
__wrap_rw_window_set_format (RwWindow *window, guint32 serial, guint id,
                             const gchar *caps, gsize length)
{
  return __real_rw_window_set_format (
      window, __real_rw_window_get_serial (window), id, caps, length);
}

RwWindowResult
__wrap_rw_window_insert (RwWindow *window, guint32 serial, const RwFrame *frame,
                         GBytes *payload, RwLane lane)
{
  return __real_rw_window_insert (window, __real_rw_window_get_serial (window),
                                  frame, payload, lane);
}

void
__wrap_rw_window_set_tail (RwWindow *window, guint32 serial, guint64 tail)
{
  __real_rw_window_set_tail (window, __real_rw_window_get_serial (window),
                             tail);
}

void
__wrap_rw_window_end (RwWindow *window, guint32 serial, guint64 final)
{
  __real_rw_window_end (window, __real_rw_window_get_serial (window), final);
}
