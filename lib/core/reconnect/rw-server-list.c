/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-list.h"

typedef struct {
  gint64 rested_us; /* when its rest ends; 0: it does not rest */
  gint64 rest_us;   /* the length of the last rest */
  gint64 well_us;   /* since when it works, or -1 */
} RwServerHealth;

struct _RwServerList {
  guint n;
  RwServerHealth *servers;
};

RwServerList *
rw_server_list_new (guint n)
{
  RwServerList *self = g_new0 (RwServerList, 1);

  self->n = MAX (n, 1);
  self->servers = g_new0 (RwServerHealth, self->n);
  for (guint i = 0; i < self->n; i++)
    self->servers[i].well_us = -1;
  return self;
}

void
rw_server_list_free (RwServerList *self)
{
  g_free (self->servers);
  g_free (self);
}

guint
rw_server_list_pick (RwServerList *self, gint64 now_us)
{
  guint first = 0;

  for (guint i = 0; i < self->n; i++) {
    if (self->servers[i].rested_us <= now_us)
      return i;
    if (self->servers[i].rested_us < self->servers[first].rested_us)
      first = i;
  }
  return first;
}

void
rw_server_list_fail (RwServerList *self, guint index, gint64 now_us)
{
  RwServerHealth *server;

  g_return_if_fail (index < self->n);

  server = &self->servers[index];
  if (server->well_us >= 0 && now_us - server->well_us >= RW_SERVER_STEADY_US)
    server->rest_us = 0;
  server->well_us = -1;
  server->rest_us =
      CLAMP (server->rest_us * 2, RW_SERVER_REST_MIN_US, RW_SERVER_REST_MAX_US);
  server->rested_us = now_us + server->rest_us;
}

void
rw_server_list_succeed (RwServerList *self, guint index, gint64 now_us)
{
  g_return_if_fail (index < self->n);

  self->servers[index].rested_us = 0;
  if (self->servers[index].well_us < 0)
    self->servers[index].well_us = now_us;
}

gint64
rw_server_list_get_better_us (RwServerList *self, guint index)
{
  gint64 better_us = -1;

  for (guint i = 0; i < MIN (index, self->n); i++)
    if (better_us < 0 || self->servers[i].rested_us < better_us)
      better_us = self->servers[i].rested_us;
  return better_us;
}
