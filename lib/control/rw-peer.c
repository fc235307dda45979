/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-peer.h"

/* Public functions of every session: check the caller, install the signals, and
 * call the implementation. */

G_DEFINE_INTERFACE (RwPeer, rw_peer, G_TYPE_OBJECT)

G_DEFINE_QUARK (rw - peer - error - quark, rw_peer_error)

static void
install_signal (RwPeerInterface *iface, const char *name, guint n_params,
                GType first, GType second)
{
  GType types[] = {first, second};

  g_signal_newv (name, G_TYPE_FROM_INTERFACE (iface), G_SIGNAL_RUN_LAST, NULL,
                 NULL, NULL, NULL, G_TYPE_NONE, n_params, types);
}

static void
rw_peer_default_init (RwPeerInterface *iface)
{
  install_signal (iface, "local-description", 2, G_TYPE_UINT, G_TYPE_STRING);
  install_signal (iface, "local-candidate", 2, G_TYPE_UINT, G_TYPE_STRING);
  install_signal (iface, "transport-connected", 0, 0, 0);
  install_signal (iface, "channel-open", 0, 0, 0);
  install_signal (iface, "channel-message", 1, G_TYPE_BYTES, 0);
  install_signal (iface, "channel-closed", 0, 0, 0);
  install_signal (iface, "failed", 1, G_TYPE_ERROR, 0);
  install_signal (iface, "closed", 0, 0, 0);
}

void
rw_peer_start (RwPeer *self)
{
  g_return_if_fail (RW_IS_PEER (self));

  RW_PEER_GET_IFACE (self)->start (self);
}

void
rw_peer_set_remote_description (RwPeer *self, RwSdpType type, const char *sdp)
{
  g_return_if_fail (RW_IS_PEER (self));
  g_return_if_fail (sdp != NULL);

  RW_PEER_GET_IFACE (self)->set_remote_description (self, type, sdp);
}

void
rw_peer_add_remote_candidate (RwPeer *self, guint mline, const char *candidate)
{
  g_return_if_fail (RW_IS_PEER (self));
  g_return_if_fail (candidate != NULL);

  RW_PEER_GET_IFACE (self)->add_remote_candidate (self, mline, candidate);
}

gboolean
rw_peer_send (RwPeer *self, GBytes *message)
{
  g_return_val_if_fail (RW_IS_PEER (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  return RW_PEER_GET_IFACE (self)->send (self, message);
}

guint64
rw_peer_get_buffered_amount (RwPeer *self)
{
  g_return_val_if_fail (RW_IS_PEER (self), 0);

  return RW_PEER_GET_IFACE (self)->get_buffered_amount (self);
}

void
rw_peer_close (RwPeer *self, gboolean graceful)
{
  g_return_if_fail (RW_IS_PEER (self));

  RW_PEER_GET_IFACE (self)->close (self, graceful);
}
