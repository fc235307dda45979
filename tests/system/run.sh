#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The tests over network namespaces that run every time, as TAP.
cd "$(dirname "$0")" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh

tap_include bash ./compare-test.sh
why=$(lab_missing)
if [ -n "$why" ]; then
  tap_missing "network namespaces" "$why"
  tap_done
fi

tap_include bash ./lab-test.sh
why=$(pair_missing)
if [ -n "$why" ]; then
  tap_missing "the elements" "$why"
else
  tap_include bash ./pair-test.sh
  RW_JOBS=4 tap_include bash ./hosts.sh
  RW_JOBS=4 tap_include bash ./faults.sh --some
fi
tap_done
