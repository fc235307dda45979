#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# False suspicions: pairs over an unbroken path, at rest and then with every
# core busy, as a Markdown table.
#
#   bash tests/bench/rest.sh [MINUTES [PAIRS]]       of each; default 10 1
#
# Counts what either end says of an outage that is none, and what did not reach
# the receiver. Several pairs are watched at the same time.
cd "$(dirname "$0")/../system" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh
minutes=${1:-10} pairs=${2:-1}
if [ -z "${RW_LAB-}" ]; then
  bash ../media/prepare.sh "$build/media" || exit 1
  lab_run ../bench/rest.sh "$minutes" "$pairs"
  exit
fi
lab_enter
lab_up
pair_setup || exit 1
trap pair_remove EXIT

gst-launch-1.0 -q filesrc location="$speech" ! wavparse ! \
  filesink location="$work/speech.s16" || exit 1
server_start || exit 1
for ((i = 0; i < pairs; i++)); do
  stream=studio-$i
  launch snd "in$i" --frames "in.src=$work/in$i.frames" \
    multifilesrc location="$work/speech.s16" loop=true ! \
    rawaudioparse use-sink-caps=false format=pcm pcm-format=s16le \
    sample-rate=48000 num-channels=1 ! audioconvert ! \
    audiobuffersplit output-buffer-duration=1/50 ! clocksync ! opusenc ! \
    identity name=in ! \
    resilientwebrtcsink signaller-uri=$signaller stream-name=$stream
  receiver_start "out$i"
done
for ((i = 0; i < pairs; i++)); do
  lab_wait 60 has_frames "out$i" 100 || exit 1
done

said () { # STATE: by any end so far
  cat "$work"/in*.bus "$work"/out*.bus | grep -c "\"state\":\"$1\""
}

lost () { # FROM TO: of what all sent in that time
  local i sum=0
  for ((i = 0; i < pairs; i++)); do
    awk -v from="$1" -v to="$2" '$2 >= from && $2 < to' "$work/in$i.frames" \
      >"$work/row-in"
    awk -v from="$1" '$2 >= from' "$work/out$i.frames" >"$work/row-out"
    sum=$((sum + $(awk -v head=any -f ../support/compare.awk "$work/row-in" \
      "$work/row-out" | sed 's/.* lost=\([0-9]*\).*/\1/')))
  done
  echo $sum
}

measure () { # NAME
  local suspect down from to all=$((minutes * pairs)) i
  suspect=$(said suspect) down=$(said reconnecting)
  from=$(lab_now)
  for ((i = 1; i <= minutes; i++)); do
    lab_pass 60
    echo "rest.sh: $1: $i of $minutes minutes" >&2
  done
  to=$(lab_now)
  suspect=$(($(said suspect) - suspect)) down=$(($(said reconnecting) - down))
  lab_pass 1
  echo "| $1 | $minutes x $pairs | $suspect ($((suspect * 60 / all)) an hour)" \
    "| $down | $(lost "$from" "$to") |"
}

echo '| machine | minutes x pairs | suspected | taken for down | frames lost |'
echo '|---|---|---|---|---|'
measure 'at rest'
# Two for every core, so that whoever wants it has to wait for it.
for ((i = 0; i < 2 * $(nproc); i++)); do
  while :; do :; done &
  own_pids+=($!)
done
measure "every core busy twice over"
