#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Other people's programs as ordinary peers, each as the listener of our sink
# and as the speaker to our source, with the network of the peer cut for 3 s and
# for 15 s: the media and the signalling of both.
#
#   bash tests/bench/interoperability.sh [PEER...]      prints a Markdown table
#   RW_OUTAGES='3 15' ...                               seconds, another list
#
# Peers: chromium firefox werift wrtc node-datachannel aiortc webrtcbin. Each is
# an adapter in peers/, which prints what it hears (peers/report.mjs says how).
# A peer that cannot be installed here is a line of the table, no error. Seven
# peers take about ten minutes. What was recorded stays in
# build/bench/interoperability/.
cd "$(dirname "$0")/../system" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh
. ../bench/peers/install.sh
peers=$here/../bench/peers
modules=$build/interoperability
script=../bench/interoperability.sh
results=$build/bench/interoperability
outages=${RW_OUTAGES:-3 15}
python=/usr/bin/python3
rtp_port=5006

# ---- The adapters: how each is installed, started and called ----

# Nothing where the peer is not installed.
peer_version () { # PEER
  case $1 in
    chromium) chromium --version 2>/dev/null | grep -o '[0-9.]\{3,\}' | head -1 ;;
    firefox) firefox-esr --version 2>/dev/null | grep -o '[0-9.]\{3,\}[a-z]*' ;;
    wrtc) package_version @roamhq/wrtc ;;
    werift | node-datachannel) package_version "$1" ;;
    aiortc) $python -c 'import aiortc, websockets
print(aiortc.__version__)' 2>/dev/null ;;
    webrtcbin) $python -c 'import gi, websockets
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst
Gst.init(None)
print("GStreamer", "%d.%d.%d" % Gst.version()[:3])' 2>/dev/null ;;
  esac
}

peer_title () { # PEER
  case $1 in
    chromium) echo Chromium ;;
    firefox) echo Firefox ;;
    wrtc) echo @roamhq/wrtc ;;
    *) echo "$1" ;;
  esac
}

peer_exec () { # PEER ROLE NAME
  case $1 in
    chromium | firefox)
      RW_FIREFOX=$(readlink -f "$(command -v firefox-esr)") \
      RW_NODE_MODULES=$build/browser/node_modules \
        lab_exec rcv node "$peers/browser.mjs" "$1" "$2" $signaller "$3" ;;
    aiortc | webrtcbin)
      lab_exec rcv $python "$peers/$1_peer.py" "$2" $signaller "$3" ;;
    *) lab_exec rcv node "$build/interoperability/peers/$1.mjs" "$2" \
      $signaller "$3" $rtp_port ;;
  esac
}

peer_start () { # PEER ROLE NAME
  (peer_exec "$@" >"$work/$2.out" 2>"$work/$2.err") &
  started "$2" $!
}

# ---- One peer, in a lab of its own ----

start_all () { # PEER
  server_start || return 1
  launch snd sink audiotestsrc is-live=true freq=440 volume=0.178 ! \
    audio/x-raw,rate=48000,channels=1 ! \
    resilientwebrtcsink signaller-uri=$signaller stream-name=tone
  launch snd source --frames "out.src=$work/source.frames" \
    resilientwebrtcsrc signaller-uri=$signaller producer-name=peer ! \
    audio/x-opus ! identity name=out ! opusdec ! audioconvert ! \
    level interval=50000000 ! fakesink sync=false async=false
  case $1 in
    werift | node-datachannel)
      launch rcv rtp audiotestsrc is-live=true freq=440 volume=0.178 ! \
        audio/x-raw,rate=48000,channels=1 ! opusenc ! \
        rtpopuspay pt="$(rtp_payload_type "$1")" ssrc=42 ! \
        udpsink host=127.0.0.1 port=$rtp_port ;;
  esac
  # One after the other, as two browsers that start at once are slow.
  peer_start "$1" listen tone
  lab_wait 60 test -s "$work/listen.out"
  peer_start "$1" speak peer
}

