#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# From mouth to ear: how long a click takes from the sender's capture to the
# receiver's sink, all systems at the same time and over the same namespaces,
# as a Markdown table.
#
#   bash tests/bench/delay.sh                             three minutes
#   bash tests/bench/delay.sh --drift [MINUTES [PPM]]     20 minutes, 300 ppm
#   bash tests/bench/delay.sh --shared [RECEIVERS...]     2 10
#
# --shared: so many receivers of one sink, each with timestamps=arrival and with
# timestamps=capture, on one clock: by how much the times of one click differ.
#
# The time is that at which the click is due at a synchronized sink, or at which
# it came there, if that is later. Opus at its defaults (20 ms), decoded.
#
#   live        resilientwebrtcsrc delivery=live latency=40
#   complete    resilientwebrtcsrc latency=40
#   plain       webrtcbin by hand, latency=40, started again after 3 s of
#               silence (plain.c)
#   srt         srtsink, srtsrc latency=20, MPEG-TS, started again at its end
cd "$(dirname "$0")/../system" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh
if [ -z "${RW_LAB-}" ]; then
  bash ../media/prepare.sh "$build/media" || exit 1
  lab_run ../bench/delay.sh "$@"
  exit
fi
arguments=("$@")
lab_enter
lab_up
pair_setup || exit 1
trap pair_remove EXIT
systems='live complete plain srt'
raw=audio/x-raw,format=S16LE,rate=48000,channels=1
"$build/tests/bench/clicks" "$work/clicks.s16" || exit 1
source="multifilesrc location=$work/clicks.s16 loop=true ! \
rawaudioparse use-sink-caps=false format=pcm pcm-format=s16le \
sample-rate=48000 num-channels=1 ! audiobuffersplit \
output-buffer-duration=1/50 ! clocksync name=in ! opusenc"
played="opusdec ! audioconvert ! $raw ! fakesink name=out sync=true async=false"

# Restarts a program whenever it ends, on a host.
supervise () { # HOST COMMAND...
  local host=$1
  shift
  while :; do
    ip netns exec "$host" "$@" &
    # A supervisor that is told to end takes its program along.
    trap "kill $! 2>/dev/null; exit" TERM
    wait $!
    lab_pass 0.2
  done >/dev/null 2>&1 &
  supervisors+=($!)
}

send () { # NAME ELEMENT...
  local name=$1
  shift
  # shellcheck disable=SC2086
  launch snd "$name" --clicks "in.src=$work/$name.in" ${ppm:+--clock-ppm $ppm} \
    $source ! "$@"
}

senders_start () {
  send ours resilientwebrtcsink signaller-uri=$signaller stream-name=$stream
  send srt-in mpegtsmux alignment=7 ! srtsink uri=srt://:7001?mode=listener \
    wait-for-connection=false latency=20
  send plain-in rtpopuspay pt=96 ! udpsink host=127.0.0.1 port=7801
  supervise snd "$build/tests/bench/plain" send 7801 7802
}

receive () { # NAME ELEMENT...
  local name=$1
  shift
  # shellcheck disable=SC2086
  launch rcv "$name" --clicks "out.sink=$work/$name.out" "$@" ! $played
}

receivers_start () {
  receive live resilientwebrtcsrc signaller-uri=$signaller \
    producer-name=$stream latency=40 delivery=live ! audio/x-opus
  receive complete resilientwebrtcsrc signaller-uri=$signaller \
    producer-name=$stream latency=40 ! audio/x-opus
  # shellcheck disable=SC2086
  supervise rcv "$tap" --append --clicks "out.sink=$work/srt.out" \
    srtsrc uri=srt://10.0.1.2:7001 latency=20 ! tsdemux latency=0 ! \
    opusparse ! $played
  supervise rcv "$build/tests/bench/plain" receive 10.0.1.2 7802 \
    "$work/plain.frames" 3000 40 "$work/plain.out"
}

