#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Hosts that are not as hosts should be: every frame, from the moment that
# there is a way.
#
#   bash tests/system/hosts.sh [CASE...]      keep=yes keeps the records
cd "$(dirname "$0")" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh

cases='loopback-only no-default-route ipv6-only ipv4-link-local
ipv6-link-local late-receiver late-sender'

case ${1-} in
  --case) lab_enter "$@" ;;
  *)
    bash ../media/prepare.sh "$build/media" || exit 1
    run_cases () {
      # shellcheck disable=SC2086
      xargs -P "${RW_JOBS:-1}" -n 1 bash hosts.sh --case <<<$chosen
      return 0
    }
    chosen=${*:-$cases}
    export -f run_cases
    export chosen
    tap_include bash -c run_cases
    tap_done
    exit
    ;;
esac

# Two hosts on one cable, and no other host in the world.
cable () {
  local host
  for host in snd rcv; do
    ip netns add $host
    lab_on $host sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad'
    ip -n $host link set lo up
  done
  ip link add eth0 netns snd type veth peer name eth0 netns rcv
}
plug () { # HOST
  ip -n "$1" link set eth0 up
}
address () { # HOST ADDRESS
  ip -n "$1" addr add "$2" dev eth0
}
no_ipv6 () { # HOST...
  local host
  for host in "$@"; do
    lab_on "$host" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
  done
}
both () { # COMMAND HOST-OF-SND HOST-OF-RCV
  "$1" snd ${2:+"$2"}
  "$1" rcv ${3:+"$3"}
}
links_run () { lab_link_runs snd && lab_link_runs rcv; }

start () { # [ANY-ADDRESS LOOPBACK]: the server beside the sender
  (lab_exec snd "$server" --host "${1:-0.0.0.0}" --port 8443 \
    >"$work/server.log" 2>&1) &
  started server $!
  lab_wait 10 lab_on snd bash -c "exec 3<>/dev/tcp/${2:-127.0.0.1}/8443" \
    2>/dev/null
}

case_loopback-only () {
  ip netns add snd
  ln -s /run/netns/snd /run/netns/rcv
  ip -n snd link set lo up
  signaller=ws://127.0.0.1:8443
  start && sender_start in && receiver_start out
}
case_no-default-route () {
  cable; no_ipv6 snd rcv; both plug; both address 10.9.0.1/24 10.9.0.2/24
  lab_wait 5 links_run
  signaller=ws://10.9.0.1:8443
  start && sender_start in && receiver_start out
}
case_ipv6-only () {
  cable; both plug; both address fd00:9::1/64 fd00:9::2/64
  ip -n snd addr flush dev lo; ip -n snd addr add ::1/128 dev lo
  ip -n rcv addr flush dev lo; ip -n rcv addr add ::1/128 dev lo
  lab_wait 5 links_run
  signaller='ws://[fd00:9::1]:8443'
  start :: ::1 && sender_start in && receiver_start out
}
case_ipv4-link-local () {
  cable; no_ipv6 snd rcv; both plug
  both address 169.254.7.1/16 169.254.7.2/16
  lab_wait 5 links_run
  signaller=ws://169.254.7.1:8443
  start && sender_start in && receiver_start out
}
# Signalling has a way of its own, which media may not take.
case_ipv6-link-local () {
  cable; both plug
  both address 10.9.0.1/32 10.9.0.2/32
  ip -n snd route add 10.9.0.2 dev eth0
  ip -n rcv route add 10.9.0.1 dev eth0
  nft_udp4 snd; nft_udp4 rcv
  lab_wait 5 links_run
  signaller=ws://10.9.0.1:8443
  start && sender_start in && receiver_start out
}
nft_udp4 () { # HOST
  lab_on "$1" nft -f - <<'NFT'
table ip only6 {
  chain out {
    type filter hook output priority 0;
    meta l4proto udp drop
  }
}
NFT
}
has_state () { grep -q "\"state\":\"$2\"" "$work/$1.bus" 2>/dev/null; }
# The cable comes long after the program.
case_late-receiver () {
  cable; no_ipv6 snd rcv; plug snd; address snd 10.9.0.1/24
  signaller=ws://10.9.0.1:8443
  start && sender_start in && receiver_start out || return 1
  lab_wait 20 has_state out connecting && lab_wait 20 has_frames in 150
  address rcv 10.9.0.2/24; plug rcv
  plugged=$(lab_now)
}
case_late-sender () {
  cable; no_ipv6 snd rcv; plug rcv; address rcv 10.9.0.2/24
  signaller=ws://10.9.0.1:8443
  start && sender_start in && receiver_start out || return 1
  lab_wait 20 has_state out connecting && lab_wait 20 has_frames in 150
  address snd 10.9.0.1/24; plug snd
  plugged=$(lab_now)
}

first_frame () { sed -n 's/^F \([0-9]*\) .*/\1/p' "$work/out.frames" | head -1; }

run_case () { # CASE
  local status=0 note=
  pair_setup || exit 1
  trap pair_remove EXIT
  plugged=
  "case_$1" || status=1
  lab_wait 20 has_frames out 100 || status=1
  tell in eos
  lab_wait 40 gone in && lab_wait 10 gone out || status=1
  result=$(compare in out) || status=1
  [ -z "$plugged" ] || {
    note=" first frame $((($(first_frame) - plugged) / 1000)) ms after the link"
  }
  tap_result "$status" "$1:$note $(sed 's/ head=.*lost/ lost/' <<<"$result")" \
    "$result"
  [ "$status" = 0 ] || for name in in out server; do
    tail -n 6 "$work/$name.log" | cut -c1-200 | tap_indent
  done
}
run_case "$2"
tap_done
