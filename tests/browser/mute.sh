#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each way in which a page mutes its microphone: the source keeps its one
# session, the page sends nothing that its user has not switched on again, and
# is heard again when its user has.
cd "$(dirname "$0")" || exit 1
. ./setup.sh

ways=${ways-enabled replaced inactive direction stopped}
# Longer than an ICE agent needs to find a peer gone.
muted_s=${muted_s-25}

browser mute mute $signaller "${ways// /,}" "$muted_s" \
  "$media/speech-48000-1.wav"
lab_wait 60 grep -q speaking "$work/mute.out"
tap_result $? "a page for each way to mute speaks" "$(why_not mute)"
for way in $ways; do
  ear_start "$way" "$way"
done
lab_wait 60 grep -q '^unmuted' "$work/mute.out"
tap_result $? "they mute and unmute" "$(why_not mute)"
declare -A before
for way in $ways; do
  before[$way]=$(frames "$way")
  sed -n 's/.*"state":"\([a-z]*\)".*/\1/p' "$work/$way.bus" >"$work/$way.states"
done
lab_wait 30 gone mute

for way in $ways; do
  [ "$(heard mute "$way.sessions")" = 0 ]
  tap_result $? "$way: the page is asked for no other session" "$(why_not mute)"
  [ "$(tail -n 1 "$work/$way.states")" = connected ] &&
    ! grep -qE 'suspect|reconnecting' "$work/$way.states"
  tap_result $? "$way: the source stays connected" \
    "$(tr '\n' ' ' <"$work/$way.states")"
  # A track that is not enabled goes on as silence.
  [ "$way" = enabled ] || [ "$(heard mute "$way.packets")" = 0 ]
  tap_result $? "$way: nothing leaves the page while it is muted" \
    "$(why_not mute)"
  [ "$(frames "$way")" -ge $((${before[$way]} + 75)) ]
  tap_result $? "$way: the page is heard again" \
    "${before[$way]}, then $(frames "$way") frames"
done
tap_done
