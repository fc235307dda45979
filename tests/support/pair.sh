# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced after lab.sh: a sender on host snd, a receiver on host rcv and a
# signalling server on host sig, each a process of its own, recorded by rw-tap.
#
#   pair_setup             files under $work, speech, the server's program
#   server_start / server_kill
#   sender_start NAME [SINK-PROPERTY...]       also $speech or $speech_source,
#                                              $encoder, $stream
#   receiver_start NAME [SRC-PROPERTY...]      also $output, $stream and
#                                              $receiver_host
#   tell NAME COMMAND...   a command of rw-tap --control
#   frames NAME            how many have passed it so far
#   pair_end SENDER RECEIVER   EOS, and both gone
#
# NAME is a name of this script's; a sender's frames are recorded in
# $work/NAME.frames, its bus in $work/NAME.bus, its words in $work/NAME.log.
#
# transport=udp puts plain RTP over UDP where the elements would be. It loses
# what the network loses: with it the harness shows that it can see a loss.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${RW_BUILD:-$root/build}
tap=$build/tests/system/rw-tap
transport=${transport:-webrtc}
signaller=ws://10.0.3.2:8443
udp_caps=application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=96

# The rw-tap of a host with another system than this one, by host: a command.
declare -A other_tap
declare -A pid_of
own_pids=()

# Prints the parts of the project that the build lacks.
pair_missing () {
  local element
  for element in resilientwebrtcsink resilientwebrtcsrc; do
    GST_PLUGIN_PATH=$build/gst GST_REGISTRY=$build/tests/probe.bin \
      gst-inspect-1.0 --exists --atleast-version=0.0.1 $element || {
      echo "the plugin has no $element"
      return
    }
  done
  [ -x "$build/lib/server/resilient-signalling-server" ] ||
    echo 'no resilient-signalling-server was built'
}

pair_setup () {
  work=$(mktemp -d "$build/system.XXXXXX")
  media=$build/media
  bash "$root/tests/media/prepare.sh" "$media" || return 1
  speech=$media/long-48000-1.wav
  encoder=opusenc stream=studio output="fakesink sync=false async=false"
  export GST_PLUGIN_PATH=$build/gst GST_REGISTRY=$work/registry.bin
  # The element's log of its own decisions, for when a test has failed.
  export GST_DEBUG_NO_COLOR=1
  export GST_DEBUG=${GST_DEBUG-resilientwebrtc*:4}
  server=$build/lib/server/resilient-signalling-server
  # One look at all the plugins now, not one in each process at its start.
  gst-inspect-1.0 --exists opusenc
}

pair_remove () {
  pair_kill
  [ -n "${keep-}" ] && tap_note "kept: $work" || rm -rf "$work"
}

started () { # NAME PID
  pid_of[$1]=$2
  own_pids+=("$2")
}

pair_kill () {
  local pid
  for pid in "${own_pids[@]}"; do kill -9 "$pid" 2>/dev/null; done
  wait 2>/dev/null
  own_pids=()
  pid_of=()
}

running () { kill -0 "${pid_of[$1]}" 2>/dev/null; }
gone () { ! running "$1"; }

server_start () { # [OPTION...]
  # exec, so that the process known here is the server itself.
  (lab_exec sig "$server" --host 0.0.0.0 --port 8443 "$@" \
    >"$work/server.log" 2>&1) &
  started server $!
  lab_wait 10 lab_on sig bash -c 'exec 3<>/dev/tcp/127.0.0.1/8443' 2>/dev/null
}

server_kill () {
  kill -9 "${pid_of[server]}" 2>/dev/null
  wait "${pid_of[server]}" 2>/dev/null
}

# launch HOST NAME OPTION... PIPELINE...
launch () {
  local host=$1 name=$2 program=("$tap")
  shift 2
  [ -z "${other_tap[$host]-}" ] || read -ra program <<<"${other_tap[$host]}"
  rm -f "$work/$name.control"
  mkfifo "$work/$name.control"
  # Open both ways: neither end waits for the other or sees an end of file.
  (lab_exec "$host" "${program[@]}" --control --bus "$work/$name.bus" "$@" \
    <>"$work/$name.control" >"$work/$name.log" 2>&1) &
  started "$name" $!
}

