#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The main job over namespaces, two processes and more: what the sink is given
# comes out of the source, packet for packet and sample for sample. RW_FULL=1
# for every combination of rate, channels and frame size.
cd "$(dirname "$0")" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh
lab_enter "$@"
lab_up
pair_setup || exit 1
trap pair_remove EXIT

# The logs to look at when a pair has failed.
autopsy () { # NAME...
  local name
  for name in "$@"; do
    tail -n 12 "$work/$name.log" 2>/dev/null | tap_indent
    tail -n 3 "$work/$name.bus" 2>/dev/null | cut -c1-300 | tap_indent
  done
}

check_pair () { # SENDER RECEIVER NAME [MAX-HEAD]
  local result status head
  result=$(compare "$1" "$2")
  status=$?
  head=$(sed 's/.*head=\([0-9]*\).*/\1/' <<<"$result")
  # A consumer joins at the live edge; what was said before is not its loss.
  [ "$head" -le "${4:-100000}" ] || status=1
  tap_result $status "$3: packets" "$result"
  [ $status = 0 ] || autopsy "$1" "$2"
  result=$(compare_samples "$1" "$2")
  tap_result $? "$3: samples" "$result"
}

server_start
tap_result $? "the signalling server answers" "$(cat "$work/server.log")"

combinations='8000-1-10 16000-2-20 24000-1-40 48000-2-60
8000-2-60 16000-1-40 24000-2-20 48000-1-10'
if [ -n "${RW_FULL-}" ]; then
  combinations=$(for rate in 8000 16000 24000 48000; do
    for channels in 1 2; do
      for size in 10 20 40 60; do echo $rate-$channels-$size; done
    done
  done)
fi

# The speech again and again, until it is told to end: receivers take their time
# to connect on a busy machine.
endless_speech () {
  gst-launch-1.0 -q filesrc location="$speech" ! wavparse ! \
    filesink location="$work/endless-$stream.s16" || exit 1
  speech_source="multifilesrc location=$work/endless-$stream.s16 loop=true ! \
rawaudioparse use-sink-caps=false format=pcm pcm-format=s16le \
sample-rate=${stream%%-*} num-channels=$(cut -d- -f2 <<<$stream) ! \
audiobuffersplit output-buffer-duration=1/50"
}

# Eight pairs at a time, each a stream of its own on the one server; every
# second receiver is there before its sender.
run_batch () { # COMBINATION...
  local one order=sender
  for one in "$@"; do
    stream=$one
    speech=$media/speech-${one%-*}.wav
    endless_speech
    encoder="opusenc frame-size=${one##*-}"
    if [ $order = sender ]; then
      sender_start in-$one; receiver_start out-$one
      order=receiver
    else
      receiver_start out-$one; sender_start in-$one
      order=sender
    fi
  done
  for one in "$@"; do lab_wait 60 has_frames out-$one 100; done
  for one in "$@"; do tell in-$one eos; done
  for one in "$@"; do
    lab_wait 60 gone in-$one && lab_wait 10 gone out-$one
    tap_result $? "$one: the end of the speech ends both" \
      "sender $(running in-$one && echo runs || echo gone), receiver \
$(running out-$one && echo runs || echo gone)"
    check_pair in-$one out-$one "$one"
  done
}
# shellcheck disable=SC2086
xargs -n 8 <<<$combinations >"$work/batches"
while read -r -a batch <&9; do
  run_batch "${batch[@]}"
done 9<"$work/batches"

# Three consumers, and one that leaves.
speech_source=
stream=three speech=$media/speech-48000-1.wav encoder=opusenc
for i in 1 2 3; do receiver_start three-$i; done
sender_start three
for i in 1 2 3; do lab_wait 30 has_frames three-$i 50; done
tell three-2 quit
lab_wait 10 gone three-2
tap_result $? "a consumer may leave" "$(tail -n 3 "$work/three-2.log")"
lab_wait 60 gone three && lab_wait 10 gone three-1 && lab_wait 10 gone three-3
tap_result $? "the others stay to the end"
check_pair three three-1 "first of three"
check_pair three three-3 "last of three"

# The README's main job, word for word, on one host.
main_job () {
  cd "$work" && cp "$media/speech-48000-1.wav" speech.wav || return 1
  (exec ip netns exec snd timeout 60 gst-launch-1.0 -e \
    filesrc location=speech.wav ! wavparse ! audioconvert ! audioresample ! \
    clocksync ! resilientwebrtcsink run-signalling-server=true \
    stream-name=studio >main-sink.log 2>&1) &
  started main-sink $!
  (exec ip netns exec snd timeout 60 gst-launch-1.0 \
    resilientwebrtcsrc producer-name=studio ! audioconvert ! wavenc ! \
    filesink location=out.wav >main-src.log 2>&1) &
  started main-src $!
  cd "$here" || return 1
  lab_wait 60 gone main-sink && lab_wait 15 gone main-src
}
main_job
tap_result $? "the main job's two lines end by themselves" \
  "$(tail -n 3 "$work/main-sink.log" "$work/main-src.log")"
