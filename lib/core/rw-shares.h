/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwShares:
 *
 * Who has how much of one bounded place. Nobody may have more of it than is
 * still free: one alone gets half, two get a third each, and there is always
 * something left for whoever comes next. Pure; of one thread.
 */
typedef struct _RwShares RwShares;

RwShares *rw_shares_new (void);
void rw_shares_free (RwShares *self);

gboolean rw_shares_may_take (RwShares *self, const char *who, guint free_items,
                             gsize free_bytes, gsize bytes);
gboolean rw_shares_has (RwShares *self, const char *who, guint items,
                        gsize bytes);
void rw_shares_take (RwShares *self, const char *who, gsize bytes);
void rw_shares_give_back (RwShares *self, const char *who, gsize bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwShares, rw_shares_free)

G_END_DECLS
