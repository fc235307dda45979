/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * rw_mixer_start_at:
 * @mixer: an audiomixer of 48 kHz with start-time-selection=first, which has
 *   had no buffer and does not play yet
 *
 * Lets the output of @mixer begin at @running_ns, whether it has inputs or not:
 * by a short silence, from an input of its own. A mixer that begins at 0 makes
 * an hour of silence first in a pipeline that has played for an hour.
 *
 * Returns: (transfer full): the pad of that input, to be released after the
 * first output: until then the mixer waits for more from it, by its clock.
 */
GstPad *rw_mixer_start_at (GstElement *mixer, GstClockTime running_ns);

G_END_DECLS
