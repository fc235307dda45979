/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-shares.h"

typedef struct {
  guint items;
  gsize bytes;
} Share;

struct _RwShares {
  GHashTable *shares; /* who to Share; only those that have something */
};

RwShares *
rw_shares_new (void)
{
  RwShares *self = g_new (RwShares, 1);

  self->shares =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

/** rw_shares_free: NULL is fine. */
void
rw_shares_free (RwShares *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->shares);
  g_free (self);
}

/**
 * rw_shares_may_take:
 * @free_items: what is left of the place in items, @free_bytes: in bytes
 * @bytes: what @who would like to add, as one item
 */
gboolean
rw_shares_may_take (RwShares *self, const char *who, guint free_items,
                    gsize free_bytes, gsize bytes)
{
  const Share *share = g_hash_table_lookup (self->shares, who);
  guint has_items = share != NULL ? share->items : 0;
  gsize has_bytes = share != NULL ? share->bytes : 0;

  return has_items < free_items && bytes <= free_bytes &&
         has_bytes <= free_bytes - bytes;
}

/** rw_shares_has: whether @who has so many, or so much. */
gboolean
rw_shares_has (RwShares *self, const char *who, guint items, gsize bytes)
{
  const Share *share = g_hash_table_lookup (self->shares, who);

  return share != NULL && (share->items >= items || share->bytes >= bytes);
}

void
rw_shares_take (RwShares *self, const char *who, gsize bytes)
{
  Share *share = g_hash_table_lookup (self->shares, who);

  if (share == NULL) {
    share = g_new0 (Share, 1);
    g_hash_table_insert (self->shares, g_strdup (who), share);
  }
  share->items++;
  share->bytes += bytes;
}

/** rw_shares_give_back: one item, as it was taken. */
void
rw_shares_give_back (RwShares *self, const char *who, gsize bytes)
{
  Share *share = g_hash_table_lookup (self->shares, who);

  g_return_if_fail (share != NULL);
  g_return_if_fail (share->bytes >= bytes);

  share->bytes -= bytes;
  if (--share->items == 0)
    g_hash_table_remove (self->shares, who);
}
