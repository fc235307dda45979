#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The test of compare.awk, as TAP: records made by hand, and what it says of
# them. A frame is sent each 20 ms and comes 5 ms later.
cd "$(dirname "$0")" || exit 1
. ../support/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# PAYLOAD...: one frame each; '-' is none.
record () { # FILE DELAY-US PAYLOAD...
  local file=$work/$1 delay=$2 i=0 payload
  shift 2
  for payload in "$@"; do
    echo "F $((1000000 + i * 20000 + delay)) $((i * 20000000)) 20000000 100 \
$payload -1"
    i=$((i + 1))
  done | grep -v ' - -1$' >"$file"
}

expect () { # NAME VALUE... : parts of the line
  local name=$1 result part missing=
  shift
  result=$(awk -v head=any -f ../support/compare.awk "$work/in" "$work/out")
  for part in "$@"; do
    [[ " $result " == *" $part "* ]] || missing="$missing $part"
  done
  [ -z "$missing" ]
  tap_result $? "$name" "no$missing in: $result"
}

record in 0 a b c d e f g h
record out 5000 a b c d e f g h
expect 'the same' sent=8 received=8 head=0 lost=0 retimed=0
record out 5000 - - - d e f g h
expect 'joined later' head=3 lost=0
record out 5000 a b - - e f g h
expect 'lost' lost=2 missing=2,3
record out 5000 a b c c d e f g h
expect 'duplicated' duplicated=1 lost=0
record out 50000 a b d c e f g h
expect 'reordered' reordered=1 lost=0
record out 5000 a b c x d e f g h
expect 'foreign' foreign=1 lost=0
record out 5000 a b c d e f g h
awk '{ $3 += NR > 4 ? 60000000 : 0; print }' "$work/out" >"$work/shifted"
mv "$work/shifted" "$work/out"
expect 'corrected once' retimed=1 shifted=60 lost=0

# The start may be corrected, by as much as it was late; later times are kept.
moved () { # STATUS SECONDS NAME: all but the first frames come that much later,
  # their times corrected by 150 ms
  awk -v s="$2" 'NR > 4 { $2 += s * 1000000; $3 -= 150000000 } 1' \
    "$work/out" >"$work/moved"
  awk -v head=any -f ../support/compare.awk "$work/in" "$work/moved" \
    >"$work/result"
  [ $? = "$1" ]
  tap_result $? "$3" "$(cat "$work/result")"
}
record out 5000 a b c d e f g h
moved 0 1 'a large correction at the start'
moved 1 4 'and one later'

# Frames of silence are equal to each other: a consumer joins at the second
# silence, and the first one is not what it joined at.
record in 0 a s s b c d e s s f g h
record out 5000 - - - - - - - s s f g h
expect 'joined at a frame that is equal to an earlier one' head=7 lost=0
record out 5000 - - - - - - - - s f g h
expect 'joined within such frames' head=8 lost=0
record out 5000 - - - - - - - s s f - h
expect 'and lost one after that' head=7 lost=1 missing=10

tap_done