size=$(stat -c %s "$work/out.wav" 2>/dev/null || echo 0)
# Ten seconds at 48 kHz less what was said while they met; on a busy machine
# that takes a while.
[ "$size" -ge $((48000 * 2 * 1)) ]
tap_result $? "and leave the speech in out.wav" "$size bytes"

# PLAYING, NULL and PLAYING again, at rest and in the middle of connecting.
census () { # NAME: threads and descriptors
  echo "$(ls "/proc/${pid_of[$1]}/task" | wc -l) \
$(ls "/proc/${pid_of[$1]}/fd" | wc -l)"
}
answers () { # NAME: whether its main loop is alive
  local before
  before=$(grep -c '"type":"property"' "$work/$1.bus")
  tell "$1" get "$2" name
  lab_wait 20 answered "$1" "$before"
}
answered () { [ "$(grep -c '"type":"property"' "$work/$1.bus")" -gt "$2" ]; }
more_frames () { has_frames "$1" "$2"; }

# The sink's clean end is the stream's, so the source has to start again too.
cycle () { # TIMES
  local i
  for ((i = 0; i < $1; i++)); do
    tell cycle-in null
    tell cycle-in play
    answers cycle-in sink || return 1
    tell cycle-out null
    tell cycle-out play
    answers cycle-out src || return 1
    # Every third is given time to connect; the others are cut off on the way.
    [ $((i % 3)) = 0 ] || continue
    lab_wait 20 has_frames cycle-out $(($(frames cycle-out) + 5)) || return 1
  done
}

stream=cycles
launch snd cycle-in --stay audiotestsrc is-live=true ! \
  resilientwebrtcsink name=sink signaller-uri=$signaller stream-name=$stream
launch rcv cycle-out --stay --frames "out.src=$work/cycle-out.frames" \
  resilientwebrtcsrc name=src signaller-uri=$signaller producer-name=$stream ! \
  audio/x-opus ! identity name=out ! fakesink sync=false async=false
lab_wait 30 has_frames cycle-out 20
cycle 6
tap_result $? "sink and source go to NULL and back"
lab_wait 20 has_frames cycle-out $(($(frames cycle-out) + 20))
before_in=$(census cycle-in) before_out=$(census cycle-out)
cycle "${RW_CYCLES:-18}"
tap_result $? "and again, many times"
lab_wait 20 has_frames cycle-out $(($(frames cycle-out) + 20))
tap_result $? "and audio flows after that"
not_grown () { # NAME BEFORE
  local now
  now=$(census "$1")
  [ "${now% *}" -le $((${2% *} + 2)) ] && [ "${now#* }" -le $((${2#* } + 4)) ]
}
lab_wait 15 not_grown cycle-in "$before_in"
tap_result $? "with no more threads or descriptors in the sink" \
  "$before_in, then $(census cycle-in)"
lab_wait 15 not_grown cycle-out "$before_out"
tap_result $? "nor in the source" "$before_out, then $(census cycle-out)"
tell cycle-in quit
tell cycle-out quit
lab_wait 10 gone cycle-in && lab_wait 10 gone cycle-out
tap_result $? "and both end when told to"

# Two sinks and two sources in one pipeline.
wav=$media/speech-16000-1.wav
source="filesrc location=$wav ! wavparse ! audioconvert ! audioresample ! \
clocksync ! opusenc"
# shellcheck disable=SC2086
launch snd one-process --frames "in1.src=$work/p-in1.frames" \
  --frames "in2.src=$work/p-in2.frames" \
  --frames "out1.src=$work/p-out1.frames" \
  --frames "out2.src=$work/p-out2.frames" \
  $source ! identity name=in1 ! resilientwebrtcsink stream-name=p1 signaller-uri=$signaller \
  $source ! identity name=in2 ! resilientwebrtcsink stream-name=p2 signaller-uri=$signaller \
  resilientwebrtcsrc producer-name=p1 signaller-uri=$signaller ! audio/x-opus ! identity name=out1 ! fakesink async=false sync=false \
  resilientwebrtcsrc producer-name=p2 signaller-uri=$signaller ! audio/x-opus ! identity name=out2 ! fakesink async=false sync=false
lab_wait 60 gone one-process
tap_result $? "two sinks and two sources in one pipeline reach its end" \
  "$(autopsy one-process)"
for i in 1 2; do
  result=$(compare p-in$i p-out$i)
  tap_result $? "pair $i of one pipeline" "$result"
done

tap_done