tell () { # NAME COMMAND...
  local name=$1
  shift
  # Both ways, as there may be nobody any more to read it.
  echo "$*" 1<>"$work/$name.control"
}

sender_start () { # NAME [SINK-PROPERTY...]
  local name=$1 sink
  shift
  case $transport in
    webrtc) sink="resilientwebrtcsink name=sink signaller-uri=$signaller \
stream-name=$stream $*" ;;
    udp) sink="rtpopuspay ! udpsink host=$(lab_address rcv) port=5004" ;;
  esac
  # shellcheck disable=SC2086
  launch snd "$name" --frames "in.src=$work/$name.frames" \
    ${speech_source:-filesrc location=$speech ! wavparse} ! audioconvert ! audioresample ! \
    clocksync ! $encoder ! identity name=in ! tee name=t \
    t. ! queue ! $sink \
    t. ! queue ! gdppay ! filesink location="$work/$name.gdp" async=false
}

receiver_start () { # NAME [SRC-PROPERTY...]
  local name=$1 src
  shift
  case $transport in
    webrtc) src="resilientwebrtcsrc name=src signaller-uri=$signaller \
producer-name=$stream $*" ;;
    udp) src="udpsrc port=5004 caps=$udp_caps ! rtpjitterbuffer ! rtpopusdepay" ;;
  esac
  # shellcheck disable=SC2086
  launch "${receiver_host:-rcv}" "$name" --frames "out.src=$work/$name.frames" \
    --frames "dec.src=$work/$name.samples" \
    $src ! audio/x-opus ! identity name=out ! opusdec name=dec ! $output
}

frames () {
  local n
  n=$(grep -c '^F' "$work/$1.frames" 2>/dev/null)
  echo "${n:-0}"
}

has_frames () { [ "$(frames "$1")" -ge "$2" ]; }

# How far the receiver is behind the sender, in frames that both have seen.
last_sum () { awk '$1 == "F" { s = $6 } END { print s }' "$work/$1.frames"; }
caught_up () { # SENDER RECEIVER
  local sum
  sum=$(last_sum "$2")
  [ -n "$sum" ] && tail -n 12 "$work/$1.frames" | grep -q " $sum "
}

# EOS at the sender must end both, with everything delivered.
pair_end () { # SENDER RECEIVER [SECONDS]
  tell "$1" eos
  if [ $transport = udp ]; then
    lab_wait 5 gone "$1"
    kill -INT "${pid_of[$2]}"
  fi
  lab_wait "${3:-40}" gone "$1" || return 1
  lab_wait 10 gone "$2"
}

# Compares the output with the input, from the first frame that came.
compare () { # SENDER RECEIVER [AWK-OPTION...]
  local sender=$1 receiver=$2
  shift 2
  awk -v head=any "$@" -f "$here/compare.awk" \
    "$work/$sender.frames" "$work/$receiver.frames"
}

# Decodes what was sent as the receiver's caps say, from its first frame on:
# the samples must be those that the receiver decoded.
compare_samples () { # SENDER RECEIVER
  local head caps
  head=$(compare "$1" "$2" | sed 's/.*head=\([0-9]*\).*/\1/')
  caps=$(sed -n 's/^E [0-9]* caps //p' "$work/$2.frames" | head -1)
  "$tap" --skip "skip.sink=$head" --frames "dec.src=$work/$2.reference" \
    filesrc location="$work/$1.gdp" ! gdpdepay ! \
    capssetter replace=true caps="$caps" ! identity name=skip ! \
    opusdec name=dec ! fakesink >"$work/$2.reference-log" 2>&1 || {
    tap_indent <"$work/$2.reference-log"
    return 1
  }
  awk -f "$here/samples.awk" "$work/$2.reference" "$work/$2.samples"
}
