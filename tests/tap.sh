# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the test scripts: results as TAP, so that run.sh counts them as
# it counts the C tests.
tap_count=0
tap_failures=0

# tap_ok NAME, tap_fail NAME [WHY], tap_skip NAME WHY
tap_ok () {
  tap_count=$((tap_count + 1))
  echo "ok $tap_count $1"
}

tap_fail () {
  tap_count=$((tap_count + 1))
  tap_failures=$((tap_failures + 1))
  echo "not ok $tap_count $1${2:+ ($2)}"
}

tap_skip () {
  tap_count=$((tap_count + 1))
  echo "ok $tap_count $1 # SKIP $2"
}

# tap_result STATUS NAME [WHY]
tap_result () {
  if [ "$1" = 0 ]; then tap_ok "$2"; else tap_fail "$2" "${3-}"; fi
}

# tap_empty TEXT NAME: passes when TEXT is empty, else shows it.
tap_empty () {
  [ -z "$1" ] || tap_indent <<<"$1"
  [ -z "$1" ]
  tap_result $? "$2"
}

tap_note () { echo "# $*"; }
tap_indent () { sed 's/^/#   /'; }

tap_done () {
  echo "1..$tap_count"
  [ $tap_failures = 0 ]
  exit
}
