/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwFairQuota:
 *
 * How much of one bounded space each source has. No source may have more of it
 * than is still free: one alone gets half, two get a third each, and there is
 * always something left for the next one. Pure; of one thread.
 */
typedef struct _RwFairQuota RwFairQuota;

RwFairQuota *rw_fair_quota_new (void);
void rw_fair_quota_free (RwFairQuota *self);

gboolean rw_fair_quota_may_take (RwFairQuota *self, const char *who,
                                 guint free_items, gsize free_bytes,
                                 gsize bytes);
gboolean rw_fair_quota_has (RwFairQuota *self, const char *who, guint items,
                            gsize bytes);
void rw_fair_quota_take (RwFairQuota *self, const char *who, gsize bytes);
void rw_fair_quota_give_back (RwFairQuota *self, const char *who, gsize bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwFairQuota, rw_fair_quota_free)

G_END_DECLS
