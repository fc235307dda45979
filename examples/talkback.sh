#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Push to talk: two desks and a listener in one room, on this host. Desk 1
# talks (a tone of 440 Hz); desk 2 presses its key meanwhile (880 Hz), waits in
# the queue, and is on air when desk 1 has finished. Prints who was heard when.
#
#   bash examples/talkback.sh        builds, plays, about 15 s
#
# RW_BUILD names a build folder that is ready.
#
# Leaves examples/out/talkback.wav. The exit status says whether each desk was
# heard, one after the other.
cd "$(dirname "$0")/.." || exit 1
build=$PWD/build
out=$PWD/examples/out
mkdir -p "$out"
if [ -n "${RW_BUILD-}" ]; then
  build=$RW_BUILD
else
  [ -f "$build/build.ninja" ] || meson setup "$build" || exit 1
  ninja -C "$build" gst/libgstresilientwebrtc.so \
    lib/server/resilient-signalling-server >/dev/null || exit 1
fi
export GST_PLUGIN_PATH=$build/gst
work=$(mktemp -d)
jobs=()
listener=
finish () {
  kill $listener "${jobs[@]}" 2>/dev/null
  wait
  rm -rf "$work"
}
trap finish EXIT

# wait_for SECONDS FILE TEXT
wait_for () {
  timeout "$1" tail -n +1 -F "$2" 2>/dev/null | grep -q -m 1 -e "$3" ||
    { echo "no \"$3\" in ${2##*/}"; tail -n 5 "$2"; exit 1; }
}

# On any free port, which the server prints.
"$build/lib/server/resilient-signalling-server" --host=127.0.0.1 --port=0 \
  >"$work/server.log" 2>&1 &
jobs+=($!)
wait_for 20 "$work/server.log" 'listens on ws:'
uri=$(grep -o -m 1 'ws://127.0.0.1:[0-9]*' "$work/server.log")
room="signaller-uri=$uri room=stage"

# desk NAME HERTZ SECONDS: talks from its start to its end
desk () {
  gst-launch-1.0 -e -m audiotestsrc is-live=true samplesperbuffer=960 \
    freq="$2" num-buffers=$(($3 * 50)) ! audio/x-raw,rate=48000,channels=1 \
    ! resilientwebrtcsink name="$1" stream-name="$1" $room \
    floor=request talk=true >"$work/$1.log" 2>&1 &
  jobs+=($!)
}

gst-launch-1.0 -e -m resilientwebrtcsrc name=listener $room \
  ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=48000,channels=1 \
  ! wavenc ! filesink location="$out/talkback.wav" >"$work/listener.log" 2>&1 &
listener=$!
wait_for 20 "$work/listener.log" 'event=(string)joined'
desk desk1 440 5
wait_for 20 "$work/desk1.log" 'event=(string)granted'
desk desk2 880 9
wait_for 20 "$work/desk2.log" 'event=(string)queued'
echo 'desk2 waits in the queue'
wait_for 20 "$work/desk2.log" 'event=(string)granted'
echo 'desk2 is on air'
wait "${jobs[1]}" "${jobs[2]}"
jobs=("${jobs[0]}")
kill -INT $listener
wait $listener

# Zero crossings of each tenth of a second tell the tones apart.
od -An -v -t d2 -w9600 -j44 "$out/talkback.wav" | awk '
  {
    crossings = 0
    for (i = 2; i <= NF; i++) crossings += ($i >= 0) != ($(i - 1) >= 0)
    who = crossings > 150 ? "desk2" : crossings > 60 ? "desk1" : "nobody"
    if (who != "nobody") length_of[who]++
    if (who != last) { printf "%5.1f s  %s\n", NR / 10, who; last = who }
    if (who == "desk1" && length_of["desk2"] > 0) mixed++
  }
  END {
    printf "desk1 was heard for %.1f s, desk2 for %.1f s\n",
      length_of["desk1"] / 10, length_of["desk2"] / 10
    # A tenth with the end of a tone in it may look like the lower tone.
    exit mixed > 1 || length_of["desk1"] < 30 || length_of["desk2"] < 20
  }'
