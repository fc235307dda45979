#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The fault matrix: recorded speech through a broken network, compared frame by
# frame and sample by sample.
#
#   bash tests/system/faults.sh              every row
#   bash tests/system/faults.sh ROW...       these rows
#   bash tests/system/faults.sh --some       the few of every test run
#   bash tests/system/faults.sh --list
#
# One line a row, as TAP: the outages' length, frames lost, duplicated and
# reordered, the worst detection, return and catch-up times, and how old a frame
# was before, 5 s after and at the worst in between (timing.awk); with --some
# a second after. RW_AFTER is the number of frames that a row goes on for. keep=yes
# keeps the records; RW_SEED repeats a row of chaos.
cd "$(dirname "$0")" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh
. ./attacks.sh

# row | what breaks | the arguments of fault_KIND, here or in attacks.sh
table='
blackout-0.2|blackout 0.2
blackout-1|blackout 1
blackout-3|blackout 3
blackout-8|blackout 8
blackout-20|blackout 20
blackout-45|blackout 45
one-way-down-5|one_way snd rcv 5
one-way-up-5|one_way rcv snd 5
link-down-5|link_down rcv 5
sender-link-down-5|link_down snd 5
receiver-address|readdress rcv
sender-address|readdress snd
nat-rebinding|nat snd
loss-1|loss 1 60
loss-5|loss 5 60
loss-20|loss 20 60
slow-64|slow 64 20
receiver-stopped-5|stopped out 5
sender-stopped-5|stopped in 5
sender-stopped-past-grace|stopped_past_grace in
receiver-stopped-past-grace|stopped_past_grace out
all-stopped-8|all_stopped 8
receiver-killed|receiver_killed
killed-during-repair|receiver_killed 8
sender-killed|sender_killed
signalling-killed|signalling_killed 8
during-connect|during_connect 3
during-repair|during_repair
during-eos|during_eos 5
ten-in-a-row|ten
flaps|flaps 20
one-way-in-turns|turns 5
loss-50|loss 50 10
slow-16|slow 16 20
narrow-1280|narrow 1280
narrow-600|narrow 600
reordered|reorder 10
without-signalling|unsignalled 8
signalling-first|signalling_first
sender-stopped-20|stopped in 20
receiver-stopped-20|stopped out 20
sender-paused|paused in
receiver-paused|paused out
sender-paused-across|paused_across in
receiver-paused-across|paused_across out
nat-each-second|nat_often 10
brief-returns|brief_returns
moved-in-blackout|moved_in_blackout rcv
both-moved-in-blackout|moved_in_blackout rcv snd
receiver-moves|moves rcv 10
sender-moves|moves snd 10
beside-another|beside_another 75
blocked-downstream|blocked 10
chaos|chaos 40
'
# A minute of loss, the long blackouts and the rest are for the full run.
some='blackout-1 blackout-8 one-way-down-5 one-way-up-5 receiver-address
sender-address nat-rebinding receiver-stopped-5 receiver-killed
sender-killed signalling-killed during-connect during-repair during-eos ten-in-a-row
brief-returns reordered'

rows () { sed -n 's/^\([^|]*\)|.*/\1/p' <<<"$table" | grep .; }

flow () { # N more frames out of the receiver
  lab_wait 30 has_frames out $(($(frames out) + $1))
}

cut_at () { cut=$(lab_now); }
heal_at () { echo "$cut $(lab_now)" >>"$work/outages"; }

