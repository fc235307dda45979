#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A party line of three desks, each on a host of its own: network namespaces
# with a router between them, where desk 2 is cut off for 3 s. Each desk sends
# a tone; what each has heard is printed as a timeline, and left as a WAV in
# examples/out/.
#
#   bash examples/party-line.sh      builds, plays, about 15 s
#
# RW_BUILD names a build folder that is ready.
#
# Needs no root where user namespaces are allowed; where they are not, the desks
# are on one host, and desk 2 stands still instead. The exit status says whether
# everybody heard all others and nobody itself, and whether the outage of desk 2
# took nothing from the others.
cd "$(dirname "$0")" || exit 1
. ../tests/support/lab.sh
root=$(cd .. && pwd)
build=${RW_BUILD:-$root/build}
if [ -z "${RW_LAB-}${RW_BUILD-}" ]; then
  [ -f "$build/build.ninja" ] || meson setup "$build" "$root" || exit 1
  ninja -C "$build" gst/libgstresilientwebrtc.so \
    lib/server/resilient-signalling-server >/dev/null || exit 1
fi
lab=yes
if [ -n "${RW_LAB-}" ] || [ -z "$(lab_missing)" ]; then
  lab_enter "$@"
  lab_up
  address=10.0.3.2
else
  lab=no
  echo "One host: $(lab_missing)"
  lab_exec () { shift; exec "$@"; }
  address=127.0.0.1
fi
out=$root/examples/out
mkdir -p "$out"
export GST_PLUGIN_PATH=$build/gst
work=$(mktemp -d)
export GST_REGISTRY=$work/registry.bin
gst-inspect-1.0 --exists opusenc
jobs=()
finish () {
  [ ${#jobs[@]} = 0 ] || kill -9 "${jobs[@]}" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

port=$((20000 + RANDOM % 20000))
(lab_exec sig "$build/lib/server/resilient-signalling-server" --host=0.0.0.0 \
  --port=$port >"$work/server.log" 2>&1) &
jobs+=($!)

declare -A pid_of
desk () { # NUMBER HOST HERTZ
  (lab_exec "$2" gst-launch-1.0 -e -m audiotestsrc is-live=true freq="$3" \
    volume=0.2 samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=1 \
    ! resilientwebrtcroom room=stage member=desk"$1" stream-name=desk"$1" \
    signaller-uri=ws://$address:$port \
    ! audio/x-raw,format=S16LE,channels=1 ! wavenc \
    ! filesink location="$out/desk$1.wav" >"$work/desk$1.log" 2>&1) &
  pid_of[$1]=$!
  jobs+=($!)
}

# Whether desk $1 receives desk $2 now, by the last state that it has posted.
receives () {
  [[ $(grep "\"speaker-desk$2\".*resilient-webrtc-state" "$work/desk$1.log" |
    tail -n 1) == *'state=(string)connected'* ]]
}

everybody_receives () {
  local i k
  for i in 1 2 3; do
    for k in 1 2 3; do
      [ $i = $k ] || receives $i $k || return 1
    done
  done
}

wait_for () { # COMMAND...
  lab_wait 40 "$@" && return
  echo "It did not come to this: $*"
  tail -n 3 "$work"/desk?.log
  exit 1
}

desk 1 snd 400
desk 2 rcv 700
desk 3 sig 1100
wait_for everybody_receives
echo 'All three hear each other.'
lab_pass 2
if [ $lab = yes ]; then lab_blackout rcv; else kill -STOP "${pid_of[2]}"; fi
echo 'Desk 2 is cut off.'
lab_pass 3
if [ $lab = yes ]; then lab_heal; else kill -CONT "${pid_of[2]}"; fi
echo 'Desk 2 is back.'
wait_for everybody_receives
lab_pass 3
kill -INT "${pid_of[1]}" "${pid_of[2]}" "${pid_of[3]}"
wait "${pid_of[1]}" "${pid_of[2]}" "${pid_of[3]}"

# The tones in each tenth of a second of a desk's WAV: who was heard when.
timeline () { # NUMBER
  od -An -v -t d2 -w9600 -j44 "$out/desk$1.wav" | awk -v desk="$1" '
    BEGIN { hertz[1] = 400; hertz[2] = 700; hertz[3] = 1100 }
    # Each eighth sample is enough for these tones.
    function amplitude(hz,    i, n, re, im, angle) {
      for (i = 1; i <= NF; i += 8) {
        angle = 6.283185307 * hz * i / 48000
        re += $i * cos(angle)
        im += $i * sin(angle)
        n++
      }
      return 2 * sqrt(re * re + im * im) / n / 32768
    }
    NF == 4800 {
      who = ""
      for (k = 1; k <= 3; k++)
        if (amplitude(hertz[k]) > 0.05) { who = who " desk" k; heard[k]++ }
      if (who == "") who = " nobody"
      if (who != last) printf "desk%d %5.1f s %s\n", desk, NR / 10, who
      last = who
      if (desk != 2 && began && !(who ~ "desk" (4 - desk))) lost++
      if (who ~ "desk" (4 - desk)) began = 1
      if (desk != 2 && began && !(who ~ "desk2")) without_2++
    }
    END {
      # A machine that is busy may hold up a few tenths.
      ok = heard[desk] == 0 && last !~ "nobody" && lost <= 5
      for (k = 1; k <= 3; k++)
        if (k != desk && heard[k] < 30) ok = 0
      if (desk != 2 && without_2 < 20) ok = 0
      if (desk != 2 && last !~ "desk2") ok = 0
      exit !ok
    }'
}
status=0
for i in 1 2 3; do
  timeline $i || { echo "desk$i did not hear what it should"; status=1; }
done
exit $status
