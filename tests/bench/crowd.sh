#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One sink, many sources in four processes, and an outage of the sink's network
# that hits all of them at once: how long until each has audio again, with how
# many attempts, and what it does to the sink. As a Markdown table:
#
#   bash tests/bench/crowd.sh [SOURCES,SECONDS[,OPTION...]]...
#
#   address   the sink has a new address after the outage
#   server    the signalling server is killed when the outage begins, and
#             started again a second later
#
# By default 24,5 24,30 24,5,server 24,5,address 48,5 48,5,address.
#
# And as a picture, docs/crowd.svg: for each outage the sources without audio
# and the attempts, since the cut.
#
# RW_SETTLE: for how many seconds the return is watched (20). RW_KEEP: a folder
# for the records.
cd "$(dirname "$0")/../system" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh
script=../bench/crowd.sh
processes=4
settle_s=${RW_SETTLE:-20}

if [ -z "${RW_LAB-}" ]; then
  bash ../media/prepare.sh "$build/media" || exit 1
  [ $# -gt 0 ] || set -- 24,5 24,30 24,5,server 24,5,address 48,5 48,5,address
  echo "| sources | outage | set up, s | half back after, ms | 99 % | all |" \
    "last change, ms | attempts / source | changes after the return | gaps | sink's threads at rest / at most | CPU, s |"
  echo "|---|---|---|---|---|---|---|---|---|---|---|---|"
  RW_CURVES=$(mktemp -d)
  export RW_CURVES
  trap 'rm -rf "$RW_CURVES"' EXIT
  for row in "$@"; do
    lab_run "$script" "$row" || exit 1
  done
  awk -f ../bench/crowd-picture.awk "$RW_CURVES"/* >../../docs/crowd.svg
  echo
  echo "![sources without audio, and attempts](crowd.svg)"
  exit
fi

IFS=, read -r sources seconds options <<<"$1"
lab_enter
lab_up
pair_setup || exit 1
trap pair_remove EXIT
export GST_DEBUG=${RW_DEBUG:-1}

start_sources () { # PROCESS FIRST LAST
  local i line=() args=()
  for ((i = $2; i <= $3; i++)); do
    args+=(--frames "o$i.src=$work/$i.frames")
    line+=(resilientwebrtcsrc "name=src$i" "signaller-uri=$signaller"
      "producer-name=$stream" "consumer-id=c$i" ! audio/x-opus !
      identity "name=o$i" ! fakesink sync=false async=false)
  done
  launch rcv "p$1" "${args[@]}" "${line[@]}"
}

count_with_audio () { # LINES
  local i n=0
  for ((i = 1; i <= sources; i++)); do
    [ "$(grep -c '^F' "$work/$i.frames" 2>/dev/null)" -ge "$1" ] 2>/dev/null &&
      n=$((n + 1))
  done
  echo $n
}
all_have_audio () { [ "$(count_with_audio "$1")" = "$sources" ]; }

# The processes' CPU so far, in ticks.
cpu_ticks () {
  local name sum=0 fields
  for name in in p1 p2 p3 p4; do
    pid=$(pgrep -P "${pid_of[$name]}" 2>/dev/null | head -1)
    read -r -a fields <"/proc/${pid:-${pid_of[$name]}}/stat"
    sum=$((sum + fields[13] + fields[14]))
  done
  echo $sum
}
sink_pid () { pgrep -P "${pid_of[in]}" | head -1 | grep . || echo "${pid_of[in]}"; }
sink_threads () { sed -n 's/^Threads:\t//p' "/proc/$(sink_pid)/status"; }

server_start || exit 1
launch snd in --frames "in.src=$work/in.frames" \
  audiotestsrc is-live=true wave=ticks samplesperbuffer=960 ! audioconvert ! \
  opusenc ! identity name=in ! resilientwebrtcsink name=sink \
  signaller-uri=$signaller stream-name=$stream max-size-time=120000000000
lab_wait 20 has_frames in 10
begun=$(lab_now)
for ((p = 1; p <= processes; p++)); do
  start_sources $p $(((p - 1) * sources / processes + 1)) \
    $((p * sources / processes))
done
lab_wait ${RW_SETUP:-45} all_have_audio 1 ||
  tap_note "only $(count_with_audio 1) of $sources have audio"
ready_s=$(awk -v begun="$begun" 'FNR == 1 { seen = 0 } $1 == "F" && !seen {
  seen = 1; if ($2 > last) last = $2 }
  END { printf "%.1f", (last - begun) / 1e6 }' "$work"/[0-9]*.frames)
lab_pass 3 # what the start has left to do
at_rest=$(sink_threads) cpu=$(cpu_ticks)

cut=$(lab_now)
lab_blackout snd
case ,$options, in
  *,server,*) server_kill; lab_pass 1; server_start; lab_pass $((seconds - 1)) ;;
  *) lab_pass "$seconds" ;;
esac
case ,$options, in *,address,*) lab_readdress snd 77 ;; esac
heal=$(lab_now)
lab_heal
most=$at_rest
while [ "${EPOCHREALTIME/./}" -lt $((heal + settle_s * 1000000)) ]; do
  now=$(sink_threads)
  [ "$now" -le "$most" ] || most=$now
  echo "$(lab_now) $now" >>"$work/threads"
  lab_pass 0.1
done
cpu=$((($(cpu_ticks) - cpu) * 10))
tell in eos
lab_wait 40 gone in
for ((p = 1; p <= processes; p++)); do lab_wait 20 gone "p$p"; done
[ -z "${RW_KEEP-}" ] || cp -r "$work" "$RW_KEEP"

awk -v cut="$cut" -v heal="$heal" -v sources="$sources" -v row="$1" \
  -v ready="$ready_s" -v threads="$at_rest / $most" -v cpu="$cpu" \
  -v work="$work" -f ../bench/crowd.awk "$work"/p[0-9].bus "$work/in.frames" \
  "$work"/[0-9]*.frames

# The rows in their order.
n=$(find "$RW_CURVES" -type f | wc -l)
awk -v cut="$cut" -v heal="$heal" -v settle="$settle_s" \
  -v title="$sources sources, ${seconds} s${options:+, $options}" \
  -f ../bench/crowd-curve.awk "$work"/p[0-9].bus "$work"/[0-9]*.frames \
  >"$RW_CURVES/$(printf %03d "$n")"
