/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-live-offset.h"

#include <string.h>

void
rw_live_offset_init (RwLiveOffset *offset)
{
  *offset = (RwLiveOffset){.minimum_ns = {G_MAXINT64, G_MAXINT64}};
}

static gint64
get_newest (const RwLiveOffset *offset)
{
  return MIN (offset->minimum_ns[0], offset->minimum_ns[1]);
}

gint64
rw_live_offset_get (const RwLiveOffset *offset, guint64 index)
{
  for (guint i = 0; i < offset->n_steps; i++)
    if (index < offset->steps[i].index)
      return offset->steps[i].before_ns;
  return get_newest (offset);
}

static void
begin_run (RwLiveOffset *offset, guint64 index, guint64 arrival_ns)
{
  offset->run = 0;
  offset->run_index = index;
  offset->run_ns = arrival_ns;
  offset->run_minimum_ns[0] = offset->run_minimum_ns[1] = G_MAXINT64;
}

static void
note_in_run (RwLiveOffset *offset, gint64 value, guint64 arrival_ns)
{
  gboolean is_second_half =
      arrival_ns >= offset->run_ns + RW_LIVE_OFFSET_RUN_NS / 2;
  gint64 *minimum_ns = &offset->run_minimum_ns[is_second_half];

  offset->run++;
  *minimum_ns = MIN (*minimum_ns, value);
}

/* A frame that is not late by a step ends the run: the others were held up on
 * their way. So does an outage: the frames before it prove nothing about those
 * after it. Where frames come later and later the run begins anew. */
static gboolean
is_step (RwLiveOffset *offset, gint64 value, guint64 index, guint64 arrival_ns,
         gint64 step_ns)
{
  guint64 last_ns = offset->run_last_ns;

  offset->run_last_ns = arrival_ns;
  if (value - get_newest (offset) < step_ns) {
    offset->run = 0;
    return FALSE;
  }
  if (offset->run == 0 || arrival_ns > last_ns + RW_LIVE_OFFSET_RUN_NS)
    begin_run (offset, index, arrival_ns);
  note_in_run (offset, value, arrival_ns);
  if (offset->run < RW_LIVE_OFFSET_RUN || arrival_ns < offset->run_ns ||
      arrival_ns - offset->run_ns < RW_LIVE_OFFSET_RUN_NS)
    return FALSE;
  if (offset->run_minimum_ns[1] - offset->run_minimum_ns[0] <=
      RW_LIVE_OFFSET_GROWTH_NS)
    return TRUE;
  begin_run (offset, index, arrival_ns);
  note_in_run (offset, value, arrival_ns);
  return FALSE;
}

/* A period in which nothing arrived (an outage) counts as none. */
static void
begin_period (RwLiveOffset *offset, guint64 arrival_ns)
{
  if (arrival_ns < offset->period_ns) { /* the receiver was paused */
    offset->period_ns = arrival_ns;
    return;
  }
  if (arrival_ns - offset->period_ns < RW_LIVE_OFFSET_PERIOD_NS)
    return;
  offset->minimum_ns[1] = offset->minimum_ns[0];
  offset->minimum_ns[0] = G_MAXINT64;
  offset->period_ns = arrival_ns;
}

/* Where there are too many the oldest are taken as one. */
static void
begin_step (RwLiveOffset *offset, guint64 index, gint64 value,
            guint64 arrival_ns)
{
  if (offset->n_steps == RW_LIVE_OFFSET_STEPS)
    offset->n_steps--;
  offset->steps[offset->n_steps++] = (RwLiveStep){index, get_newest (offset)};
  offset->minimum_ns[0] = value;
  offset->minimum_ns[1] = G_MAXINT64;
  offset->period_ns = arrival_ns;
  offset->run = 0;
}

static gboolean
has_gone_back (RwLiveOffset *offset, const RwFrame *frame)
{
  guint64 newest_ns = offset->newest_ns;

  if (offset->known && frame->index <= offset->newest_index)
    return FALSE;
  offset->newest_index = frame->index;
  offset->newest_ns = frame->running_time_ns;
  return offset->known &&
         frame->running_time_ns + RW_LIVE_OFFSET_TOLERANCE_NS < newest_ns;
}

void
rw_live_offset_observe (RwLiveOffset *offset, const RwFrame *frame,
                        guint64 arrival_ns, gint64 step_ns)
{
  gint64 value = (gint64) (arrival_ns - frame->running_time_ns);
  gboolean is_next = frame->index == offset->newest_index + 1;

  if (has_gone_back (offset, frame))
    begin_step (offset, frame->index, value, arrival_ns);
  else if (!offset->known)
    offset->period_ns = arrival_ns;
  else if (frame->index < offset->newest_index)
    return; /* overtaken: its path was longer than another's */
  else if (is_step (offset, value, frame->index, arrival_ns, step_ns))
    begin_step (offset, offset->run_index,
                MIN (offset->run_minimum_ns[0], offset->run_minimum_ns[1]),
                arrival_ns);
  else if (offset->run > 0)
    return; /* not decided */
  else if (is_next && get_newest (offset) - value >= step_ns)
    offset->fallen_ns += get_newest (offset) - value;
  offset->known = TRUE;
  begin_period (offset, arrival_ns);
  offset->minimum_ns[0] = MIN (offset->minimum_ns[0], value);
}

gboolean
rw_live_offset_is_in_doubt (const RwLiveOffset *offset, guint64 index)
{
  return offset->run > 0 && index >= offset->run_index;
}

gboolean
rw_live_offset_take_step (RwLiveOffset *offset, guint64 index)
{
  guint n = 0;

  while (n < offset->n_steps && offset->steps[n].index <= index)
    n++;
  offset->n_steps -= n;
  memmove (offset->steps, offset->steps + n,
           offset->n_steps * sizeof *offset->steps);
  return n > 0;
}
