#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A page that sends redundant audio data (RED, RFC 2198): the source plays it,
# and most of what the network loses comes with the packet after.
cd "$(dirname "$0")" || exit 1
. ./setup.sh

seconds=20
browser red red $signaller microphone $seconds "$media/speech-48000-1.wav"
lab_wait 60 grep -q speaking "$work/red.out"
ear_start ear microphone
lab_wait 60 grep -q "^red" "$work/red.out"
tap_result $? "a page that prefers RED speaks" "$(why_not red)"
before=$(frames ear)
lab_loss 10
lab_wait 60 grep -q '^packets' "$work/red.out"
lab_loss 0
n=$(($(frames ear) - before))
lab_wait 60 gone red
sent=$(heard red packets)
# A browser's statistics name Opus here. Of 10 % in one direction 1 % has lost the packet after, too.
within 0.95 "$(awk -v n=$n -v s="$sent" 'BEGIN { if (s > 0) print n / s }')" 1.05
tap_result $? "where 10 % are lost the source has nearly all" \
  "$n frames of ${sent:-no} packets; $(why_not red)"
loudest=$(sed -n 's/.*"rms":\[\([-0-9.]*\).*/\1/p' "$work/ear.bus" |
  sort -g | tail -n 1)
within -35 "$loudest" 0
tap_result $? "it is speech" "loudest: $loudest dB"
tap_done