fault_blackout () { # SECONDS
  cut_at; lab_blackout rcv; lab_pass "$1"; heal_at; lab_heal
}
fault_one_way () { # FROM TO SECONDS
  cut_at; lab_cut "$1" "$2"; lab_pass "$3"; heal_at; lab_heal
}
fault_link_down () { # HOST SECONDS
  cut_at; lab_link_down "$1"; lab_pass "$2"; heal_at; lab_link_up "$1"
}
fault_readdress () { # HOST
  cut_at; lab_readdress "$1" 77; heal_at
}
# Packets that passed while the NAT was told to forget prove nothing.
fault_nat () { lab_nat "$1"; cut_at; heal_at; }
fault_loss () { # PERCENT SECONDS
  cut_at; lab_loss "$1"; lab_pass "$2"; heal_at; lab_loss 0
}
fault_slow () { # KBIT SECONDS
  cut_at; lab_slow rcv "$1" 2000; lab_pass "$2"; heal_at; lab_fast rcv
}
fault_stopped () { # NAME SECONDS
  cut_at; kill -STOP "${pid_of[$1]}"; lab_pass "$2"
  heal_at; kill -CONT "${pid_of[$1]}"
}
# For longer than the server keeps a client that is away.
fault_stopped_past_grace () { fault_stopped "$1" 6; }
# As when the one machine that all run on is suspended.
fault_all_stopped () { # SECONDS
  local name
  cut_at
  for name in in out server; do kill -STOP "${pid_of[$name]}"; done
  lab_pass "$1"; heal_at
  for name in server out in; do kill -CONT "${pid_of[$name]}"; done
}
fault_receiver_killed () { # [SECONDS]: while that long an outage is repaired
  [ -z "${1-}" ] || {
    lab_blackout rcv; lab_pass "$1"; lab_heal
    lab_wait 20 has_frames out $(($(frames out) + 40))
  }
  cut_at
  kill -9 "${pid_of[out]}"
  wait "${pid_of[out]}" 2>/dev/null
  mv "$work/out.frames" "$work/first.frames"
  lab_pass 3
  heal_at
  receiver_start out consumer-id=the-same
  flow 10
}
# In a blackout, so that there is something that dies with it.
fault_sender_killed () {
  cut_at; lab_blackout rcv; lab_pass 2
  kill -9 "${pid_of[in]}"
  wait "${pid_of[in]}" 2>/dev/null
  mv "$work/in.frames" "$work/former.frames"
  lab_pass 1
  heal_at; lab_heal
  sender_start in
  lab_wait 60 has_streams 2 && flow 50
}
fault_signalling_killed () { # SECONDS
  cut_at; lab_blackout rcv; lab_pass 2
  server_kill; lab_pass 2
  server_start; lab_pass $(($1 - 4)); heal_at; lab_heal
}
fault_during_connect () { :; } # see start_pair
fault_during_repair () {
  cut_at; lab_blackout rcv; lab_pass 8; heal_at; lab_heal
  # The repair of eight seconds is well on its way, and not over.
  lab_wait 20 has_frames out $(($(frames out) + 40))
  cut_at; lab_blackout rcv; lab_pass 3; heal_at; lab_heal
}
fault_during_eos () { # SECONDS
  cut_at; lab_blackout rcv; lab_pass 1
  tell in eos
  lab_pass $(($1 - 1)); heal_at; lab_heal
}
fault_ten () {
  local i
  for i in {1..10}; do
    cut_at; lab_blackout rcv; lab_pass 1; heal_at; lab_heal; lab_pass 0.5
  done
}

start_pair () { # KIND
  local grace=
  case $1 in nat*) lab_nat snd ;; esac
  [ "$1" = blocked ] && output="identity name=hold ! $output"
  [ "$1" = stopped_past_grace ] && grace=2000
  [ $transport = udp ] || server_start ${grace:+--grace $grace} || return 1
  sender_start in
  if [ "$1" = during_connect ]; then
    lab_wait 20 has_frames in 50
    receiver_start out
    # In the middle: it has asked for the session, and has no audio.
    lab_wait 20 grep -q '"state":"connecting"' "$work/out.bus" 2>/dev/null
    cut_at; lab_blackout rcv; lab_pass 3; heal_at; lab_heal
  elif [ "$1" = receiver_killed ]; then
    receiver_start out consumer-id=the-same
  else
    receiver_start out
  fi
  lab_wait 40 has_frames out 100
}

settle () { # KIND: until what was missed is there, and a second more
  [ "$1" = during_eos ] && return
  lab_wait 60 caught_up in out && flow "$RW_AFTER"
}

field () { sed "s/.* $1=\([0-9]*\).*/\1/" <<<" $result"; }

# One life of the receiver after another. Frames that the first had taken and
# not yet acknowledged come again, and are no loss: a frame is known by its
# capture time, and its second coming counted apart.
join_lives () {
  cat "$work/first.frames" "$work/out.frames" | awk '
    $1 == "F" && $7 in seen { next }
    $1 == "F" { seen[$7]; print $1, $2, 0, $4, $5, $6, $7 }' >"$work/all.frames"
  dup=$(($(grep -c ^F "$work/first.frames") + $(frames out) -
    $(grep -c ^F "$work/all.frames")))
  mv "$work/all.frames" "$work/out.frames"
}

has_streams () { # N
  [ "$(grep -c resilient-webrtc-stream "$work/out.bus")" -ge "$1" ]
}
events () { grep -c "^E [0-9]* $1\b" "$work/out.frames"; } # NAME

