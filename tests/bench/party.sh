#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A party line of six members (resilientwebrtcroom), from mouth to ear, beside a
# plain webrtcbin pair at the same time and over the same namespaces, as a
# Markdown table:
#
#   bash tests/bench/party.sh                             two minutes
#
# Two members send clicks, each to an ear that has muted the other; the rest
# send silence. `steady` is a member with a good link all the time; the link of
# `shaky`, and of the plain pair, delays each packet by 0 to 300 ms for a while.
# Delays are those of delay.sh: from the click at the sender's input until it is
# due at a synchronized sink. Opus at its defaults (20 ms); the line at its
# defaults, the plain pair with latency=40.
cd "$(dirname "$0")/../system" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh
if [ -z "${RW_LAB-}" ]; then
  bash ../media/prepare.sh "$build/media" || exit 1
  lab_run ../bench/party.sh "$@"
  exit
fi
lab_enter
lab_up
pair_setup || exit 1
trap pair_remove EXIT
raw=audio/x-raw,format=S16LE,rate=48000,channels=1
"$build/tests/bench/clicks" "$work/clicks.s16" || exit 1
clicks="multifilesrc location=$work/clicks.s16 loop=true ! \
rawaudioparse use-sink-caps=false format=pcm pcm-format=s16le \
sample-rate=48000 num-channels=1 ! audiobuffersplit \
output-buffer-duration=1/50 ! clocksync name=in"
silence="audiotestsrc is-live=true wave=silence samplesperbuffer=960 ! $raw"
played="$raw ! fakesink name=out sync=true async=false"
room="resilientwebrtcroom room=stage signaller-uri=$signaller"

mouth () { # NAME HOST
  # shellcheck disable=SC2086
  launch "$2" "$1" --clicks "in.src=$work/$1.in" $clicks ! $room member="$1" ! \
    fakesink sync=true async=false
}

ear () { # NAME MUTED
  # shellcheck disable=SC2086
  launch rcv "$1" --clicks "out.sink=$work/$1.out" $silence ! $room \
    member="$1" "$2::mute=true" ! $played
}

quiet () { # NAME
  # shellcheck disable=SC2086
  launch rcv "$1" $silence ! $room member="$1" ! fakesink sync=true async=false
}

# Restarts a program whenever it ends, on a host.
supervise () { # HOST COMMAND...
  local host=$1
  shift
  while :; do
    ip netns exec "$host" "$@" &
    trap "kill $! 2>/dev/null; exit" TERM
    wait $!
    lab_pass 0.2
  done >/dev/null 2>&1 &
  supervisors+=($!)
}

plain_start () {
  # shellcheck disable=SC2086
  launch snd plain-in --clicks "in.src=$work/plain.in" $clicks ! opusenc ! \
    rtpopuspay pt=96 ! udpsink host=127.0.0.1 port=7801
  supervise snd "$build/tests/bench/plain" send 7801 7802
  supervise rcv "$build/tests/bench/plain" receive 10.0.1.2 7802 \
    "$work/plain.frames" 10000 40 "$work/plain.out"
}

has_clicks () { # N: at every ear
  local ear n
  for ear in steady-ear shaky-ear plain; do
    { n=$(wc -l <"$work/$ear.out"); } 2>/dev/null
    [ "${n:-0}" -ge "$1" ] || return 1
  done
}

figures () { # FROM TO IN OUT
  local median worst heard made
  read -r median worst heard made < <(awk -v from="$1" -v to="$2" \
    -f ../bench/delay.awk "$work/$3.in" "$work/$4.out")
  echo "$median / $worst$([ "$heard" = "$made" ] || echo " ($heard of $made)")"
}

row () { # NAME SECONDS
  local from to
  from=$(lab_now)
  lab_pass "$2"
  to=$(lab_now)
  # What was made last has the time to be heard.
  lab_pass 2
  echo "| $1 | $(figures "$from" "$to" steady steady-ear) |" \
    "$(figures "$from" "$to" shaky shaky-ear) |" \
    "$(figures "$from" "$to" plain plain) |"
}

supervisors=()
server_start || exit 1
mouth steady sig
mouth shaky snd
ear steady-ear shaky
ear shaky-ear steady
quiet third
quiet fourth
plain_start
lab_wait 40 has_clicks 4 || echo 'party.sh: not all is heard' >&2
lab_pass 5
echo '| click in to click out, ms: median / worst (heard of made) | steady |' \
  'shaky | plain |'
echo '|---|---|---|---|'
row 'at rest' 20
lab_jitter 300
lab_pass 5
row "shaky's packets late by 0 to 300 ms" 20
lab_jitter 0
lab_pass 2
row '2 s after that' 10
kill "${supervisors[@]}" 2>/dev/null
pair_kill
