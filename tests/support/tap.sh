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

# A test that the machine cannot run: a skip at a desk, a failure in CI.
tap_missing () { # NAME WHY
  if [ "${CI-}" = true ]; then tap_fail "$1" "$2"; else tap_skip "$1" "$2"; fi
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

# Runs another script that speaks TAP as part of this one, and counts it.
tap_include () {
  local line status= before=$tap_failures
  while IFS= read -r line; do
    case $line in
      "ok "*) tap_ok "${line#ok * }" ;;
      "not ok "*) tap_fail "${line#not ok * }" ;;
      1..*) ;;
      "status "*) status=${line#status } ;;
      *) echo "$line" ;;
    esac
  done < <("$@"; echo "status $?")
  [ "$status" = 0 ] || [ $tap_failures -gt $before ] ||
    tap_fail "$*" "ended with status $status"
}

tap_note () { echo "# $*"; }
tap_indent () { sed 's/^/#   /'; }

tap_done () {
  echo "1..$tap_count"
  [ $tap_failures = 0 ]
  exit
}
