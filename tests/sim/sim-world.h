/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sim-events.h"
#include "sim-scenario.h"

#include "rw-playout.h"
#include "rw-receive-endpoint.h"
#include "rw-send-endpoint.h"

/*
 * SimWorld: one run. Producers and consumers are small shells around the real
 * core, in the roles that the two elements have: they carry messages (encoded
 * with the real codec), wake sessions at their deadlines, open new ones and
 * drop old ones. Everything happens in one thread, by the order of events.
 */
typedef struct _SimWorld SimWorld;
typedef struct _SimProducer SimProducer;
typedef struct _SimConsumer SimConsumer;

#define SIM_NEVER G_MAXINT64

/* A process's own clock, which runs a little fast or slow. */
typedef struct {
  gint64 offset_us;
  gint32 ppm;
} SimClock;

static inline gint64
sim_clock_get (const SimClock *clock, gint64 world_us)
{
  return clock->offset_us + world_us + world_us * clock->ppm / 1000000;
}

/* The world's time at which the clock has just passed @local_us. */
static inline gint64
sim_clock_to_world (const SimClock *clock, gint64 local_us)
{
  gint64 local = local_us - clock->offset_us;

  return local - local * clock->ppm / 1000000 + 1;
}

/* One transport session: the path between the two ends. Lives as long as the
 * world, so that late packets find it. */
typedef struct {
  SimWorld *world;
  SimProducer *producer;
  SimConsumer *consumer;
  guint32 generation;
  RwSendEndpoint *send;       /* NULL: not open, or torn down */
  RwReceiveEndpoint *receive; /* likewise */
  gboolean dead[2];           /* by SimWay: nothing passes, ever */
  gint64 busy_us[2];          /* until when the path is sending */
  guint64 buffered[2];
  gint64 wake_us[2]; /* by SimWay of what that end sends; or SIM_NEVER */
  guint64 live_next; /* producer: next index for the live lane */
  gboolean open_failed;
  gboolean losing; /* consumer: superseded, lingers */
} SimLink;

typedef enum {
  SIM_DOWN, /* producer to consumer */
  SIM_UP,
} SimWay;

struct _SimProducer {
  SimWorld *world;
  guint number;
  gboolean alive;
  gboolean announced;
  gboolean replaced;  /* its stream was lost */
  gboolean abandoned; /* it ended without waiting */
  SimClock clock;
  RwJournal *journal;
  RwCursorSet *cursors;
  GPtrArray *links;
  guint64 shed_to; /* below this the journal's bound took frames */
  gint64 started_us;
};

/* The frames that a consumer got of one producer's stream, over all its
 * lives. */
typedef struct {
  guint64 handed; /* next index: everything below was handed on or a gap */
  gint64 live_us; /* in this life, a frame first came live, or SIM_NEVER */
  guint64 live_after[SIM_MAX_BREAKS]; /* the first that came live after each
                                         break of the sender's time */
  gboolean begun;                     /* in this life */
} SimSeen;

/* The judge's record of the times that a consumer gave. */
typedef struct {
  gboolean begun;   /* a frame of this stream has come out */
  gboolean guessed; /* before a live frame had come that tells its time */
  gint64 begun_us;  /* when */
  guint64 last_ns;  /* the newest time given */
  guint64 end_ns;   /* the end of what was given */
  gint64 behind_ns; /* how late the stream may be: it had to begin so */
} SimTimes;

#define SIM_MAX_PRODUCERS (SIM_MAX_FAULTS + 1)

struct _SimConsumer {
  SimWorld *world;
  guint number;
  gchar id[16];
  gboolean alive;
  guint life;
  SimClock clock;
  RwPlayout *playout;
  RwWindow *window; /* the playout's */
  GPtrArray *links;
  SimLink *current;
  SimLink *candidate;
  guint32 generation;
  gint64 retry_us;    /* no new attempt before */
  gint64 deadline_us; /* of the attempt going on */
  gint64 control_us;  /* when the controller is next called */
  gboolean handing;
  RwPlayoutItem item;    /* in downstream's hands */
  guint64 look_again_ns; /* when the playout wants to be asked, or NONE */
  gboolean done;         /* ENDED was handed on */