# One life of the sender after another, on one pad without an end in between.
# The second one's frames are left to be compared; of the first one's only
# those may be missing that it had to itself: the last ones, and, announced, such
# as a busy machine had kept back while later ones went.
split_lives () {
  local at
  [ "$(events stream-start) $(events segment) $(events eos)" = '1 1 1' ] || {
    tap_note "more than one stream, segment or EOS on the pad"
    return 1
  }
  at=$(grep resilient-webrtc-stream "$work/out.bus" | sed -n 2p |
    sed 's/.*"wall":\([0-9]*\).*/\1/')
  awk -v at="$at" '$2 < at' "$work/out.frames" >"$work/first.frames"
  awk -v at="$at" '$2 >= at' "$work/out.frames" >"$work/second.frames"
  mv "$work/second.frames" "$work/out.frames"
  result=$(compare former first)
  undelivered=$(field lost)
  [ "$(field duplicated)$(field reordered)$(field foreign)" = 000 ] &&
    { [ "$(field missing)" = $(($(field sent) - undelivered)) ] ||
      [ "$(field gaps)" -gt 0 ]; }
}

report () { # ROW KIND STATUS
  local dup status=$3 samples worst undelivered
  dup=
  [ "$2" != receiver_killed ] || join_lives
  [ "$2" != sender_killed ] || split_lives || status=1
  result=$(compare in out) || status=1
  [ "$(field lost)" = 0 ] || status=1
  if [ "$2" = receiver_killed ]; then
    samples='two decoders'
  elif [ "$2" = sender_killed ]; then
    [ "$(field head)" = 0 ] || status=1
    samples='two streams'
  else
    samples=$(compare_samples in out) || status=1
  fi
  # The side that notices first counts; lines begin with their time.
  sort "$work/in.bus" "$work/out.bus" >"$work/both.bus"
  worst=$(awk -f timing.awk "$work/in.frames" "$work/out.frames" \
    "$work/both.bus" "$work/outages" | awk '
    { for (i = 1; i <= 7; i++) if (!(i in m) || $i > m[i]) m[i] = $i }
    END { printf "outage=%s detect=%s back=%s caught=%s age=%s/%s/%s",
          m[1], m[2], m[3], m[4], m[5], m[6], m[7] }')
  tap_result "$status" "$1: $worst lost=$(field lost) \
duplicated=${dup:-$(field duplicated)} reordered=$(field reordered)\
${undelivered:+ gone-with-the-sender=$undelivered}" \
    "$result; samples $samples"
  [ "$status" = 0 ] || {
    for name in in out; do
      tail -n 8 "$work/$name.log" | cut -c1-200 | tap_indent
      grep resilient-webrtc-state "$work/$name.bus" | tail -n 4 | cut -c1-400 |
        tap_indent
    done
  }
}

run_row () { # ROW
  local kind arguments status=0
  read -r kind arguments <<<"$(sed -n "s/^$1|//p" <<<"$table")"
  lab_up
  pair_setup || exit 1
  trap pair_remove EXIT
  : >"$work/outages"
  if start_pair "$kind"; then
    # shellcheck disable=SC2086
    fault_$kind $arguments
    settle "$kind" || status=1
    [ "$kind" = during_eos ] || tell in eos
    lab_wait 60 gone in && lab_wait 10 gone out || status=1
  else
    tap_note "the pair did not start"
    status=1
  fi
  [ -z "${pid_of[other]-}" ] ||
    { lab_wait 10 gone other && compare in other >/dev/null; } || status=1
  report "$1" "$kind" $status
}

case ${1-} in
  --list) rows; exit ;;
  --row) # as the loop below calls it
    lab_enter "$@"
    run_row "$2"
    tap_done ;;
  --some) chosen=$some RW_AFTER=${RW_AFTER-50} ;;
  '') chosen=$(rows) ;;
  *) chosen=$* ;;
esac
for row in $chosen; do
  rows | grep -qx -- "$row" || {
    echo "faults.sh: no row '$row'; --list lists them" >&2
    exit 2
  }
done

# Each row in a lab of its own; a few at a time if asked to, as a row mostly
# waits.
run_rows () {
  # shellcheck disable=SC2086
  xargs -P "${RW_JOBS:-1}" -n 1 bash faults.sh --row <<<$chosen
  # A row's failure is in its line; xargs would say it a second time.
  return 0
}
bash ../media/prepare.sh "$build/media" || exit 1
export -f run_rows
export chosen RW_AFTER=${RW_AFTER-300}
tap_include bash -c run_rows
tap_done
