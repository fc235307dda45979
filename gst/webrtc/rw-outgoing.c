/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-outgoing.h"

typedef struct {
  RwWebrtcPeer *peer;
  GBytes *message;
} Item;

static void
item_clear (gpointer data)
{
  Item *item = data;

  g_object_unref (item->peer);
  g_bytes_unref (item->message);
}

void
rw_outgoing_add (RwOutgoing **self, RwWebrtcPeer *peer, GBytes *message)
{
  Item item = {g_object_ref (peer), message};

  if (*self == NULL) {
    *self = g_array_new (FALSE, FALSE, sizeof (Item));
    g_array_set_clear_func (*self, item_clear);
  }
  g_array_append_val (*self, item);
}

void
rw_outgoing_send (RwOutgoing *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->len; i++) {
    Item *item = &g_array_index (self, Item, i);

    rw_webrtc_peer_send_now (item->peer, item->message);
  }
  g_array_unref (self);
}
