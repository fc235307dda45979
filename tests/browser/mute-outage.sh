#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# An outage that ends the session of a page whose user has muted it: the page is
# asked for no other session, in which its microphone would be open again. One
# that sends silence meanwhile is. Two minutes: consent to ICE lasts for long.
cd "$(dirname "$0")" || exit 1
. ./setup.sh

muted_s=105
browser_s=240
browser mute mute $signaller replaced,enabled $muted_s \
  "$media/speech-48000-1.wav"
lab_wait 60 grep -q speaking "$work/mute.out"
for way in replaced enabled; do ear_start $way $way; done
lab_wait 60 grep -q '^muted' "$work/mute.out"
tap_result $? "a page mutes, another one sends silence" "$(why_not mute)"
# A page says once in 7.5 s at least that it sends nothing.
lab_pass 9
lab_blackout snd rcv
lab_wait 75 grep -q "is asked for no other one" "$work/replaced.log"
tap_result $? "the session of the muted page ends" \
  "$(tail -n 3 "$work/replaced.log")"
lab_wait 75 grep -q "connected -> reconnecting" "$work/enabled.log"
tap_result $? "the session of the other page ends" \
  "$(tail -n 3 "$work/enabled.log")"
lab_heal
lab_wait 120 gone mute
[ "$(heard mute replaced.sessions)" = 0 ]
tap_result $? "the muted page is asked for no other session" "$(why_not mute)"
[ "$(heard mute replaced.packets)" = 0 ]
tap_result $? "it sends nothing" "$(why_not mute)"
[ "$(heard mute enabled.sessions)" -ge 1 ]
tap_result $? "the other page is" "$(why_not mute)"
tap_done
