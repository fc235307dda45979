#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Chromium with gstwebrtc-api as an ordinary peer, both ways, as TAP: it hears
# our sink, and our source hears it. Over namespaces, as the system tests.
cd "$(dirname "$0")" || exit 1
. ./setup.sh

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
ear_start ear microphone
lab_wait 90 gone speak
has_frames ear 150
tap_result $? "the source receives the browser's microphone" \
  "$(frames ear) frames; $(why_not speak) $(tail -n 3 "$work/ear.log")"
loudest=$(sed -n 's/.*"rms":\[\([-0-9.]*\).*/\1/p' "$work/ear.bus" |
  sort -g | tail -n 1)
within -35 "$loudest" 0
tap_result $? "and it is speech, at a speaker's level" "loudest: $loudest dB"

tap_done
