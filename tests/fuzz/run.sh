#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds the fuzzers (clang, ASan, UBSan) and runs them one after the other:
#   bash tests/fuzz/run.sh [SECONDS [NAME...]]
# Says of each how many inputs it tried and what it found. The corpus is kept
# in build-fuzz/corpus, a finding with its log in build-fuzz/found; run the
# fuzzer with that file as its argument to see it again.
set -eu
seconds=${1:-60}
shift || true
[ $# -gt 0 ] || set -- channel-codec channel-sessions signalling-json \
  signalling-server token http
cd "$(dirname "$0")/../.."
build=${RW_FUZZ_BUILD:-build-fuzz}

[ -d "$build" ] || CC=clang meson setup "$build" -Dfuzzers=true >/dev/null
mkdir -p "$build/found"
# Libraries without frame pointers: whose leak it is shows the slow unwinder.
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
export ASAN_OPTIONS=fast_unwind_on_malloc=0

# What a fuzzer begins with: claims; a request of each kind, and frames.
seed() {
  [ "$1" != token ] ||
    printf '%s' '{"sub":"a","exp":99999999999,"nbf":0,"name":"n","rooms":["*"],"roles":["producer"]}' \
      >"$2/seed-claims"
  [ "$1" = http ] || return 0
  printf '0GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n' >"$2/seed-get"
  printf '1GET /webrtc/ice-servers?access_token=a.b.c HTTP/1.1\r\nHost: a\r\n\r\n' \
    >"$2/seed-token"
  printf '0POST /webrtc/rooms/r/connection-quality HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}' \
    >"$2/seed-post"
  printf '2\201\217\0\0\0\0{"type":"list"}\210\200\0\0\0\0' >"$2/seed-frames"
}

failed=0
for name; do
  nice ninja -C "$build" "tests/fuzz/fuzz-$name" >"$build/found/build.log" ||
    { cat "$build/found/build.log"; exit 1; }
  mkdir -p "$build/corpus/$name"
  seed "$name" "$build/corpus/$name"
  dict=tests/fuzz/${name%%-*}.dict
  [ -f "$dict" ] || dict=
  log=$build/found/$name.log
  status=0
  nice -n 19 "$build/tests/fuzz/fuzz-$name" ${dict:+-dict="$dict"} \
    -max_len=4096 -len_control=20 -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 \
    -print_final_stats=1 -verbosity=1 -artifact_prefix="$build/found/$name-" \
    "$build/corpus/$name" >"$log" 2>&1 || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  if [ "$status" = 0 ]; then
    echo "$name: $seconds s, ${runs:-0} inputs, no finding"
  else
    failed=1
    echo "$name: FOUND something (status $status), see $log"
    grep -m 3 -E 'SUMMARY|ERROR|assert' "$log" || true
  fi
done
exit "$failed"
