/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-pool.h"

#include "rw-server-list.h"

/* A server that closes a connection sooner has not served it. */
#define MIN_UPTIME_US (1 * G_TIME_SPAN_SECOND)

/* The longest pause before a server is tried again that closes what it has just
 * accepted: nothing announces that it is well again. */
#define DELAY_MAX_US (5 * G_TIME_SPAN_SECOND)

struct _RwServerPool {
  GStrv uris;
  RwServerList *health;
  gboolean *has_failed_permanently; /* of each server */
  RwBackoff early_end;  /* the delay after a connection without uptime */
  gboolean ended_early; /* the last one did */
};

/* Neither chance nor a number of retries matters here: the server does
 * answer. */
static void
rw_server_pool_set_backoff (RwServerPool *self, const RwBackoffConfig *config)
{
  RwBackoffConfig own = *config;

  own.delay_max_us = MIN (config->delay_max_us, DELAY_MAX_US);
  own.jitter = 0;
  own.retries = -1;
  rw_backoff_init (&self->early_end, &own);
}

RwServerPool *
rw_server_pool_new (const char *const *uris, const RwBackoffConfig *backoff)
{
  RwServerPool *self = g_new0 (RwServerPool, 1);
  guint n = g_strv_length ((GStrv) uris);

  self->uris = g_strdupv ((GStrv) uris);
  self->health = rw_server_list_new (n);
  self->has_failed_permanently = g_new0 (gboolean, n);
  rw_server_pool_set_backoff (self, backoff);
  return self;
}

void
rw_server_pool_free (RwServerPool *self)
{
  g_strfreev (self->uris);
  rw_server_list_free (self->health);
  g_free (self->has_failed_permanently);
  g_free (self);
}

const char *
rw_server_pool_get_uri (RwServerPool *self, guint server)
{
  return self->uris[server];
}

guint
rw_server_pool_pick (RwServerPool *self, gint64 now_us)
{
  return rw_server_list_pick (self->health, now_us);
}

void
rw_server_pool_note_failed (RwServerPool *self, guint server, gint64 now_us)
{
  rw_server_list_fail (self->health, server, now_us);
}

void
rw_server_pool_note_working (RwServerPool *self, guint server, gint64 now_us)
{
  self->has_failed_permanently[server] = FALSE;
  rw_server_list_succeed (self->health, server, now_us);
}

gint64
rw_server_pool_get_better_us (RwServerPool *self, guint server)
{
  return rw_server_list_get_better_us (self->health, server);
}

static gboolean
rw_server_pool_is_exhausted (RwServerPool *self)
{
  for (guint i = 0; self->uris[i] != NULL; i++)
    if (!self->has_failed_permanently[i])
      return FALSE;
  return TRUE;
}

RwFailure
rw_server_pool_judge (RwServerPool *self, guint server, RwFailure failure)
{
  gboolean is_permanent =
      rw_failure_get_policy (failure) == RW_FAILURE_POLICY_GIVE_UP;

  self->has_failed_permanently[server] = is_permanent;
  if (is_permanent && !rw_server_pool_is_exhausted (self))
    return RW_FAILURE_REFUSED;
  return failure;
}

gint64
rw_server_pool_note_ended (RwServerPool *self, gint64 uptime_us)
{
  gint64 delay_us = 0;

  if (uptime_us >= MIN_UPTIME_US) {
    rw_backoff_reset (&self->early_end);
    self->ended_early = FALSE;
    return 0;
  }
  if (self->ended_early)
    rw_backoff_next (&self->early_end, NULL, 0, &delay_us);
  self->ended_early = TRUE;
  /* Never in step with others. */
  return (gint64) ((1 + g_random_double ()) / 2 * (double) delay_us);
}
