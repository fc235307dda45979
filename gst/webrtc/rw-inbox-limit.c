/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-inbox-limit.h"

#define MAX_BYTES (4 * 1024 * 1024)

void
rw_inbox_limit_init (RwInboxLimit *self)
{
  g_mutex_init (&self->lock);
  self->bytes = 0;
}

void
rw_inbox_limit_clear (RwInboxLimit *self)
{
  g_mutex_clear (&self->lock);
}

gboolean
rw_inbox_limit_admit (RwInboxLimit *self, gsize size)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->bytes + size > MAX_BYTES)
    return FALSE;
  self->bytes += size;
  return TRUE;
}

void
rw_inbox_limit_release (RwInboxLimit *self, gsize size)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->bytes -= size;
}
