/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/sdp/sdp.h>

#include "rw-rtp-frame.h"

G_BEGIN_DECLS

/**
 * rw_sdp_numbers_follow:
 * @ours: our audio line, as it was sent; with Opus.
 * @theirs: the same line in a further offer, untrusted.
 * @format: (out): the payload types and extension ids from now on; the rest of
 *   it is left alone.
 *
 * A session's numbers are not to change (RFC 8843, RFC 8285), but peers that
 * renumber exist: gives @ours those of @theirs, and takes out of it the
 * redundant format and the extensions that @theirs does not have. FALSE, and
 * nothing done, if it does not have Opus. Pure.
 */
gboolean rw_sdp_numbers_follow (GstSDPMedia *ours, const GstSDPMedia *theirs,
                                RwRtpFormat *format);

G_END_DECLS
