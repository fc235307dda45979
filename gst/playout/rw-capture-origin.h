/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-running-time.h"

G_BEGIN_DECLS

/*
 * The origin of capture times: the UTC at which an element's running time was
 * 0, by the host's clock.
 */

/**
 * rw_capture_origin_measure:
 * @origin_ns: (inout): what was measured last, or RW_CAPTURE_TIME_NONE
 *
 * Returns whether it has changed.
 */
gboolean rw_capture_origin_measure (gint64 *origin_ns, RwRunningTime *time);

G_END_DECLS
