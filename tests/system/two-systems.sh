#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A pair of which one runs on this system and the other on another, through an
# outage of 8 s, both ways round, as TAP. tests/systems/debian13.sh calls it:
#
#   bash tests/system/two-systems.sh SYSTEM
#
# SYSTEM is a folder with the other system, the project built in its /build.
cd "$(dirname "$0")" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh

system=${1:?usage: two-systems.sh SYSTEM}
why=$(lab_missing)
[ -n "$why" ] || why=$(pair_missing)
if [ -n "$why" ]; then
  tap_missing "a pair on two systems" "$why"
  tap_done
fi
lab_enter "$@"
lab_up
pair_setup || exit 1
trap pair_remove EXIT

# The other system sees the speech and the records at the same paths.
mkdir -p "$system$build"
mount --bind "$build" "$system$build" || exit 1
other="chroot $system env -u TMPDIR GST_PLUGIN_PATH=/build/gst \
GST_REGISTRY=/build/registry.bin /build/tests/system/rw-tap"

version () { # COMMAND...
  "$@" gst-launch-1.0 --version | sed -n 's/^GStreamer //p'
}
ours=$(version env)
theirs=$(version chroot "$system" env -u GST_PLUGIN_PATH)

check () { # NAME SENDER RECEIVER
  local result status=1
  receiver_start "$3"
  sender_start "$2"
  if lab_wait 60 has_frames "$3" 50; then
    lab_blackout rcv
    lab_pass 8
    lab_heal
    lab_wait 60 caught_up "$2" "$3" && pair_end "$2" "$3" && status=0
  fi
  result=$(compare "$2" "$3") || status=1
  tap_result $status "$1: packets" "$result"
  if [ $status != 0 ]; then
    tail -n 12 "$work/$2.log" "$work/$3.log" | tap_indent
  fi
  tap_note "$1: $result"
}

server_start
tap_result $? "the signalling server answers"
other_tap[rcv]=$other
check "from $ours to $theirs" in1 out1
unset 'other_tap[rcv]'
other_tap[snd]=$other
check "from $theirs to $ours" in2 out2
tap_done
