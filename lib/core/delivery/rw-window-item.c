/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-window-item.h"

void
rw_window_item_clear (RwWindowItem *item)
{
  g_clear_pointer (&item->payload, g_bytes_unref);
  g_clear_pointer (&item->caps, g_ref_string_release);
  item->type = RW_WINDOW_ITEM_NONE;
}

void
rw_window_item_free (RwWindowItem *item)
{
  rw_window_item_clear (item);
  g_free (item);
}
