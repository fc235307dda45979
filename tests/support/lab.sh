# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the system tests, the benchmarks and the demo: a small internet
# of network namespaces that can be broken at will.
#
#   lab_enter "$@"     called by a script that stands in its own folder: goes on inside namespaces of its own. The
#                      network, the mounts and the processes in there end with
#                      the script, however it ends; nothing is left behind.
#                      Root or not: without root it takes a user namespace.
#   lab_up             hosts 'snd', 'rcv' and 'sig', each on a subnet of its
#                      own, with this script's own namespace as the router
#   lab_on HOST CMD    runs CMD on a host
#
# A cut is made at the router, as on a real path: a sender gets no error, its
# packets just vanish. Everything here applies from the moment it returns.
# Times are microseconds of EPOCHREALTIME, the clock of rw-tap.

lab_available () {
  unshare ${1:+-rU} -n -m -p --fork true 2>/dev/null
}

# Why lab_enter would not work here, if so.
lab_missing () {
  local tool
  [ -z "${RW_NO_LAB-}" ] || {
    echo 'RW_NO_LAB is set'
    return
  }
  for tool in unshare ip nft tc; do
    command -v $tool >/dev/null || {
      echo "$tool is not installed: bash tests/deps.sh net"
      return
    }
  done
  [ -n "${RW_LAB-}" ] || lab_available || lab_available user ||
    echo 'no right to make namespaces here'
}

# Runs a script inside, as a process of its own.
lab_run () { # SCRIPT ARGUMENT...
  local user=
  lab_available || user=-rU
  RW_LAB=1 unshare $user -n -m -p --fork --kill-child --mount-proc bash "$@"
}

lab_enter () {
  if [ -z "${RW_LAB-}" ]; then
    lab_run "$PWD/${0##*/}" "$@"
    exit
  fi
  # The first process of a namespace ignores signals it has no handler for.
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  # ip netns keeps its names here; ours are seen by nobody else.
  mkdir -p /run/netns 2>/dev/null
  mount -t tmpfs tmpfs /run || return 1
  mkdir -p /run/netns
}

lab_host () { # HOST NUMBER
  ip netns add "$1"
  ip link add "to-$1" type veth peer name eth0 netns "$1"
  ip addr add "10.0.$2.1/24" dev "to-$1"
  ip link set "to-$1" up
  ip -n "$1" addr add "10.0.$2.2/24" dev eth0
  ip -n "$1" link set lo up
  ip -n "$1" link set eth0 up
  ip -n "$1" route add default via "10.0.$2.1"
}

lab_link_runs () { ip -n "$1" link show eth0 | grep -q 'state UP'; }

lab_up () {
  local host
  ip link set lo up
  echo 1 >/proc/sys/net/ipv4/ip_forward
  # Duplicate address detection would hold IPv6 back for seconds; the hosts
  # have IPv4 and a link-local address each, which reaches the router only.
  echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
  lab_host snd 1
  lab_host rcv 2
  lab_host sig 3
  # The kernel takes up to a second to call a new link running, though packets
  # flow before; who asks for a host's addresses meanwhile is told of none.
  for host in snd rcv sig; do
    lab_wait 5 lab_link_runs "$host"
  done
  nft -f - <<'NFT'
table inet lab {
  chain cut {
    type filter hook forward priority 0; policy accept;
  }
  chain loss {
    type filter hook forward priority 1; policy accept;
  }
}
NFT
}

lab_address () { # HOST
  case $1 in
    snd) echo 10.0.1.2 ;;
    rcv) echo 10.0.2.2 ;;
    sig) echo 10.0.3.2 ;;
  esac
}

lab_on () { # HOST COMMAND...
  ip netns exec "$@"
}

# The same instead of this (sub)shell.
lab_exec () { exec ip netns exec "$@"; }

# lab_cut FROM TO: what FROM sends to TO vanishes. 'any' for either. More than
# one cut may be in force; lab_heal lifts them all.
lab_cut () {
  local rule=
  [ "$1" = any ] || rule+=" iifname to-$1"
  [ "$2" = any ] || rule+=" oifname to-$2"
  nft "add rule inet lab cut $rule drop"
}

