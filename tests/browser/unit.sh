#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The page's own logic, without a browser, as TAP.
cd "$(dirname "$0")" || exit 1
. ../support/tap.sh

command -v node >/dev/null || {
  tap_missing "the page's logic" "node is not installed: bash tests/deps.sh browser"
  tap_done
}
for unit in unit/*.test.mjs; do
  out=$(node --test "$unit" 2>&1)
  tap_result $? "$(basename "$unit" .test.mjs)" "$(grep -A12 '^ *not ok' <<<"$out" | tr '\n' ' ')"
done
tap_done
