/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-error.h"

G_DEFINE_QUARK (rw - signal - error - quark, rw_signal_error)