all_end () {
  kill "${supervisors[@]}" 2>/dev/null
  pair_kill
  supervisors=()
  rm -f "$work"/*.in "$work"/*.out
}

input_of () { # SYSTEM
  case $1 in
    live | complete) echo "$work/ours.in" ;;
    *) echo "$work/$1-in.in" ;;
  esac
}

has_clicks () { # N: at every system
  local system n
  for system in $systems; do
    { n=$(wc -l <"$work/$system.out"); } 2>/dev/null
    [ "${n:-0}" -ge "$1" ] || return 1
  done
}

# One row: of the clicks made in the next SECONDS.
row () { # NAME SECONDS
  local from to system figures cells=
  from=$(lab_now)
  lab_pass "$2"
  to=$(lab_now)
  # The last click has the time to be heard.
  lab_pass 2
  for system in $systems; do
    figures=$(awk -v from="$from" -v to="$to" -f ../bench/delay.awk \
      "$(input_of "$system")" "$work/$system.out")
    read -r median worst heard made <<<"$figures"
    cells+=" $median / $worst$([ "$heard" = "$made" ] ||
      echo " ($heard of $made)") |"
    echo "delay.sh: $1: $system $figures" >&2
  done
  echo "| $1 |$cells"
}

pause_senders () { # SECONDS
  local name
  for name in ours srt-in plain-in; do tell $name pause; done
  lab_pass "$1"
  for name in ours srt-in plain-in; do tell $name play; done
}

begin () {
  senders_start
  lab_pass 3
  receivers_start
  lab_wait 30 has_clicks 2 || echo 'delay.sh: not every system is heard' >&2
}

head_of_table () {
  echo '| click in to click out, ms: median / worst (heard of made) | live |' \
    'complete | plain | srt |'
  echo '|---|---|---|---|---|'
}

measure_all () {
  head_of_table
  begin
  row 'at rest, the sender first' 12
  all_end
  server_start
  receivers_start
  lab_pass 3
  senders_start
  lab_wait 30 has_clicks 2
  row 'at rest, the receiver first' 12
  lab_blackout rcv
  lab_pass 3
  lab_heal
  lab_pass 5
  row '5 s after an outage of 3 s' 12
  pause_senders 5
  lab_pass 5
  row '5 s after a pause of 5 s at the sender' 12
  all_end
  server_start
  begin
  lab_jitter 30
  lab_pass 5
  row 'packets late by 0 to 30 ms' 24
  lab_jitter 0
  lab_loss 5
  row '5 % loss' 24
  lab_loss 0
}

measure_drift () { # MINUTES PPM
  local i
  ppm=${2:-300}
  head_of_table
  begin
  row "clocks differ by $ppm ppm: at first" 24
  for ((i = 1; i < ${1:-20}; i++)); do
    lab_pass 60
    echo "delay.sh: $i minutes" >&2
  done
  row "clocks differ by $ppm ppm: after ${1:-20} minutes" 24
}

receive_many () { # HOW-MANY
  local i by
  for by in arrival capture; do
    for ((i = 0; i < $1; i++)); do
      receive $by-$i resilientwebrtcsrc signaller-uri=$signaller \
        producer-name=$stream latency=40 timestamps=$by ! audio/x-opus
      systems+=" $by-$i"
    done
  done
}

# The median and the worst difference between two receivers' times of a click
# made between FROM and TO, ms.
spread () { # FROM TO RECORD...
  local from=$1 to=$2
  shift 2
  # A click's number comes again after 12 s: the second it is due in tells.
  cat "$@" | awk -v from="$from" -v to="$to" '
    $2 < from || $2 >= to { next }
    {
      click = int($2 / 4000000 + 0.5) " " $3
      if (!(click in least) || $2 < least[click])
        least[click] = $2
      if (!(click in most) || $2 > most[click])
        most[click] = $2
    }
    END { for (click in least) print most[click] - least[click] }' | sort -n |
    awk '{ all[NR] = $1 }
      END { if (NR) printf "%.2f / %.2f\n", all[int((NR + 1) / 2)] / 1000,
                           all[NR] / 1000 }'
}

measure_shared () { # HOW-MANY...
  local n from to
  echo '| receivers | timestamps=arrival: median / worst, ms |' \
    'timestamps=capture: median / worst, ms |'
  echo '|---|---|---|'
  for n in "${@:-2}"; do
    systems=
    send ours resilientwebrtcsink signaller-uri=$signaller stream-name=$stream
    receive_many "$n"
    lab_wait 60 has_clicks 5 || echo 'delay.sh: not all is heard' >&2
    from=$(lab_now)
    lab_pass 30
    to=$(lab_now)
    lab_pass 2
    echo "| $n | $(spread "$from" "$to" "$work"/arrival-*.out) |" \
      "$(spread "$from" "$to" "$work"/capture-*.out) |"
    all_end
    server_start
  done
}

ppm=
supervisors=()
server_start || exit 1
case ${arguments[0]-} in
  --drift) measure_drift "${arguments[@]:1}" ;;
  --shared)
    numbers=("${arguments[@]:1}")
    [ ${#numbers[@]} -gt 0 ] || numbers=(2 10)
    measure_shared "${numbers[@]}" ;;
  '') measure_all ;;
  *)
    echo 'usage: see the head of delay.sh' >&2
    exit 2 ;;
esac
all_end
