#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# False suspicions: a pair over an unbroken path, at rest and then with every
# core busy, as a Markdown table.
#
#   bash tests/bench/rest.sh [MINUTES]       of each; default 10
#
# Counts what either end says of an outage that is none, and what reached the
# receiver late or not at all.
cd "$(dirname "$0")/../system" || exit 1
. ../tap.sh
. ./lab.sh
. ./pair.sh
minutes=${1:-10}
if [ -z "${RW_LAB-}" ]; then
  bash ../media/prepare.sh "$build/media" || exit 1
  lab_run ../bench/rest.sh "$minutes"
  exit
fi
lab_enter
lab_up
pair_setup || exit 1
trap pair_remove EXIT

gst-launch-1.0 -q filesrc location="$speech" ! wavparse ! \
  filesink location="$work/speech.s16" || exit 1
server_start || exit 1
launch snd in --frames "in.src=$work/in.frames" \
  multifilesrc location="$work/speech.s16" loop=true ! \
  rawaudioparse use-sink-caps=false format=pcm pcm-format=s16le \
  sample-rate=48000 num-channels=1 ! audioconvert ! \
  audiobuffersplit output-buffer-duration=1/50 ! clocksync ! opusenc ! \
  identity name=in ! \
  resilientwebrtcsink signaller-uri=$signaller stream-name=$stream
receiver_start out
lab_wait 30 has_frames out 100 || exit 1

said () { # STATE: by either end so far
  cat "$work/in.bus" "$work/out.bus" | grep -c "\"state\":\"$1\""
}

measure () { # NAME
  local suspect down from to
  suspect=$(said suspect) down=$(said reconnecting)
  from=$(lab_now)
  sleep $((minutes * 60))
  to=$(lab_now)
  suspect=$(($(said suspect) - suspect)) down=$(($(said reconnecting) - down))
  sleep 1
  awk -v from="$from" -v to="$to" '$2 >= from && $2 < to' "$work/in.frames" \
    >"$work/row-in"
  awk -v from="$from" '$2 >= from' "$work/out.frames" >"$work/row-out"
  echo "| $1 | $minutes | $suspect ($((suspect * 60 / minutes)) an hour) |" \
    "$down |" "$(awk -v head=any -f compare.awk "$work/row-in" \
      "$work/row-out" | sed 's/.* lost=\([0-9]*\).*/\1/') |"
}

echo '| machine | minutes | suspected | taken for down | frames lost |'
echo '|---|---|---|---|---|'
measure 'at rest'
# Two for every core, so that whoever wants it has to wait for it.
for ((i = 0; i < 2 * $(nproc); i++)); do
  while :; do :; done &
  own_pids+=($!)
done
measure "every core busy twice over"
