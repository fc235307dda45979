#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How a backlog is made good after an outage, and what the live lane has to
# suffer meanwhile, as a Markdown table:
#
#   bash tests/bench/catch-up.sh [--times N] [RATE/KBIT...]
#
# Twenty outages of 20 s a row by default (ten minutes). A row is a drain-rate
# and what the path to the receiver takes, in kbit/s (0: as much as it is
# given); by default 8/0 0/0 8/1000 0/1000, all at the same time, each in a lab
# of its own. The figures of each outage stay in build/bench/catch-up.txt:
#
#   RATE/KBIT ACKED-MS ADDED-MEDIAN-MS ADDED-P95-MS ADDED-MAX-MS LIVE REPAIRED
#
# as catch-up.awk says.
cd "$(dirname "$0")/../system" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh
script=../bench/catch-up.sh
times=20 seconds=20
[ "${1-}" != --times ] || { times=$2; shift 2; }

measure_rows () { # RATE/KBIT...
  local folder row pids=() status=0
  folder=$(mktemp -d "$build/bench/catch-up.XXXXXX")
  for row in "$@"; do
    RW_RESULTS=$folder/${row/\//-} lab_run "$script" --times "$times" "$row" &
    pids+=($!)
  done
  for row in "${pids[@]}"; do wait "$row" || status=1; done
  for row in "$@"; do cat "$folder/${row/\//-}"; done \
    >"$build/bench/catch-up.txt"
  rm -r "$folder"
  awk -f ../bench/catch-up-table.awk "$build/bench/catch-up.txt"
  return $status
}

if [ -z "${RW_LAB-}" ]; then
  bash ../media/prepare.sh "$build/media" || exit 1
  mkdir -p "$build/bench"
  [ $# -gt 0 ] || set -- 8/0 0/0 8/1000 0/1000
  measure_rows "$@"
  exit
fi
row=$1 rate=${1%/*} kbit=${1#*/}
lab_enter
lab_up
pair_setup || exit 1
trap pair_remove EXIT

# How often the sink is asked how much is not acknowledged.
watch_backlog () { # SECONDS
  local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
  while [ "${EPOCHREALTIME/./}" -lt $end ]; do
    tell in get sink stats
    lab_pass 0.02
  done
}

gst-launch-1.0 -q filesrc location="$speech" ! wavparse ! \
  filesink location="$work/speech.s16" || exit 1
server_start || exit 1
launch snd in --frames "in.src=$work/in.frames" \
  multifilesrc location="$work/speech.s16" loop=true ! \
  rawaudioparse use-sink-caps=false format=pcm pcm-format=s16le \
  sample-rate=48000 num-channels=1 ! audioconvert ! \
  audiobuffersplit output-buffer-duration=1/50 ! clocksync ! opusenc ! \
  identity name=in ! \
  resilientwebrtcsink name=sink signaller-uri=$signaller stream-name=$stream \
  max-size-time=120000000000 drain-rate="$rate"
# The receiver tells of each frame that the live lane brings.
export GST_DEBUG=resilientwebrtcreceiver:7
receiver_start out
lab_wait 30 has_frames out 100 || exit 1
# Half a second of queue in front of it, as home routers have.
[ "$kbit" = 0 ] || lab_slow rcv "$kbit" 500

for ((i = 0; i < times; i++)); do
  lab_pass 1
  watch_backlog 2
  cut=$(lab_now)
  lab_blackout rcv
  lab_pass $seconds
  echo "$cut $(lab_now)" >>"$work/outages"
  lab_heal
  watch_backlog 6
  echo "catch-up.sh: row $row: $((i + 1)) of $times" >&2
done
awk -f ../bench/catch-up.awk "$work/in.frames" "$work/out.log" "$work/in.bus" \
  "$work/outages" | sed "s|^|$row |" >"$RW_RESULTS"
