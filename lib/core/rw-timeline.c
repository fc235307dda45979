/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-timeline.h"

void
rw_timeline_init (RwTimeline *timeline)
{
  *timeline = (RwTimeline){.minimum_ns = {G_MAXINT64, G_MAXINT64}};
}

void
rw_timeline_restart (RwTimeline *timeline)
{
  guint64 end = timeline->last_end_ns;

  rw_timeline_init (timeline);
  timeline->last_end_ns = end;
  timeline->floor_ns = end;
}

static void
anchor (RwTimeline *timeline, guint64 running_time_ns, gint64 offset_ns)
{
  timeline->anchored = TRUE;
  timeline->offset_ns = offset_ns;
  timeline->period_ns = running_time_ns;
  timeline->slewed_ns = running_time_ns;
}

void
rw_timeline_observe (RwTimeline *timeline, guint64 running_time_ns,
                     guint64 arrival_ns)
{
  gint64 offset = (gint64) (arrival_ns - running_time_ns);

  if (!timeline->anchored)
    anchor (timeline, running_time_ns, offset);
  /* A period in which nothing came (an outage) counts as none. */
  if (running_time_ns > timeline->period_ns &&
      running_time_ns - timeline->period_ns >= RW_TIMELINE_PERIOD_NS) {
    timeline->minimum_ns[1] = timeline->minimum_ns[0];
    timeline->minimum_ns[0] = G_MAXINT64;
    timeline->period_ns = running_time_ns;
  }
  timeline->minimum_ns[0] = MIN (timeline->minimum_ns[0], offset);
}

gint64
rw_timeline_get_live_offset (const RwTimeline *timeline)
{
  return MIN (timeline->offset_ns,
              MIN (timeline->minimum_ns[0], timeline->minimum_ns[1]));
}

/* Moves the offset in use towards the observed one, by no more than the slew
 * since the last time; while none was observed that time goes by unused. */
static void
slew (RwTimeline *timeline, guint64 running_time_ns)
{
  gint64 wanted = MIN (timeline->minimum_ns[0], timeline->minimum_ns[1]);
  gint64 most;

  if (running_time_ns <= timeline->slewed_ns)
    return;
  most = (gint64) ((running_time_ns - timeline->slewed_ns) / 1000000 *
                   RW_TIMELINE_SLEW_PPM);
  timeline->slewed_ns = running_time_ns;
  if (wanted == G_MAXINT64)
    return;
  timeline->offset_ns += CLAMP (wanted - timeline->offset_ns, -most, most);
}

guint64
rw_timeline_map (RwTimeline *timeline, guint64 running_time_ns,
                 guint64 duration_ns, guint64 now_ns)
{
  gint64 time;

  if (!timeline->anchored)
    anchor (timeline, running_time_ns, (gint64) (now_ns - running_time_ns));
  slew (timeline, running_time_ns);
  time = (gint64) running_time_ns + timeline->offset_ns;
  if (time < (gint64) timeline->floor_ns) {
    timeline->offset_ns += (gint64) timeline->floor_ns - time;
    time = (gint64) timeline->floor_ns;
  }
  timeline->floor_ns = 0; /* what stays is that no time is negative */
  timeline->last_end_ns =
      MAX (timeline->last_end_ns, (guint64) time + duration_ns);
  return (guint64) time;
}
