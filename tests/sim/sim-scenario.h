/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sim-random.h"

/*
 * SimScenario: everything that a seed decides beforehand: the path, the
 * outages, who dies when. Times in microseconds of the run.
 */

#define SIM_MAX_FAULTS    8u
#define SIM_MAX_CONSUMERS 3u

typedef enum {
  SIM_FAULT_CUT,             /* nothing passes, either way */
  SIM_FAULT_CUT_UP,          /* nothing from consumers to the producer */
  SIM_FAULT_CUT_DOWN,        /* and the other way */
  SIM_FAULT_CUT_LIVE,        /* the live lane alone */
  SIM_FAULT_CUT_DATA,        /* the data channel alone */
  SIM_FAULT_ADDRESS,         /* sessions of now are dead for ever */
  SIM_FAULT_HALF_OPEN,       /* and one way only */
  SIM_FAULT_PRODUCER_DIES,   /* a new one (new stream) after the duration */
  SIM_FAULT_PRODUCER_GHOST,  /* the same, but the old one goes on a while */
  SIM_FAULT_CONSUMER_DIES,   /* back after the duration, memory lost */
  SIM_FAULT_CONSUMER_STALLS, /* its process does not run */
  SIM_FAULT_PRODUCER_STALLS,
  SIM_FAULT_DOWNSTREAM_STALLS, /* the consumer's pad blocks */
  SIM_N_FAULTS
} SimFaultType;

typedef struct {
  SimFaultType type;
  gint64 begin_us;
  gint64 end_us;
  guint consumer;
} SimFault;

/* Changes to the times of the audio itself, at the sender. */
typedef enum {
  SIM_BREAK_PAUSE, /* its time stands still while the world's goes on */
  SIM_BREAK_HOLE,  /* there is no audio, and its time goes on */
  SIM_BREAK_BACK,  /* another input, whose time is behind */
  SIM_N_BREAKS
} SimBreakType;

typedef struct {
  SimBreakType type;
  guint64 index; /* the first frame after it */
  gint64 duration_us;
} SimBreak;

#define SIM_MAX_BREAKS 3u

typedef struct {
  guint64 seed;
  SimRandom random; /* goes on from here during the run */

  /* audio */
  guint frame_us;
  guint n_frames; /* of one producer */
  guint n_formats;
  guint max_payload;
  guint64 journal_frames; /* bound, 0: none that matters */
  gboolean hurried_end;   /* the producer does not wait at the end */
  gdouble drain_rate;
  gint64 inexact_us; /* the frames' times are off by up to so much */
  SimBreak breaks[SIM_MAX_BREAKS];
  guint n_breaks;

  /* path */
  gint64 delay_us;
  gint64 jitter_us;
  guint loss;    /* per mille, each way, each lane */
  guint reorder; /* per mille that are held up... */
  gint64 reorder_us;
  guint duplicate;
  guint64 bytes_per_s; /* 0: no bound */
  gboolean keeps;      /* what the channel took in a cut comes out after it */
  guint full_channel;  /* per mille: buffered-amount is found high */
  guint dies_opening;  /* per mille: a session dies while it opens */
  gint64 open_us;

  /* people */
  guint n_consumers;
  guint oldest; /* bit mask: which consumers start at the oldest frame */
  guint live;   /* bit mask: which ones would rather lose than wait */
  gint64 latency_us;
  guint no_live_lane;
  gint64 hand_us; /* downstream takes up to so long for a frame */
  gint64 linger_us;
  gint32 drift_ppm[1 + SIM_MAX_CONSUMERS];

  SimFault faults[SIM_MAX_FAULTS];
  guint n_faults;
  gint64 calm_us; /* all is well from here on */
} SimScenario;

void sim_scenario_init (SimScenario *scenario, guint64 seed);
void sim_scenario_print (const SimScenario *scenario);
const gchar *sim_fault_get_name (SimFaultType type);

const gchar *sim_break_get_name (SimBreakType type);

/* From the first frame to @index: of the world's time, and of the sender's. */
gint64 sim_scenario_get_world_time (const SimScenario *scenario, guint64 index);
gint64 sim_scenario_get_running_time (const SimScenario *scenario,
                                      guint64 index);

/* Until when a fault of this type is in force, 0 if none is. */
gint64 sim_scenario_get_end (const SimScenario *scenario, SimFaultType type,
                             gint64 now_us);

/* Whether the path is so good that nobody may notice anything. */
gboolean sim_scenario_is_healthy (const SimScenario *scenario);
