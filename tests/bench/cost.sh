#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The cost of a stream at rest, ours against a plain webrtcbin pair, as a
# Markdown table:
#
#   bash tests/bench/cost.sh [--loss] [RUNS [STREAMS [SECONDS]]]      default 5 4 15
#
# --loss: 5 % of all packets are lost, in either direction, which ours repairs;
# each kind runs in a network namespace of its own then (as root).
#
# The kinds run at the same time, each in a process of its own, so that what
# else the machine does hits them alike; the figures are medians of the runs.
# See cost.c for what they mean.
set -u
PATH=$PATH:/usr/sbin:/sbin
loss=
[ "${1-}" != --loss ] || { loss=yes; shift; }
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${RW_BUILD:-$root/build}
runs=${1:-5} streams=${2:-4} seconds=${3:-15}
bash "$root/tests/media/prepare.sh" "$build/media" || exit 1
results=$(mktemp)
trap 'rm -f "$results" "$results".*' EXIT
export GST_PLUGIN_PATH=$build/gst GST_REGISTRY=$results.registry

# The host itself, at an address that ICE takes, with a path that loses packets.
lossy () { # COMMAND...
  unshare -n bash -c '
    ip link set lo up &&
      ip link add rw0 type veth peer name rw1 &&
      ip address add 10.0.9.1/24 dev rw0 &&
      ip link set rw0 up && ip link set rw1 up &&
      nft "add table ip rw
        add chain ip rw in { type filter hook input priority 0; }
        add rule ip rw in meta l4proto udp numgen random mod 100 < 5 drop" &&
      exec "$@"' - "$@"
}

measure () {
  ${loss:+lossy} "$build/tests/bench/cost" "$1" \
    "$build/media/long-48000-1.wav" "$streams" "$seconds" >"$results.$1"
}

for ((run = 0; run < runs; run++)); do
  pids=()
  for mode in encode plain ours; do
    measure $mode &
    pids+=($!)
  done
  failed=0
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
  done
  [ $failed = 0 ] || exit 1
  cat "$results".{encode,plain,ours} >>"$results"
done

awk -v streams="$streams" -v runs="$runs" -v loss="$loss" '
  { for (i = 1; i <= NF; i++) {
      split($i, pair, "=")
      value[pair[1]] = pair[2]
    }
    mode = value["mode"]
    n = count[mode]++
    for (key in value)
      all[mode, key, n] = value[key] }

  function median (mode, key,   i, j, m, v, list) {
    m = 0
    for (i = 0; i < count[mode]; i++) {
      v = all[mode, key, i] + 0
      for (j = m++; j > 0 && list[j - 1] > v; j--)
        list[j] = list[j - 1]
      list[j] = v
    }
    return m ? list[int(m / 2)] : 0
  }

  # Pairs that ran at the same time, in order of their ratio.
  function ratio (key,   i, j, m, v, list) {
    m = 0
    for (i = 0; i < count["ours"]; i++) {
      v = all["ours", key, i] / all["plain", key, i]
      for (j = m++; j > 0 && list[j - 1] > v; j--)
        list[j] = list[j - 1]
      list[j] = v
    }
    return list[int(m / 2)]
  }

  function row (mode, name) {
    printf "| %s | %.0f | %.1f | %.0f | %d | %.2f | %.2f |\n", name,
           median(mode, "first"), median(mode, "cpu"),
           median(mode, "switches"), median(mode, "threads"),
           median(mode, "age50"), median(mode, "age95")
  }

  END {
    printf "%d streams in one process with both ends%s, median of %d runs:\n\n",
           streams, loss ? ", 5 % of all packets lost" : "", runs
    print "| pair | PLAYING to first audio, ms | CPU, ms a second and stream " \
          "| context switches a second and stream | threads in all " \
          "| age of a frame handed on, ms, median | p95 |"
    print "|---|---|---|---|---|---|---|"
    row("encode", "the encoder alone")
    row("plain", "plain webrtcbin")
    row("ours", "ours")
    printf "\nours / plain, each run by itself: CPU %.2f, switches %.2f\n",
           ratio("cpu"), ratio("switches")
  }' "$results"
