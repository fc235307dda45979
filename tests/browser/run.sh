#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Chromium with gstwebrtc-api as an ordinary peer, both ways, as TAP: it hears
# our sink, and our source hears it. Over namespaces, as the system tests.
cd "$(dirname "$0")" || exit 1
. ../tap.sh
. ../system/lab.sh
. ../system/pair.sh

for tool in node npm chromium; do
  command -v $tool >/dev/null && continue
  tap_missing "a browser" "$tool is not installed: bash tests/deps.sh browser"
  tap_done
done
why=$(lab_missing)
if [ -n "$why" ]; then
  tap_missing "a browser" "$why"
  tap_done
fi

why=$(pair_missing)
if [ -n "$why" ]; then
  tap_missing "a browser" "$why"
  tap_done
fi

# The packages, as locked, into the build folder; once.
packages=$build/browser
install_packages () {
  cmp -s package-lock.json "$packages/installed.json" && return
  mkdir -p "$packages" && cp package.json package-lock.json "$packages" &&
    (cd "$packages" && npm ci --ignore-scripts --no-audit --no-fund \
      --loglevel=error) && cp package-lock.json "$packages/installed.json"
}
if [ -z "${RW_LAB-}" ] && ! install_packages >&2; then
  tap_fail "the browser's packages" "npm ci failed"
  tap_done
fi

lab_enter "$@"
lab_up
pair_setup || exit 1
trap pair_remove EXIT
# Chromium keeps its sockets and profile there.
export RW_NODE_MODULES=$packages/node_modules RW_WORK=$work
export XDG_RUNTIME_DIR=$work HOME=$work

browser () { # NAME ARGUMENT...
  local name=$1
  shift
  (exec timeout 90 ip netns exec rcv node peer.mjs "$@" \
    >"$work/$name.out" 2>"$work/$name.err") &
  started "$name" $!
}

heard () { sed -n "s/^$2=//p" "$work/$1.out"; } # NAME KEY
within () { awk -v a="$1" -v x="$2" -v b="$3" 'BEGIN {
  exit !(x != "" && a <= x && x <= b) }'; }
why_not () { tr '\n' ' ' <"$work/$1.out"; tail -n 3 "$work/$1.err"; }

server_start || tap_fail "the signalling server starts" "$(cat "$work/server.log")"

# A tone of 440 Hz at -18 dBFS (amplitude 0.178): its level is -18 dB.
launch snd tone audiotestsrc is-live=true freq=440 volume=0.178 ! \
  audio/x-raw,rate=48000,channels=1 ! \
  resilientwebrtcsink name=sink signaller-uri=$signaller stream-name=tone
launch snd silence audiotestsrc is-live=true wave=silence ! \
  resilientwebrtcsink name=sink signaller-uri=$signaller stream-name=silence
for role in listen offer; do
  browser $role $role $signaller tone 4
  lab_wait 90 gone $role
  within 430 "$(heard $role frequency)" 450 &&
    within -21 "$(heard $role level)" -15
  tap_result $? "Chromium hears the sink's tone ($role)" "$(why_not $role)"
  within 150 "$(heard $role packets)" 100000 &&
    [ "$(heard $role codec | tr A-Z a-z)" = audio/opus ]
  tap_result $? "and says so in its statistics ($role)" "$(why_not $role)"
done
browser silence listen $signaller silence 3
lab_wait 90 gone silence
within -200 "$(heard silence level)" -60
tap_result $? "and hears silence where there is silence" "$(why_not silence)"
running tone
tap_result $? "the sink has survived its browsers" "$(tail -n 3 "$work/tone.log")"

# Speech through the browser's (fake) microphone.
browser speak speak $signaller microphone 5 "$media/speech-48000-1.wav"
lab_wait 60 grep -q speaking "$work/speak.out"
launch rcv ear --frames "out.src=$work/ear.frames" \
  resilientwebrtcsrc name=src signaller-uri=$signaller \
  producer-name=microphone ! audio/x-opus ! identity name=out ! opusdec ! \
  audioconvert ! level interval=100000000 ! fakesink sync=false
lab_wait 90 gone speak
has_frames ear 150
tap_result $? "the source receives the browser's microphone" \
  "$(frames ear) frames; $(why_not speak) $(tail -n 3 "$work/ear.log")"
loudest=$(sed -n 's/.*"rms":\[\([-0-9.]*\).*/\1/p' "$work/ear.bus" |
  sort -g | tail -n 1)
within -35 "$loudest" 0
tap_result $? "and it is speech, at a speaker's level" "loudest: $loudest dB"

tap_done
