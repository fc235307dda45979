#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# examples/stt.py with 'cat' for a recogniser: it is killed in the middle and
# started again, and what both have taken is the whole of what was sent, once.
# The exit status says so; 77 where there is no Python with GStreamer.
cd "$(dirname "$0")/../.." || exit 1
. tests/support/lab.sh
build=${RW_BUILD:-$PWD/build}
export GST_PLUGIN_PATH=$build/gst
for python in python3 /usr/bin/python3 ''; do
  [ -z "$python" ] && {
    echo 'python3-gst-1.0 is not installed: bash tests/deps.sh speech'
    [ "${CI-}" = true ] && exit 1
    exit 77
  }
  "$python" -c 'import gi; gi.require_version("Gst", "1.0")
from gi.repository import Gst' 2>/dev/null && break
done
work=$(mktemp -d)
jobs=()
finish () {
  [ ${#jobs[@]} = 0 ] || kill -9 "${jobs[@]}" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT
port=$((20000 + RANDOM % 20000))

stt () { # NUMBER
  "$python" examples/stt.py --signaller-uri "ws://127.0.0.1:$port" \
    --producer-name studio --consumer-id minutes --start-position oldest \
    --position "$work/position" \
    sh -c "cat >'$work/$1.pcm'" >"$work/$1.log" 2>&1 &
  stt=$!
  jobs+=($stt)
}

# Whether the recogniser has taken so many frames.
has_taken () { # N
  local index
  read -r _ index <"$work/position" 2>/dev/null
  [ "${index:--1}" -ge "$1" ]
}

: >"$work/position"
gst-launch-1.0 -e audiotestsrc is-live=true samplesperbuffer=960 freq=440 \
  num-buffers=300 ! audio/x-raw,rate=48000,channels=1 \
  ! resilientwebrtcsink stream-name=studio run-signalling-server=true \
  signalling-server-host=127.0.0.1 signalling-server-port=$port \
  >"$work/sender.log" 2>&1 &
sender=$!
jobs+=($sender)
stt 1
lab_wait 40 has_taken 100 || { tail -n 3 "$work"/*.log; exit 1; }
kill -9 $stt
wait $stt 2>/dev/null
stt 2
wait $sender || { cat "$work/sender.log"; exit 1; }
wait $stt || { cat "$work/2.log"; exit 1; }
jobs=()
bytes=$(cat "$work"/?.pcm | wc -c)
echo "the recognisers took $bytes bytes, of 6 s: 192000"
# One frame more where the first one was killed before it noted the last; the
# end of the resampler's filter less, of each.
[ "$bytes" -ge $((192000 - 4 * 640)) ] && [ "$bytes" -le $((192000 + 2 * 640)) ]
