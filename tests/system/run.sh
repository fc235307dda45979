#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The tests over network namespaces that run every time, as TAP.
cd "$(dirname "$0")" || exit 1
. ../tap.sh
. ./lab.sh

why=$(lab_missing)
if [ -n "$why" ]; then
  tap_missing "network namespaces" "$why"
  tap_done
fi
status=0
for script in lab-test.sh; do
  tap_include bash "./$script"
done
tap_done
