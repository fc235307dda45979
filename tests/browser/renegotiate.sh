#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A page restarts ICE in the middle of a session: it goes on.
cd "$(dirname "$0")" || exit 1
. ./setup.sh

# Longer than the consent to the old pair would last.
browser speak restart $signaller microphone 35 "$media/speech-48000-1.wav"
lab_wait 60 grep -q speaking "$work/speak.out"
ear_start ear microphone
lab_wait 30 grep -q restarted "$work/speak.out"
tap_result $? "a further offer is answered" "$(why_not speak)"
before=$(frames ear)
lab_wait 90 gone speak
tap_note "$(tr '\n' ' ' <"$work/speak.out")"
[ "$(frames ear)" -ge $((before + 33 * 50)) ]
tap_result $? "after an ICE restart the audio goes on" \
  "$(frames ear) frames, $before before; $(why_not speak)"
[ -n "$(heard speak sessions)" ] &&
  [ "$(heard speak sessions)" = "$(heard speak opened)" ]
tap_result $? "in the same session" "$(why_not speak)"
[ -n "$(heard speak after)" ] &&
  [ "$(heard speak after)" != "$(heard speak before)" ]
tap_result $? "over the new pair" "$(why_not speak)"
tap_done
