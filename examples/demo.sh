#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Recorded speech goes from resilientwebrtcsink to resilientwebrtcsrc over real
# WebRTC while the network between them is broken again and again; then what
# came out is compared with what went in.
#
#   bash examples/demo.sh            installs what is missing, builds, plays
#   bash examples/demo.sh --quick    one outage only
#
# The sender, the receiver and the signalling server are processes on three
# hosts: network namespaces with a router between them, where the outages are
# made. Needs no root where user namespaces are allowed; where they are not,
# it is one host, and the elements cut themselves off (simulate-outage).
# Leaves examples/out/received.wav and examples/out/timeline.svg.
cd "$(dirname "$0")" || exit 1
. ../tests/support/tap.sh
. ../tests/support/lab.sh
. ../tests/support/pair.sh

if [ -z "${RW_LAB-}" ]; then
  # Without the programs of net it is one host.
  bash "$root/tests/deps.sh" build run speech net ||
    bash "$root/tests/deps.sh" --check build run speech >/dev/null 2>&1 || exit 1
  echo "Building in $build (a minute or two the first time) ..."
  log=$(mktemp)
  { [ -f "$build/build.ninja" ] || meson setup "$build" "$root"; } >"$log" 2>&1 &&
    ninja -C "$build" gst/libgstresilientwebrtc.so tests/system/rw-tap \
      lib/server/resilient-signalling-server >>"$log" 2>&1 || {
    tail -n 30 "$log"
    rm "$log"
    exit 1
  }
  rm "$log"
  bash "$root/tests/media/prepare.sh" "$build/media" || exit 1
fi

lab=yes
if [ -n "${RW_LAB-}" ] || [ -z "$(lab_missing)" ]; then
  lab_enter "$@"
  lab_up
else
  lab=no
  echo "One host, simulated outages: $(lab_missing)"
  lab_exec () { shift; exec "$@"; }
fi
pair_setup || exit 1
trap pair_remove EXIT
out_dir=$root/examples/out
mkdir -p "$out_dir"
output="audioconvert ! audioresample ! audio/x-raw,format=S16LE,channels=1 ! \
wavenc ! filesink location=$work/received.wav"
speech=$media/long-48000-1.wav
frame_s=0.02

outages=7
[ "${1-}" != --quick ] || outages=1

# A line that stays, also where the next one is rewritten.
announce () { # TEXT
  [ ! -t 1 ] || printf '\r%-125s\r' ''
  echo "$1"
}

# Makes a cut, and names it on the screen.
network=up
declare -A what=(
  [blackout]='no packets to or from the source for'
  ['to source']='no packets from the sink to the source for'
  ['to sink']='no packets from the source to the sink for'
  [unplugged]="the source's network interface is down for"
  ['new address']="the source's host gets another address")
cut () { # SECONDS KIND
  echo "$(lab_now) $1 $2" >>"$work/plan"
  [ $lab = yes ] || set -- "$1" blackout
  announce "Outage $(wc -l <"$work/plan") of $outages: ${what[$2]/%for/for $1 s}"
  network="CUT ($2)"
  if [ $lab = no ]; then
    network='CUT (simulated)'
    tell out emit src simulate-outage both "$(awk -v s="$1" 'BEGIN { print s * 1000 }')"
    watch_for "$1"
  else
    case $2 in
      blackout) lab_blackout rcv; watch_for "$1"; lab_heal ;;
      'to source') lab_cut snd rcv; watch_for "$1"; lab_heal ;;
      'to sink') lab_cut rcv snd; watch_for "$1"; lab_heal ;;
      unplugged) lab_link_down rcv; watch_for "$1"; lab_link_up rcv ;;
      'new address') lab_readdress rcv 77 ;;
    esac
  fi
  network=up
  echo "$(lab_now)" >>"$work/healed"
}

