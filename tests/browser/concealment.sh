#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How much of what they play Chromium and Firefox had to make up
# (concealedSamples): inputs whose timestamps are not exact must not make them
# stutter.
#
#   bash tests/browser/concealment.sh                 TAP: below 0.5 % each
#   RW_TABLE=1 bash tests/browser/concealment.sh      a Markdown table
#   RW_FULL=1 ...                                     every input, not two
#
#   0 0.02 0.4 5   ms by which the timestamps of the input are wrong
#   44100          of a source at 44.1 kHz, through audioresample
#   rtp            Opus that came over RTP
#   relay          what another pair of the elements carried
cd "$(dirname "$0")" || exit 1
. ./setup.sh
seconds=8
inputs='0.4 relay'
[ -z "${RW_FULL-}" ] || inputs='0 0.02 0.4 5 44100 rtp relay'
tone="audiotestsrc is-live=true samplesperbuffer=480"
mono=audio/x-raw,rate=48000,channels=1
sink="resilientwebrtcsink signaller-uri=$signaller"

produce () { # INPUT
  # shellcheck disable=SC2086
  case $1 in
    44100)
      launch snd "$1" $tone ! audio/x-raw,rate=44100,channels=1 ! \
        audioresample ! $mono ! $sink stream-name="$1" ;;
    rtp)
      launch snd rtp-out $tone ! $mono ! opusenc ! rtpopuspay pt=96 ! \
        udpsink host=127.0.0.1 port=5004
      launch snd "$1" udpsrc port=5004 address=127.0.0.1 caps="$udp_caps" ! \
        rtpjitterbuffer latency=50 ! rtpopusdepay ! $sink stream-name="$1" ;;
    relay)
      launch snd first $tone ! $mono ! $sink stream-name=first
      launch sig "$1" resilientwebrtcsrc signaller-uri=$signaller \
        producer-name=first ! audio/x-opus ! $sink stream-name="$1" ;;
    *)
      launch snd "$1" --jitter "in.src=$(awk "BEGIN { print $1 * 1000 }")" \
        $tone ! $mono ! identity name=in ! $sink stream-name="$1" ;;
  esac
}

# The browsers listen at the same time.
listen () { # BROWSER INPUT
  RW_FIREFOX=$([ "$1" = chromium ] || echo "$firefox") \
    browser "$1-$2" listen $signaller "$2" $seconds
}

share () { # BROWSER INPUT: concealed, %
  awk -v c="$(heard "$1-$2" concealed)" -v n="$(heard "$1-$2" samples)" \
    'BEGIN { if (n > 100000) printf "%.2f", 100 * c / n }'
}

check () { # BROWSER INPUT
  within 0 "$(share "$1" "$2")" 0.5
  tap_result $? "$2: $1 makes up less than 0.5 %" \
    "$(share "$1" "$2") %; $(why_not "$1-$2")"
}

firefox=$(command -v firefox-esr || command -v firefox)
browsers='chromium firefox'
[ -n "$firefox" ] || {
  browsers=chromium
  [ -n "${RW_TABLE-}" ] || tap_missing "Firefox" "firefox is not installed"
}
[ -z "${RW_TABLE-}" ] || {
  echo "| input |$(printf ' %s, %% |' $browsers)"
  echo "|---|$(printf '%.0s---|' $browsers)"
}
for input in $inputs; do
  produce "$input"
  for name in $browsers; do listen "$name" "$input"; done
  for name in $browsers; do lab_wait 90 gone "$name-$input"; done
  row="| $input |"
  for name in $browsers; do
    [ -n "${RW_TABLE-}" ] || check "$name" "$input"
    cell=$(share "$name" "$input")
    row+=" ${cell:-nothing heard} |"
  done
  [ -z "${RW_TABLE-}" ] || echo "$row"
done
[ -n "${RW_TABLE-}" ] || tap_done