  /* what the oracle knows */
  SimProducer *stream;
  gint64 stream_us; /* when the first one began in this life, or SIM_NEVER */
  guint64 next;
  guint64 last_end_ns;
  SimTimes times;
  SimSeen seen[SIM_MAX_PRODUCERS];
};

typedef struct {
  guint64 runs;
  guint64 frames;
  guint64 gaps;
  guint64 lost;
  guint64 repaired;
  guint64 duplicates;
  guint64 links;
  guint64 messages;
  guint64 outages; /* links that were superseded */
  gint64 world_us;
} SimStats;

struct _SimWorld {
  SimScenario scenario;
  SimEvents events;
  gint64 now_us;
  gboolean verbose;
  gchar *failure; /* the first one, or NULL */
  SimStats stats;
  GPtrArray *producers;
  SimProducer *announced;
  SimConsumer consumers[SIM_MAX_CONSUMERS];
  GPtrArray *links;
};

void sim_world_init (SimWorld *world);
void sim_world_clear (SimWorld *world);

/* Runs one seed. Returns FALSE with @world->failure set if a promise was
 * broken; the caller frees it. */
gboolean sim_world_run (SimWorld *world, guint64 seed);

void sim_world_at (SimWorld *world, gint64 time_us, SimFunc func,
                   gpointer owner, gpointer data);
void sim_world_log (SimWorld *world, const gchar *format, ...)
    G_GNUC_PRINTF (2, 3);
void sim_world_fail (SimWorld *world, const gchar *format, ...)
    G_GNUC_PRINTF (2, 3);

#define sim_log(world, ...)                                                    \
  G_STMT_START                                                                 \
  {                                                                            \
    if (G_UNLIKELY ((world)->verbose))                                         \
      sim_world_log ((world), __VA_ARGS__);                                    \
  }                                                                            \
  G_STMT_END

/* Until when the process stands still, or 0. */
gint64 sim_world_get_stall (SimWorld *world, SimFaultType type, guint consumer);

/* sim-link.c */
SimLink *sim_link_new (SimWorld *world, SimProducer *producer,
                       SimConsumer *consumer, guint32 generation);
void sim_link_free (gpointer link);
void sim_link_drain (SimLink *link, SimWay way);
void sim_link_send_live (SimLink *link, const RwFrame *frame);
void sim_link_close_producer (SimLink *link);
void sim_link_close_consumer (SimLink *link);

/* sim-producer.c */
SimProducer *sim_producer_new (SimWorld *world);
void sim_producer_free (gpointer producer);
void sim_producer_die (SimProducer *producer);
void sim_producer_open (SimProducer *producer, SimLink *link);
void sim_producer_drained (SimProducer *producer, SimLink *link);

/* The frame of that index, made from its number alone; @buffer holds its
 * payload (at least 3100 bytes). */
void sim_producer_make_frame (const SimProducer *producer, guint64 index,
                              guint8 *buffer, RwFrame *out);
const gchar *sim_producer_get_format (guint format);

/* sim-consumer.c */
void sim_consumer_init (SimConsumer *consumer, SimWorld *world, guint number);
void sim_consumer_begin_life (SimConsumer *consumer);
void sim_consumer_die (SimConsumer *consumer);
void sim_consumer_drained (SimConsumer *consumer, SimLink *link);
void sim_consumer_pump (SimConsumer *consumer);
void sim_consumer_hear_of_producer (SimConsumer *consumer);

/* sim-oracle.c */
void sim_oracle_begin_life (SimConsumer *consumer);
void sim_oracle_popped (SimConsumer *consumer, const RwPlayoutItem *item);

void sim_oracle_handed (SimConsumer *consumer, const RwWindowItem *item);
void sim_oracle_acked (SimLink *link);
void sim_oracle_run_over (SimWorld *world);

/* sim-judge.c */
void sim_judge_begin_stream (SimConsumer *consumer);
void sim_judge_live (SimSeen *seen, const SimWorld *world, guint64 index);
void sim_judge_frame (SimConsumer *consumer, const RwPlayoutItem *item);