# All of a host's traffic, or all between two, both ways at once.
lab_blackout () { # HOST [HOST]
  if [ $# = 1 ]; then
    nft "add rule inet lab cut iifname to-$1 drop;
         add rule inet lab cut oifname to-$1 drop"
  else
    nft "add rule inet lab cut iifname to-$1 oifname to-$2 drop;
         add rule inet lab cut iifname to-$2 oifname to-$1 drop"
  fi
}

lab_heal () { nft flush chain inet lab cut; }

# Random loss on everything between snd and rcv; 0 ends it.
lab_loss () { # PERCENT
  nft flush chain inet lab loss
  [ "$1" = 0 ] || nft "
    add rule inet lab loss iifname to-snd oifname to-rcv \
      numgen random mod 100 < $1 drop;
    add rule inet lab loss iifname to-rcv oifname to-snd \
      numgen random mod 100 < $1 drop"
}

# A slow link with a long queue towards a host: kbit/s, ms of queueing.
lab_slow () { # HOST KBIT MS
  tc qdisc replace dev "to-$1" root tbf rate "$2kbit" burst 2000 latency "$3ms"
}

lab_fast () { tc qdisc del dev "to-$1" root 2>/dev/null || true; }

# Packets of more than so many bytes vanish between snd and rcv; 0 ends it.
lab_narrow () { # BYTES
  nft flush chain inet lab loss
  [ "$1" = 0 ] || nft "
    add rule inet lab loss iifname to-snd oifname to-rcv meta length > $1 drop;
    add rule inet lab loss iifname to-rcv oifname to-snd meta length > $1 drop"
}

# Some of what goes between snd and rcv takes a slow lane of its own, and is
# overtaken by the rest; 0 ends it.
lab_reorder () { # PERCENT [KBIT]
  local host
  nft flush chain inet lab loss
  for host in snd rcv; do
    tc qdisc del dev "to-$host" root 2>/dev/null
    [ "$1" = 0 ] && continue
    tc qdisc add dev "to-$host" root handle 1: htb default 1
    tc class add dev "to-$host" parent 1: classid 1:1 htb rate 1gbit quantum 1514
    tc class add dev "to-$host" parent 1: classid 1:2 htb rate "$2kbit" quantum 1514
    tc qdisc add dev "to-$host" parent 1:2 pfifo limit 20
  done
  [ "$1" = 0 ] || nft "
    add rule inet lab loss iifname to-snd oifname to-rcv \
      numgen random mod 100 < $1 meta priority set 0x10002;
    add rule inet lab loss iifname to-rcv oifname to-snd \
      numgen random mod 100 < $1 meta priority set 0x10002"
}

# Delays packets between snd and rcv by up to so many ms, in order, each by a
# time of its own; 0 ends it.
lab_jitter_pid=
lab_jitter () { # MS
  local from to
  if [ -n "$lab_jitter_pid" ]; then
    ip rule del priority 50
    ip rule del priority 51
    kill "$lab_jitter_pid"
    lab_jitter_pid=
  fi
  [ "$1" = 0 ] && return
  "$build/tests/bench/jitter" jitter0 "$1" >/dev/null &
  lab_jitter_pid=$!
  lab_wait 5 ip link show up dev jitter0 >/dev/null 2>&1 || return 1
  for from in all default jitter0; do
    echo 0 >/proc/sys/net/ipv4/conf/$from/rp_filter
  done
  ip route replace default dev jitter0 table 50
  ip rule add priority 50 iif to-snd to "$(lab_address rcv)" lookup 50
  ip rule add priority 51 iif to-rcv to "$(lab_address snd)" lookup 50
}

# The cable out and in again. The kernel drops the routes, so they come back
# with the link, as they would on a real host.
lab_link_down () { ip -n "$1" link set eth0 down; }

lab_link_up () { # HOST
  ip -n "$1" link set eth0 up
  ip -n "$1" route replace default via "$(lab_gateway "$1")"
}

lab_gateway () { lab_address "$1" | sed 's/\.2$/.1/'; }

# A new address instead of the old one, at once.
lab_readdress () { # HOST LAST-BYTE
  local net
  net=$(lab_gateway "$1")
  ip -n "$1" addr flush dev eth0 scope global
  ip -n "$1" addr add "${net%.1}.$2/24" dev eth0
  ip -n "$1" route replace default via "$net"
}

# Packets of HOST appear to come from the router, from a port out of a range of
# its own, and nothing gets to it unasked; called again, every mapping is
# forgotten and the ports are new ones, as when a home router restarts.
lab_nat_base=20000
lab_nat () { # HOST
  lab_nat_base=$((lab_nat_base + 1000))
  nft -f - <<NFT
table ip lab-nat
delete table ip lab-nat
table ip lab-nat {
  chain out {
    type nat hook postrouting priority srcnat;
    iifname to-$1 meta l4proto { tcp, udp } masquerade to :$lab_nat_base-$((lab_nat_base + 999))
  }
  chain in {
    type filter hook forward priority 2;
    oifname to-$1 ct state new drop
  }
}
NFT
  conntrack -F >/dev/null 2>&1
}

lab_nat_off () {
  nft delete table ip lab-nat
  conntrack -F >/dev/null 2>&1
}

lab_now () { echo "${EPOCHREALTIME/./}"; }

# lab_pass SECONDS: an outage's length, or the time over which something is
# measured. Anything else is a condition for lab_wait.
lab_pass () { sleep "$1"; }

# lab_wait SECONDS COMMAND...: until the command succeeds; 1 if it never does.
lab_wait () {
  local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
  shift
  until "$@"; do
    [ "${EPOCHREALTIME/./}" -lt $end ] || return 1
    sleep 0.02
  done
}
