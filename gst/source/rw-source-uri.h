/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * A source as a URI: gstwebrtc://HOST:PORT/?producer-name=NAME, with TLS
 * gstwebrtcs://. The query sets properties of the source, which keeps the
 * URI that was set last. Any thread.
 */

/* Makes a source a GstURIHandler: a GInterfaceInitFunc. The source is given the
 * properties that a URI names, signaller-uri among them; a URI that cannot be
 * used sets nothing. */
void rw_source_uri_init_handler (gpointer iface, gpointer data);

G_END_DECLS