state () { # NAME
  local state
  state=$(grep -o '"state":"[a-z]*"' "$work/$1.bus" 2>/dev/null | tail -n 1)
  state=${state#*:\"}
  echo "${state%\"}"
}

# One line on a terminal, rewritten; on anything else a line a second.
show () {
  local sent received behind bar
  sent=$(frames in) received=$(frames out)
  behind=$((sent - received - missed))
  [ $behind -gt 0 ] || behind=0
  printf -v bar '%*s' $((behind / 20 > 30 ? 30 : behind / 20)) ''
  printf -v line '%5.1f s  network %-17s sink %-12s source %-12s behind %4.1f s %s' \
    "$(awk -v n="$sent" -v f=$frame_s 'BEGIN { print n * f }')" \
    "$network" "$(state in)" "$(state out)" \
    "$(awk -v n=$behind -v f=$frame_s 'BEGIN { print n * f }')" "${bar// /#}"
  if [ -t 1 ]; then
    printf '\r%-125s' "$line"
  elif [ "${second-}" != $SECONDS ]; then
    second=$SECONDS
    echo "$line"
  fi
}

watch_for () { # SECONDS
  local end=$((${EPOCHREALTIME/./} + $(awk -v s="$1" 'BEGIN { print s * 1000000 }')))
  while [ "${EPOCHREALTIME/./}" -lt "$end" ]; do
    show
    sleep 0.1
  done
}

missed=0
if [ $lab = yes ]; then
  server_start || { cat "$work/server.log"; exit 1; }
else
  # The sink runs the embedded server, below the ports that the kernel gives to
  # others.
  port=$((20000 + RANDOM % 12000))
  signaller=ws://127.0.0.1:$port
fi
receiver_start out
if [ $lab = yes ]; then sender_start in; else
  sender_start in run-signalling-server=true \
    signalling-server-host=127.0.0.1 signalling-server-port=$port
fi
lab_wait 30 has_frames out 1 || {
  echo 'No audio came through:'
  tail -n 5 "$work/in.log" "$work/out.log"
  exit 1
}
# Frames from before the connection do not count as backlog.
first=$(awk '$1 == "F" { print $6; exit }' "$work/out.frames")
missed=$(awk -v sum="$first" '$1 == "F" { if ($6 == sum) exit; n++ }
  END { print n + 0 }' "$work/in.frames")
: >"$work/plan"; : >"$work/healed"
echo "Speech from sink to source over WebRTC, and $([ $outages = 1 ] && echo 'an outage' ||
  echo "$outages outages in a minute")." \
  "'behind' is the audio that the source still lacks."
watch_for 3
cut 3 blackout; watch_for 4
if [ $outages != 1 ]; then
  cut 0.5 blackout; watch_for 2
  cut 4 'to source'; watch_for 4
  cut 4 'to sink'; watch_for 4
  cut 3 unplugged; watch_for 4
  cut 1 'new address'; watch_for 4
  cut 10 blackout; watch_for 6
fi
tell in eos
ended=yes
lab_wait 40 gone in && lab_wait 10 gone out || ended=no
show
echo
result=$(compare in out)
status=$?
field () { sed "s/.* $1=\([0-9]*\).*/\1/" <<<" $result"; }
samples=$(compare_samples in out) || status=1
[ $ended = yes ] || status=1
cp "$work/received.wav" "$out_dir/" 2>/dev/null
awk -f timeline.awk "$work/in.frames" "$work/out.frames" "$work/out.bus" \
  <(paste -d ' ' "$work/healed" "$work/plan") >"$out_dir/timeline.svg"
cat <<END

Outages            $(wc -l <"$work/plan")
Frames sent        $(($(field sent) - $(field head)))  (from the first that was received on)
Frames received    $(field received)
Frames lost        $(field lost)
Duplicated         $(field duplicated)
Out of order       $(field reordered)
Decoded audio      $([ "${samples##*different=}" = 0 ] && echo 'bit for bit the reference' || echo "differs ($samples)")
Ended together     $ended

Received audio     examples/out/received.wav
Timeline           examples/out/timeline.svg
END
exit $status
