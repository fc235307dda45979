#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Recordings of a stream with holes, mutes, pauses, outages and a killed sender,
# as a Markdown table: whether each click is where it was made.
#
#   bash tests/bench/recordings.sh [MINUTES]              20
#
# One sink, three recorders of it: WAV, Ogg (of the source's raw output, encoded
# again: oggmux writes what follows a hole where the hole begins) and Matroska
# (the source's Opus). Each minute has all of these, with 4 s between them:
#
#   hole     the sender's input stops for 3 s (valve)
#   mute     3 s of silence
#   pause    the sender's pipeline is PAUSED for 3 s
#   outage   3 s without network at the receiver
#
# and each fifth minute has an outage of 20 s and a sender that is killed and
# started again 3 s later. Position: of a click in the recording, beside
# when it was captured.
cd "$(dirname "$0")/../system" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh
minutes=${1:-20}
if [ -z "${RW_LAB-}" ]; then
  bash ../media/prepare.sh "$build/media" || exit 1
  lab_run ../bench/recordings.sh "$minutes"
  exit
fi
lab_enter
lab_up
pair_setup || exit 1
trap pair_remove EXIT
raw=audio/x-raw,format=S16LE,rate=48000,channels=1
kinds='wav ogg mkv'
"$build/tests/bench/clicks" "$work/clicks.s16" || exit 1

sender_begin () {
  # shellcheck disable=SC2086
  launch snd in --append --clicks "in.src=$work/in.clicks" \
    multifilesrc location="$work/clicks.s16" loop=true ! \
    rawaudioparse use-sink-caps=false format=pcm pcm-format=s16le \
    sample-rate=48000 num-channels=1 ! audiobuffersplit \
    output-buffer-duration=1/50 ! clocksync ! valve name=valve ! \
    volume name=volume ! identity name=in ! opusenc ! \
    resilientwebrtcsink signaller-uri=$signaller stream-name=$stream
}

record () { # KIND ELEMENT...
  local kind=$1
  shift
  launch rcv "$kind" --frames "src.src=$work/$kind.frames" \
    resilientwebrtcsrc name=src signaller-uri=$signaller \
    producer-name=$stream ! "$@" ! filesink location="$work/out.$kind"
}

events_of_a_minute () { # MINUTE
  tell in set valve drop true; lab_pass 3
  tell in set valve drop false; lab_pass 4
  tell in set volume mute true; lab_pass 3
  tell in set volume mute false; lab_pass 4
  tell in pause; lab_pass 3
  tell in play; lab_pass 4
  lab_blackout rcv; lab_pass 3
  lab_heal; lab_pass 4
  [ $(($1 % 5)) = 0 ] || { lab_pass 32; return; }
  lab_blackout rcv; lab_pass 20
  lab_heal; lab_pass 5
  kill -9 "${pid_of[in]}"; lab_pass 3
  sender_begin; lab_pass 4
}

read_back () { # KIND ELEMENT...
  local kind=$1
  shift
  "$tap" --clicks "out.src=$work/$kind.clicks" filesrc \
    location="$work/out.$kind" ! "$@" ! audioconvert ! $raw ! \
    identity name=out ! fakesink >"$work/$kind.read" 2>&1 || {
    cat "$work/$kind.read" >&2
    return 1
  }
}

server_start || exit 1
sender_begin
record wav audioconvert ! $raw ! wavenc
record ogg audioconvert ! $raw ! opusenc ! oggmux
record mkv audio/x-opus ! opusparse ! matroskamux
for kind in $kinds; do
  lab_wait 30 has_frames $kind 50 || exit 1
done
lab_pass 5
for ((minute = 1; minute <= minutes; minute++)); do
  events_of_a_minute $minute
  echo "recordings.sh: $minute of $minutes minutes" >&2
done
lab_pass 5
for kind in $kinds; do tell $kind eos; done
for kind in $kinds; do lab_wait 20 gone $kind; done
read_back wav wavparse
read_back ogg oggdemux ! opusdec
read_back mkv matroskademux ! opusdec

status=0
echo "| recording of $minutes minutes | clicks made | present |" \
  'worst error of position, ms |'
echo '|---|---|---|---|'
for kind in $kinds; do
  result=$(awk -f ../bench/recordings.awk "$work/in.clicks" \
    "$work/$kind.clicks") || status=1
  read -r made present worst <<<"$result"
  echo "| $kind | $made | $present | $worst |"
done
if [ -n "${RW_KEEP-}" ]; then cp "$work"/*.clicks "$work"/*.bus "$RW_KEEP"; fi
exit $status
