#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A recorder that loses nothing beside a loudspeaker that is never late: one
# source with two outputs. The pad `src` plays what comes live; the pad
# `complete` records every frame, also those of an outage.
#
#   bash examples/recorder.sh        builds, plays, about 12 s
#
# RW_BUILD names a build folder that is ready.
#
# The sender is on this host and sends a tone for 10 s; in the middle the
# receiver is stopped for 3 s, as a host that sleeps. What the loudspeaker would
# have played is written to a file as well: examples/out/live.wav has a hole of
# that length, examples/out/complete.wav has none, which the exit status says.
cd "$(dirname "$0")/.." || exit 1
build=$PWD/build
out=$PWD/examples/out
mkdir -p "$out"
if [ -n "${RW_BUILD-}" ]; then
  build=$RW_BUILD
else
  [ -f "$build/build.ninja" ] || meson setup "$build" || exit 1
  ninja -C "$build" gst/libgstresilientwebrtc.so >/dev/null || exit 1
fi
export GST_PLUGIN_PATH=$build/gst
work=$(mktemp -d)
jobs=()
finish () {
  [ ${#jobs[@]} = 0 ] || kill -9 "${jobs[@]}" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT
port=$((20000 + RANDOM % 20000))

# wait_for SECONDS FILE TEXT
wait_for () {
  timeout "$1" tail -n +1 -F "$2" 2>/dev/null | grep -q -m 1 -e "$3" ||
    { echo "no \"$3\" in ${2##*/}"; tail -n 5 "$2"; exit 1; }
}

# At a desk: in.src ! audioconvert ! audioresample ! autoaudiosink
gst-launch-1.0 -e -m resilientwebrtcsrc name=in latency=100 start-position=oldest \
  signaller-uri=ws://127.0.0.1:$port producer-name=studio \
  in.src ! audioconvert ! audio/x-raw,format=S16LE,rate=48000,channels=1 \
    ! wavenc ! filesink location="$out/live.wav" \
  in.complete ! audioconvert ! audio/x-raw,format=S16LE,rate=48000,channels=1 \
    ! wavenc ! filesink location="$out/complete.wav" \
  >"$work/recorder.log" 2>&1 &
recorder=$!
jobs+=($recorder)
gst-launch-1.0 -e audiotestsrc is-live=true samplesperbuffer=960 freq=440 \
  num-buffers=500 ! audio/x-raw,rate=48000,channels=1 \
  ! resilientwebrtcsink stream-name=studio run-signalling-server=true \
  signalling-server-host=127.0.0.1 signalling-server-port=$port \
  >"$work/sender.log" 2>&1 &
jobs+=($!)
wait_for 20 "$work/recorder.log" 'state=(string)connected'
sleep 1
kill -STOP $recorder
sleep 3
kill -CONT $recorder
wait "${jobs[@]}"
jobs=()

# Prints the seconds with the tone and the silence within it, a tenth each.
measure () { # FILE
  od -An -v -t d2 -w9600 -j44 "$1" | awk '
    {
      peak = 0
      for (i = 1; i <= NF; i++) if ($i > peak) peak = $i
      if (peak > 1000) { tone++; silence += hole; hole = 0 }
      else if (tone > 0) hole++
    }
    END { printf "%.1f %.1f\n", tone / 10, silence / 10 }'
}
read -r tone hole < <(measure "$out/complete.wav")
read -r live_tone live_hole < <(measure "$out/live.wav")
echo "live:     $live_tone s of the tone, $live_hole s of silence in it"
echo "complete: $tone s of the tone, $hole s of silence in it"
# All of the 10 s, also what was sent before the recorder was connected.
# Some of the 3 s is too old for the live output when the recorder goes on.
awk -v tone="$tone" -v hole="$hole" -v live_tone="$live_tone" \
  'BEGIN { exit !(tone >= 9.8 && hole == 0 && tone - live_tone >= 0.5) }'
