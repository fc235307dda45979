/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-admission.h"

/* Two for each core: one waits for its packets while the other computes. */
#define FIRST_PER_CORE 2
#define MOST           32

/* An offer that took so many times the shortest is a sign of a full machine;
 * a few milliseconds are chance. */
#define NEAR_FACTOR 2
#define FAR_FACTOR  4
#define CHANCE_US   (10 * 1000)
#define GROW        0.25
#define SHRINK      0.75

/* The speed of a machine may change: the time of a single handshake is
 * taken for the shortest that there is, smoothed. */
#define ALONE_GAIN_SHIFT 2

#define PATIENCE_FACTOR    4
#define PATIENCE_LEAST_US  (250 * 1000)
#define PATIENCE_MOST_US   (5 * G_USEC_PER_SEC)
#define CONNECT_FIRST_US   (125 * 1000)
#define CONNECT_GAIN_SHIFT 3

void
rw_admission_init (RwAdmission *self, guint n_cores)
{
  n_cores = CLAMP (n_cores, 1, MOST / FIRST_PER_CORE);
  *self = (RwAdmission){
      .least = n_cores,
      .bound = n_cores * FIRST_PER_CORE,
      .connect_us = CONNECT_FIRST_US,
  };
}

gboolean
rw_admission_has_room (const RwAdmission *self)
{
  return self->n_active < (guint) self->bound;
}

void
rw_admission_begin (RwAdmission *self)
{
  self->n_active++;
}

void
rw_admission_end (RwAdmission *self)
{
  g_return_if_fail (self->n_active > 0);

  self->n_active--;
}

static void
note_best (RwAdmission *self, gint64 took_us)
{
  if (self->best_us == 0 || took_us < self->best_us)
    self->best_us = MAX (took_us, 1);
  else if (self->n_active == 1)
    self->best_us += (took_us - self->best_us) >> ALONE_GAIN_SHIFT;
}

void
rw_admission_take_offer_time (RwAdmission *self, gint64 took_us)
{
  gint64 before_us = self->best_us;

  note_best (self, took_us);
  if (before_us == 0)
    return;
  if (took_us < NEAR_FACTOR * before_us + CHANCE_US)
    self->bound = MIN (self->bound + GROW, MOST);
  else if (took_us > FAR_FACTOR * before_us + CHANCE_US)
    self->bound = MAX (self->bound * SHRINK, self->least);
}

void
rw_admission_take_connect_time (RwAdmission *self, gint64 took_us)
{
  self->connect_us += (took_us - self->connect_us) >> CONNECT_GAIN_SHIFT;
}

gint64
rw_admission_get_patience_us (const RwAdmission *self)
{
  return CLAMP (PATIENCE_FACTOR * self->connect_us, PATIENCE_LEAST_US,
                PATIENCE_MOST_US);
}
