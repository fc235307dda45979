#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Lays recorded human speech out as WAV files for the tests, the benchmarks
# and the demo:
#
#   bash tests/media/prepare.sh DIR
#
# DIR/speech-RATE-CHANNELS.wav for 8, 16, 24 and 48 kHz, mono and stereo (10 s
# each), DIR/long-48000-1.wav (two minutes). The recordings (48 kHz) are those
# of alsa-utils; the two channels of stereo say different words, so that a
# swapped or mixed channel shows. A noise 70 dB below full scale is in all of it,
# so that no frame is equal to another, not even where nobody speaks or where a
# recording is repeated. Files that exist are kept.
set -eu
dir=${1:?usage: prepare.sh DIR}
alsa=/usr/share/sounds/alsa
if [ ! -f $alsa/Front_Center.wav ]; then
  echo "prepare.sh: $alsa has no recordings: bash tests/deps.sh speech" >&2
  exit 1
fi
mkdir -p "$dir"
work=$(mktemp -d "$dir/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT

launch () {
  gst-launch-1.0 -q "$@" >"$work/log" 2>&1 || {
    echo "prepare.sh: gst-launch-1.0 $*" >&2
    cat "$work/log" >&2
    exit 1
  }
}

# S16LE at RATE, mono, without a header: pieces can then be joined and cut by
# cat and head.
raw () { # IN RATE OUT
  launch filesrc location="$1" ! wavparse ! audioconvert ! audioresample ! \
    "audio/x-raw,format=S16LE,rate=$2,channels=1" ! filesink location="$3"
}

# Repeats a file until it holds so many bytes, and adds the noise.
fill () { # IN BYTES OUT
  local parse
  parse=$(parse 48000)
  while [ "$(stat -c %s "$work/fill" 2>/dev/null || echo 0)" -lt "$2" ]; do
    cat "$1" >>"$work/fill"
  done
  truncate -s "$2" "$work/fill"
  head -c "$2" /dev/urandom >"$work/noise"
  # shellcheck disable=SC2086
  launch audiomixer name=m ! audio/x-raw,format=S16LE ! \
    filesink location="$3" \
    filesrc location="$work/fill" ! $parse ! m. \
    filesrc location="$work/noise" ! $parse ! volume volume=0.0005 ! m.
  rm "$work/fill" "$work/noise"
}

parse () { # RATE
  echo "rawaudioparse use-sink-caps=false format=pcm pcm-format=s16le \
sample-rate=$1 num-channels=1"
}

wav () { # OUT RATE LEFT [RIGHT]
  local as parse out=$1
  parse=$(parse "$2")
  # The caps that tell interleave which channel an input becomes.
  as='capssetter caps=audio/x-raw,channel-mask=(bitmask)'
  # shellcheck disable=SC2086
  if [ $# = 3 ]; then
    launch filesrc location="$3" ! $parse ! wavenc ! \
      filesink location="$work/out.wav"
  else
    launch interleave name=i ! wavenc ! filesink location="$work/out.wav" \
      filesrc location="$3" ! $parse ! ${as}0x1 ! i. \
      filesrc location="$4" ! $parse ! ${as}0x2 ! i.
  fi
  # Another run beside this one never sees half a file.
  mv "$work/out.wav" "$out"
}

join () { # RATE OUT NAME...
  local rate=$1 out=$2 name
  shift 2
  for name in "$@"; do
    raw "$alsa/$name.wav" "$rate" "$work/piece"
    cat "$work/piece" >>"$out"
  done
}

voices () { # RATE: $work/a and $work/b, joined pieces
  join "$1" "$work/a" Front_Center Front_Left Rear_Right Side_Left
  join "$1" "$work/b" Rear_Center Side_Right Front_Right Rear_Left
}

# Recordings of an earlier time have no noise.
[ -f "$dir/noise" ] || rm -f "$dir"/speech-*.wav "$dir"/long-*.wav
: >"$dir/noise"

for rate in 8000 16000 24000 48000; do
  mono=$dir/speech-$rate-1.wav stereo=$dir/speech-$rate-2.wav
  [ -f "$mono" ] && [ -f "$stereo" ] && continue
  rm -f "$work"/[ab]
  voices $rate
  fill "$work/a" $((rate * 2 * 10)) "$work/left"
  fill "$work/b" $((rate * 2 * 10)) "$work/right"
  wav "$mono" $rate "$work/left"
  wav "$stereo" $rate "$work/left" "$work/right"
done

long=$dir/long-48000-1.wav
if [ ! -f "$long" ]; then
  rm -f "$work"/[ab]
  voices 48000
  cat "$work/a" "$work/b" >"$work/both"
  fill "$work/both" $((48000 * 2 * 120)) "$work/left"
  wav "$long" 48000 "$work/left"
fi