rtp_payload_type () { [ "$1" = werift ] && echo 96 || echo 111; }

# The last half second at the receiver: packets, and a tone.
listener_hears () {
  tail -n 10 "$work/listen.out" | awk '$1 == "A" {
    if (n++ == 0) first = $3
    last = $3
    level = $4
  } END { exit !(last - first >= 5 && level > -30) }'
}

source_hears () {
  local sum from=$(($(lab_now) - 500000))
  sum=$(tail -n 30 "$work/source.frames" 2>/dev/null |
    awk -v from=$from '$1 == "F" && $2 > from' | wc -l)
  [ "$sum" -ge 10 ]
}

both_hear () { listener_hears && source_hears; }

outage () { # SECONDS
  local cut
  cut=$(lab_now)
  lab_blackout rcv
  lab_pass "$1"
  echo "$cut $(lab_now) $1" >>"$work/outages"
  lab_heal
  # As long as an ICE agent takes to give up, and a new session to begin.
  lab_wait 60 both_hear
  lab_pass 6
}

measure_peer () { # PEER
  local seconds
  [ "$1" != chromium ] || export RW_SPEECH=$media/tone.wav
  [ -e "$media/tone.wav" ] || gst-launch-1.0 -q audiotestsrc num-buffers=500 \
    freq=440 volume=0.178 samplesperbuffer=960 ! \
    audio/x-raw,format=S16LE,rate=48000,channels=1 ! wavenc ! \
    filesink location="$media/tone.wav"
  start_all "$1" || return 1
  lab_wait 60 both_hear || echo "$1: no audio before the outages" >&2
  lab_pass 4
  for seconds in $outages; do outage "$seconds"; done
  echo "$(lab_now) - end" >>"$work/outages"
  kill "${pid_of[listen]}" "${pid_of[speak]}"
  lab_wait 5 gone listen
  lab_wait 5 gone speak
  cp "$work"/{listen,speak}.{out,err} "$work"/*.{frames,bus,log} \
    "$work/outages" "$RW_RESULTS"
}

# ---- The table ----

table_head () {
  local seconds
  printf '| peer | role | connects, ms | packets/s, dB '
  for seconds in $outages; do
    printf '| %s s: in it | again after, s | session | on our bus ' "$seconds"
  done
  echo '|'
  printf '|---|---|---|---'
  for seconds in $outages; do printf '|---|---|---|---'; done
  echo '|'
}

table_rows () { # PEER VERSION
  local folder=$results/$1
  awk -f ../bench/interoperability.awk -v title="$(peer_title "$1") $2" \
    -v role=listener "$folder/outages" "$folder/sink.bus" "$folder/listen.out"
  awk -f ../bench/interoperability.awk -v title="$(peer_title "$1") $2" \
    -v role=speaker "$folder/outages" "$folder/source.bus" "$folder/speak.out" \
    "$folder/source.frames"
}

if [ -n "${RW_LAB-}" ]; then
  lab_enter
  lab_up
  pair_setup || exit 1
  trap pair_remove EXIT
  export XDG_RUNTIME_DIR=$work HOME=$work
  measure_peer "$1"
  exit
fi

bash ../media/prepare.sh "$build/media" || exit 1
packages_install "$peers" "$modules" ||
  echo 'interoperability.sh: npm ci failed' >&2
packages_install "$here/../browser" "$build/browser" ||
  echo 'interoperability.sh: npm ci failed' >&2
[ $# -gt 0 ] ||
  set -- chromium firefox werift wrtc node-datachannel aiortc webrtcbin
table_head
for peer in "$@"; do
  version=$(peer_version "$peer")
  if [ -z "$version" ]; then
    echo "| $(peer_title "$peer") | not installed |"
    continue
  fi
  rm -rf "${results:?}/$peer"
  mkdir -p "$results/$peer"
  RW_RESULTS=$results/$peer lab_run $script "$peer" >&2
  table_rows "$peer" "$version"
done
