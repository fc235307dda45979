#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The benchmarks of the media path, one after the other, each into its place in
# docs/benchmarks.md:
#
#   bash tests/bench/all.sh [--try] [PART...]
#
#   outages     every row, 20 outages each           a quarter of an hour
#   field       what else carries live audio         4 minutes
#   catch-up    20 outages of 20 s for each row      10 minutes
#   rest        3 minutes of each, 8 pairs           6 minutes
#   cost        at rest, and with 5 % loss           4 minutes
#   crowd       24 and 48 sources                    5 minutes
#   delay       from mouth to ear                    5 minutes
#   recordings  20 minutes with holes and outages    20 minutes
#   soak        an hour
#
# All of them but the last two by default, in 45 minutes, which wants a machine
# that does nothing else. A part that fails leaves its place in the page as it is and
# stops no other; the exit status says so. --try prints a much shorter run of
# each and leaves the page alone.
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1
publish=(bash tests/bench/publish.sh)
try=
[ "${1-}" != --try ] || { try=yes; shift; }
[ $# -gt 0 ] || set -- outages field catch-up rest cost crowd delay
failed=()

say () { echo "all.sh: $(date +%T) $*" >&2; }

measure () { # PART COMMAND...
  local part=$1
  shift
  [ -z "$try" ] || publish=()
  say "$part: $*"
  if "${publish[@]}" ${publish:+"$part"} "$@"; then
    say "$part: done"
  else
    say "$part: FAILED"
    failed+=("$part")
  fi
}

for part in "$@"; do
  case $part in
    outages | field | catch-up | rest | cost | crowd | delay | recordings | soak) ;;
    *)
      echo "all.sh: no part is called '$part'" >&2
      exit 2 ;;
  esac
done

for part in "$@"; do
  case $part in
    outages)
      if [ -n "$try" ]; then
        measure $part bash tests/bench/outages.sh \
          60x1 / 60x1 / 20x2 8x2 / 1x2 3x2 address:0x2 nat:0x2
      else
        measure $part bash tests/bench/outages.sh
      fi ;;
    field)
      measure $part bash tests/bench/outages.sh --times "$([ -n "$try" ] && echo 1 || echo 5)" \
        --systems 'ours srt rist plain icecast janus' \
        20 / 8 / 3 / 1 ;;
    catch-up)
      measure $part bash tests/bench/catch-up.sh ${try:+--times 2} ;;
    rest)
      if [ -n "$try" ]; then
        measure $part bash tests/bench/rest.sh 1 4
      else
        measure $part bash tests/bench/rest.sh 3 8
      fi ;;
    cost)
      if [ -n "$try" ]; then
        measure $part bash tests/bench/cost.sh 1 4 3
        measure $part-loss bash tests/bench/cost.sh --loss 1 4 3
      else
        measure $part bash tests/bench/cost.sh 5 4 5
        measure $part-loss bash tests/bench/cost.sh --loss 3 4 15
      fi ;;
    crowd)
      if [ -n "$try" ]; then
        measure $part bash tests/bench/crowd.sh 24,3
      else
        measure $part bash tests/bench/crowd.sh
      fi ;;
    delay)
      measure delay bash tests/bench/delay.sh
      measure party bash tests/bench/party.sh
      measure shared bash tests/bench/delay.sh --shared 2 10 ;;
    recordings) measure $part bash tests/bench/recordings.sh ${try:+1} ;;
    soak) measure $part bash tests/bench/soak.sh ${try:+3} ;;
  esac
done
[ ${#failed[@]} = 0 ] || {
  say "failed: ${failed[*]}"
  exit 1
}
say 'all done'
