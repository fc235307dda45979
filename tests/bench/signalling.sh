#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Our signalling server against a plain relay on Node and npm's ws
# (tests/bench/relay), one after the other on the same core, each round both:
# idle clients, sessions set up, latency. Medians of the rounds, as a table.
#
#   bash tests/bench/signalling.sh [IDLE-CLIENTS [ROUNDS [SESSIONS]]]
set -eu
idle=${1:-10000} rounds=${2:-3} sessions=${3:-5000}
cd "$(dirname "$0")/../.."
build=${RW_BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd tests/bench/relay && [ -d node_modules ] ||
  (cd tests/bench/relay && npm ci --ignore-scripts --no-audit --no-fund)) \
  >/dev/null 2>&1 || { echo "npm ci failed in tests/bench/relay" >&2; exit 1; }

# The servers on core 0, their clients on core 1. exec: the process measured
# is the server itself.
printf '#!/bin/sh\nexec taskset -c 0 %s "$@"\n' \
  "$(realpath "$build/lib/server/resilient-signalling-server")" >"$work/ours"
printf '#!/bin/sh\nexec taskset -c 0 node %s\n' \
  "$PWD/tests/bench/relay/relay.js" >"$work/relay"
chmod +x "$work"/*

for round in $(seq "$rounds"); do
  for server in ours relay; do
    taskset -c 1 "$build/tests/bench/signalling-load" "$work/$server" \
      "$idle" "$sessions" | tr -d , | sed "s/^/$server $round /" >>"$work/out"
  done
done

# median SERVER PATTERN FIELD: over the rounds
median() {
  awk -v s="$1" -v p="$2" -v f="$3" '$1 == s && $0 ~ p { print $f }' \
    "$work/out" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
row() { # TITLE PATTERN FIELD
  ours=$(median ours "$2" "$3") relay=$(median relay "$2" "$3")
  ratio=$(awk -v a="$ours" -v b="$relay" 'BEGIN { printf "%.2f", a / b }')
  echo "| $1 | $ours | $relay | $ratio |"
}

echo "$idle idle clients, $rounds rounds with $sessions sessions each, medians;" \
  "each server alone on one core, the clients on another:"
echo
echo "| | ours | Node $(node --version | tr -d v), ws $(node -p \
  "require('./tests/bench/relay/node_modules/ws/package.json').version") | ours / ws |"
echo "|---|---|---|---|"
row "connects a second" "idle clients:" 6
row "memory for each idle client, KiB" "idle clients:" 10
row "sessions set up and ended a second" "sessions" 8
row "CPU for each session, µs" "sessions" 15
row "message from client to client, p50, µs" "a message" 10
row "message from client to client, p99, µs" "a message" 13
