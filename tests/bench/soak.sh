#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A pair for a long time, with holes, pauses, changes of format, outages, and
# other receivers that come and go each minute: whether memory, threads,
# descriptors and the delay stay level. A Markdown table.
#
#   bash tests/bench/soak.sh [MINUTES]                    60
#
# Prints every tenth minute; ends with 1 if the delay of the last minute differs
# from that of the third by more than 5 ms, or if threads, descriptors or memory
# have grown by more than 5, 5 and 8 MB since then.
cd "$(dirname "$0")/../system" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh
minutes=${1:-60}
if [ -z "${RW_LAB-}" ]; then
  bash ../media/prepare.sh "$build/media" || exit 1
  lab_run ../bench/soak.sh "$minutes"
  exit
fi
lab_enter
lab_up
pair_setup || exit 1
trap pair_remove EXIT
raw=audio/x-raw,format=S16LE,rate=48000,channels=1
"$build/tests/bench/clicks" "$work/clicks.s16" || exit 1

census () { # NAME: threads, descriptors, kB
  local pid=${pid_of[$1]}
  echo "$(ls "/proc/$pid/task" | wc -l) $(ls "/proc/$pid/fd" | wc -l) \
$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")"
}

visit () { # NUMBER: another receiver for a while, that leaves or is killed
  receiver_start "visitor"
  lab_wait 20 has_frames visitor 100
  if [ $(($1 % 2)) = 0 ]; then
    tell visitor quit
    lab_wait 10 gone visitor
  else
    kill -9 "${pid_of[visitor]}"
  fi
}

one_minute () { # NUMBER
  local rates=(48000 24000 16000) end
  end=$(($(lab_now) + 60000000))
  tell in set valve drop true; lab_pass 2
  tell in set valve drop false
  tell in set format caps "audio/x-raw,rate=${rates[$1 % 3]}"
  lab_pass 3
  tell in pause; lab_pass 2
  tell in play; lab_pass 3
  lab_blackout rcv; lab_pass 3
  lab_heal; lab_pass 5
  visit "$1"
  # The rest is for the delay.
  from=$(lab_now)
  lab_pass $(((end - from) / 1000000))
  to=$(lab_now)
  lab_pass 1
  delay=$(awk -v from="$from" -v to="$to" -f ../bench/delay.awk \
    "$work/in.clicks" "$work/out.clicks")
}

server_start || exit 1
launch snd in --clicks "in.src=$work/in.clicks" \
  multifilesrc location="$work/clicks.s16" loop=true ! \
  rawaudioparse use-sink-caps=false format=pcm pcm-format=s16le \
  sample-rate=48000 num-channels=1 ! audiobuffersplit \
  output-buffer-duration=1/50 ! clocksync ! valve name=valve ! \
  identity name=in ! audioresample ! \
  capsfilter name=format caps=audio/x-raw,rate=48000 ! \
  resilientwebrtcsink signaller-uri=$signaller stream-name=$stream
launch rcv out --clicks "out.sink=$work/out.clicks" \
  --frames "src.src=$work/out.frames" \
  resilientwebrtcsrc name=src signaller-uri=$signaller \
  producer-name=$stream ! audioconvert ! audioresample ! $raw ! \
  fakesink name=out sync=true
lab_wait 30 has_frames out 50 || exit 1

status=0
echo '| minute | sink: threads, descriptors, MB | source: threads,' \
  'descriptors, MB | delay, ms: median / worst (heard of made) |'
echo '|---|---|---|---|'
for ((minute = 1; minute <= minutes; minute++)); do
  one_minute $minute
  read -r in_threads in_fds in_kb <<<"$(census in)"
  read -r out_threads out_fds out_kb <<<"$(census out)"
  read -r median worst heard made <<<"$delay"
  figures="$in_threads $in_fds $((in_kb / 8192)) $out_threads $out_fds \
$((out_kb / 8192))"
  row="| $minute | $in_threads, $in_fds, $((in_kb / 1024)) | $out_threads, \
$out_fds, $((out_kb / 1024)) | $median / $worst ($heard of $made) |"
  echo "soak.sh: $row" >&2
  [ $minute = 3 ] && first="$figures $median"
  [ $minute = 3 ] || [ $((minute % 10)) = 0 ] || [ $minute = "$minutes" ] &&
    echo "$row"
done
[ "$minutes" -gt 3 ] && ! awk -v a="$first" -v b="$figures $median" 'BEGIN {
  split(a, x); split(b, y)
  exit y[1] > x[1] + 5 || y[2] > x[2] + 5 || y[3] > x[3] + 1 ||
    y[4] > x[4] + 5 || y[5] > x[5] + 5 || y[6] > x[6] + 1 ||
    y[7] - x[7] > 5 || x[7] - y[7] > 5 }' && {
  echo "soak.sh: not level: minute 3: $first; now: $figures $median" >&2
  status=1
}
exit $status
