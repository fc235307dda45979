/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "rw-quality.h"

G_BEGIN_DECLS

/* The bodies of the server's HTTP API (docs/server.md). */

gboolean rw_quality_metrics_parse (RwQualityMetrics *metrics, const char *text,
                                   gsize len, GError **error);
char *rw_quality_report_to_json (const RwQualityMetrics *metrics,
                                 gint64 now_us);

G_END_DECLS
