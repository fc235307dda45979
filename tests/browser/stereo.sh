#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Stereo between the elements and a page with gstwebrtc-api, both ways.
cd "$(dirname "$0")" || exit 1
. ./setup.sh

launch snd tones resilientwebrtcsink name=sink signaller-uri=$signaller \
  stream-name=tones interleave name=i ! audioconvert ! sink. \
  audiotestsrc is-live=true freq=440 ! audio/x-raw,rate=48000,channels=1 ! \
  capssetter 'caps=audio/x-raw,channel-mask=(bitmask)0x1' ! i. \
  audiotestsrc is-live=true freq=880 ! audio/x-raw,rate=48000,channels=1 ! \
  capssetter 'caps=audio/x-raw,channel-mask=(bitmask)0x2' ! i.
browser listen listen $signaller tones 3
lab_wait 90 gone listen
within 430 "$(heard listen frequency)" 450 &&
  within 870 "$(heard listen right)" 890
tap_result $? "a page with mungeStereoHack hears left and right apart" \
  "$(why_not listen) $(tail -n 3 "$work/tones.log")"

browser speak speak $signaller microphone 4 "$media/speech-48000-2.wav"
lab_wait 60 grep -q speaking "$work/speak.out"
ear_start ear microphone
lab_wait 90 gone speak
grep -q 'caps audio/x-opus.*channels=(int)2' "$work/ear.frames"
tap_result $? "a browser is asked for stereo" \
  "$(grep caps "$work/ear.frames") $(why_not speak)"
# Two different texts: their levels differ in most moments.
apart=$(sed -n 's/.*"rms":\[\([-0-9.]*\),\([-0-9.]*\)\].*/\1 \2/p' \
  "$work/ear.bus" | awk '{ d = $1 - $2; n += (d > 3 || d < -3) } END { print n + 0 }')
[ "$apart" -ge 5 ]
tap_result $? "and sends it" "the channels differ $apart times"
tap_done
