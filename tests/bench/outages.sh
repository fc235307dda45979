#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Outages, measured: ours beside what else carries live audio, each sending
# recorded speech over the same namespaces at the same time, so that every cut
# hits all of them.
#
#   bash tests/bench/outages.sh [--times N] [--systems 'NAME...'] [ROW...] [/ ROW...]...
#
# Twenty outages a row by default; prints a Markdown table. A row is a length in
# seconds, or address:0 (the receiver's address changes) or nat:0 (the receiver
# is behind a NAT, which forgets its mappings); 60x10 is ten outages of 60 s,
# whatever N is. Kinds between slashes are measured one after the other, each
# such group in a lab of its own and all of them at the same time; parts of a
# row that are in several groups make one row of the table. By default
#
#   60x10 / 60x10 / 20 8 / 1 3 address:0 nat:0           (a quarter of an hour)
#
# The figures of each outage stay in build/bench/outages.txt:
#
#   SYSTEM ROW OUTAGE-MS DETECT-MS BACK-MS CAUGHT-MS     (timing.awk)
#   SYSTEM ROW lost FRAMES-SENT FRAMES-LOST
#
# Systems: 'ours srt plain' by default. The others are adapters in field/, each
# of which says what it runs; one that is not installed is named under the table.
#   ours   as complete (resilientwebrtcsrc, every frame in order) and live (the
#          same with delivery=live, on the same sink)
cd "$(dirname "$0")/../system" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh
. ../bench/peers/install.sh
bench=$here/../bench
packages=$bench/peers modules=$build/interoperability
script=../bench/outages.sh
times=20 wanted='ours srt plain'
while :; do
  case ${1-} in
    --times) times=$2 ;;
    --systems) wanted=$2 ;;
    *) break ;;
  esac
  shift 2
done

# ---- The systems ----

element_version () {
  gst-inspect-1.0 "$1" 2>/dev/null | sed -n 's/^  Version  */GStreamer /p'
}

ours_version () { GST_PLUGIN_PATH=$build/gst element_version resilientwebrtcsink; }

