/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

/* Which lines of a description share one transport: its "group:BUNDLE" (RFC
 * 8843). Every line has a mid. Pure. */

/** rw_sdp_bundle_has: whether the line named @mid is in the bundle. */
gboolean rw_sdp_bundle_has (const GstSDPMessage *message, const char *mid);

/** rw_sdp_bundle_find_transport: the line whose attributes describe the
 * transport of @media: the one that the bundle names first, else its own. */
const GstSDPMedia *rw_sdp_bundle_find_transport (const GstSDPMessage *message,
                                                 const GstSDPMedia *media);

/** rw_sdp_bundle_get_transport: the index of the line on whose transport the
 * packets of line @mline go: the first of the bundle. A line that does not
 * exist is returned as it is. */
guint rw_sdp_bundle_get_transport (const GstSDPMessage *message, guint mline);

/**
 * rw_sdp_bundle_write:
 * Bundles the lines of @message that are in use and in the bundle of @from, in
 * the order of the lines. Where none is bundled: line @mline alone if it is the
 * only one in use, else none.
 */
void rw_sdp_bundle_write (GstSDPMessage *message, const GstSDPMessage *from,
                          guint mline);

/** rw_sdp_bundle_add: puts the line @mid at the end of the bundle. */
void rw_sdp_bundle_add (GstSDPMessage *message, const char *mid);

/**
 * rw_sdp_bundle_restrict:
 * Takes rejected lines, and those whose bits are set in @without, out of the
 * bundle.
 */
void rw_sdp_bundle_restrict (GstSDPMessage *message, guint32 without);

/**
 * rw_sdp_bundle_force:
 * We offer one bundle, but not every peer answers with one: what is not on the
 * first line's transport is given up, which is the data channel at worst.
 */
void rw_sdp_bundle_force (GstSDPMessage *message);

G_END_DECLS
