/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-fair-quota.h"

typedef struct {
  guint items;
  gsize bytes;
} Share;

struct _RwFairQuota {
  GHashTable *shares; /* who to Share; only those that have something */
};

RwFairQuota *
rw_fair_quota_new (void)
{
  RwFairQuota *self = g_new (RwFairQuota, 1);

  self->shares =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

/** rw_fair_quota_free: NULL is fine. */
void
rw_fair_quota_free (RwFairQuota *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->shares);
  g_free (self);
}

/**
 * rw_fair_quota_may_take:
 * @free_items: what is left of the place in items, @free_bytes: in bytes
 * @bytes: what @who would like to add, as one item
 */
gboolean
rw_fair_quota_may_take (RwFairQuota *self, const char *who, guint free_items,
                        gsize free_bytes, gsize bytes)
{
  const Share *share = g_hash_table_lookup (self->shares, who);
  guint has_items = share != NULL ? share->items : 0;
  gsize has_bytes = share != NULL ? share->bytes : 0;

  return has_items < free_items && bytes <= free_bytes &&
         has_bytes <= free_bytes - bytes;
}

/** rw_fair_quota_has: whether the source @who has so many, or so much. */
gboolean
rw_fair_quota_has (RwFairQuota *self, const char *who, guint items, gsize bytes)
{
  const Share *share = g_hash_table_lookup (self->shares, who);

  return share != NULL && (share->items >= items || share->bytes >= bytes);
}

void
rw_fair_quota_take (RwFairQuota *self, const char *who, gsize bytes)
{
  Share *share = g_hash_table_lookup (self->shares, who);

  if (share == NULL) {
    share = g_new0 (Share, 1);
    g_hash_table_insert (self->shares, g_strdup (who), share);
  }
  share->items++;
  share->bytes += bytes;
}

/** rw_fair_quota_give_back: one item, as it was taken. */
void
rw_fair_quota_give_back (RwFairQuota *self, const char *who, gsize bytes)
{
  Share *share = g_hash_table_lookup (self->shares, who);

  g_return_if_fail (share != NULL);
  g_return_if_fail (share->bytes >= bytes);

  share->bytes -= bytes;
  if (--share->items == 0)
    g_hash_table_remove (self->shares, who);
}