for adapter in "$bench"/field/*.sh; do . "$adapter"; done

# Leaves in $wanted what is installed, and prints a line about each.
find_systems () {
  local system version found=
  for system in $wanted; do
    version=$("${system}_version")
    [ -z "$version" ] || found+=" $system"
    echo "- $system: ${version:-not installed here}"
  done
  wanted=$found
}

# Each group into a file of its own, then all of them into one table.
measure_groups () { # ROW... [/ ROW...]...
  local folder status=0 n=0 group=() pids=() pid one
  folder=$(mktemp -d "$build/bench/outages.XXXXXX")
  for one in "$@" /; do
    if [ "$one" != / ]; then
      group+=("$one")
    elif [ ${#group[@]} -gt 0 ]; then
      RW_RESULTS=$folder/$n lab_run "$script" --times "$times" \
        --systems "$wanted" "${group[@]}" &
      pids+=($!)
      n=$((n + 1))
      group=()
    fi
  done
  for pid in "${pids[@]}"; do wait "$pid" || status=1; done
  # The parts of a row together; lengths first, the short ones before the long.
  for ((one = 0; one < n; one++)); do cat "$folder/$one"; done |
    awk '{ print ($2 ~ /^[0-9]/ ? $2 : 1e6), $0 }' | sort -s -n -k1,1 |
    cut -d' ' -f2- >"$build/bench/outages.txt"
  rm -r "$folder"
  awk -f ../bench/outages.awk "$build/bench/outages.txt"
  return $status
}

if [ -z "${RW_LAB-}" ]; then
  bash ../media/prepare.sh "$build/media" || exit 1
  mkdir -p "$build/bench"
  [ $# -gt 0 ] || set -- 60x10 / 60x10 / 20 8 / 1 3 address:0 nat:0
  find_systems >"$build/bench/systems.txt"
  measure_groups "$@"
  status=$?
  echo
  cat "$build/bench/systems.txt"
  exit $status
fi
rows=$*
lab_enter
lab_up
pair_setup || exit 1
trap pair_remove EXIT
results=$RW_RESULTS
: >"$results"

# Speech without an end: the two minutes, again and again.
gst-launch-1.0 -q filesrc location="$speech" ! wavparse ! \
  filesink location="$work/speech.s16" || exit 1
speech_source="multifilesrc location=$work/speech.s16 loop=true ! \
rawaudioparse use-sink-caps=false format=pcm pcm-format=s16le \
sample-rate=48000 num-channels=1 ! audioconvert ! \
audiobuffersplit output-buffer-duration=1/50 ! clocksync ! opusenc ! \
identity name=in"

# Restarts a program whenever it ends, on a host. Ends with the lab.
supervise () { # HOST COMMAND...
  local host=$1 log=$work/supervised.${#own_pids[@]}.log
  shift
  while :; do
    ip netns exec "$host" "$@"
    lab_pass 0.2
  done >"$log" 2>&1 &
  own_pids+=($!)
}

ours_start () {
  server_start || return 1
  # shellcheck disable=SC2086
  launch snd ours-in --frames "in.src=$work/ours-in.frames" $speech_source ! \
    resilientwebrtcsink signaller-uri=$signaller stream-name=$stream \
    max-size-time=120000000000
  receiver_start complete
  receiver_start live delivery=live
}

input_of () { # SYSTEM
  case $1 in
    complete | live) echo ours-in ;;
    *) echo "$1-in" ;;
  esac
}

# Whether frames come out that are as young as they should be.
flowing () { # SYSTEM
  local sum
  sum=$(tail -n 1 "$work/$1.frames" 2>/dev/null | cut -d' ' -f6)
  [ -n "$sum" ] && tail -n 25 "$work/$(input_of "$1").frames" | grep -q " $sum "
}

all_flowing () {
  local system
  for system in $systems; do flowing "$system" || return 1; done
}

# A NAT's forgetting is the outage's beginning and its end; what passed while
# it was being told to does not count.
outage () { # ROW
  local cut
  cut=$(lab_now)
  case $1 in
    address:*)
      address=$((address == 77 ? 78 : 77))
      lab_readdress rcv $address ;;
    nat:*)
      lab_nat rcv
      cut=$(lab_now) ;;
    *)
      lab_blackout rcv
      lab_pass "$1" ;;
  esac
  echo "$cut $(lab_now)" >>"$work/outages"
  lab_heal
}

measure () { # ROW[xTIMES]
  local row=${1%x*} times=$times system i from to
  [ "$row" = "$1" ] || times=${1#*x}
  case $row in nat:*) lab_nat rcv ;; esac
  : >"$work/outages"
  from=$(lab_now)
  for ((i = 0; i < times; i++)); do
    # Back to rest, whatever that takes the slowest; then a moment of it.
    lab_wait 60 all_flowing
    lab_pass 3
    outage "$row"
    lab_pass 2
    echo "outages.sh: row $row: $((i + 1)) of $times" >&2
  done
  lab_wait 60 all_flowing
  to=$(lab_now)
  # The frames sent by then have had the time to arrive.
  lab_pass 1
  for system in $systems; do
    awk -v from="$from" -v to="$to" '$2 >= from && $2 < to' \
      "$work/$(input_of "$system").frames" \
      >"$work/row-in"
    awk -v from="$from" '$2 >= from' "$work/$system.frames" >"$work/row-out"
    awk -f timing.awk "$work/row-in" "$work/row-out" \
      "$(bus_of "$system")" "$work/outages" | sed "s/^/$system $row /"
    awk -v head=any -f ../support/compare.awk "$work/row-in" "$work/row-out" |
      sed -n "s/sent=\([0-9]*\).* lost=\([0-9]*\).*/$system $row lost \1 \2/p"
  done >>"$results"
  case $row in nat:*) lab_nat_off ;; esac
}

bus_of () {
  [ -f "$work/$1.bus" ] && echo "$work/$1.bus" || echo /dev/null
}

systems=
for system in $wanted; do
  "${system}_start" || exit 1
  [ "$system" = ours ] && systems+=' complete live' || systems+=" $system"
done
lab_wait 60 all_flowing || {
  for system in $systems; do
    flowing "$system" || echo "outages.sh: $system does not flow" >&2
  done
  exit 1
}
address=2
for row in $rows; do
  measure "$row"
done
