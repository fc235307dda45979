/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * The layout that a decoder reads from audio/x-opus caps. Stateless, any
 * thread.
 */

/**
 * rw_opus_caps_check:
 * @text: caps text of another peer, of @length bytes
 *
 * FALSE, and RW_PEER_ERROR_FORMAT, where the caps name a layout that no decoder
 * plays. Text that cannot be parsed passes: a receiver replaces it.
 */
gboolean rw_opus_caps_check (const char *text, gsize length, GError **error);

/**
 * rw_opus_caps_is_playable:
 * Whether the layout is one of Opus in one or two channels (mapping family 0),
 * or of up to eight (family 1).
 */
gboolean rw_opus_caps_is_playable (const GstCaps *caps);

/**
 * rw_opus_caps_simplify:
 * Returns: (transfer full): @caps with what a decoder uses and nothing else, so
 * that caps which differ in tags alone become the same. @with_headers: keep
 * the pre-skip and the gain of the stream headers.
 */
GstCaps *rw_opus_caps_simplify (const GstCaps *caps, gboolean with_headers);

G_END_DECLS
