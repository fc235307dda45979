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
[ $# -gt 0 ] || set -- app-packet channel-codec channel-endpoints signalling-json \
  signalling-server token http sdp
cd "$(dirname "$0")/../.."
build=${RW_FUZZ_BUILD:-build-fuzz}

[ -d "$build" ] || CC=clang meson setup "$build" -Dfuzzers=true >/dev/null
mkdir -p "$build/found"
# What the fuzzers keep in files.
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
# Libraries without frame pointers: whose leak it is shows the slow unwinder.
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0

# A description with most of what can stand in one; the first byte is what is
# done with it.
seed_sdp() {
  local fingerprint=00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF
  local kind
  for kind in 0 1 2 4; do
    printf '%b' "$kind" "v=0\r\no=- 5 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" \
      "a=group:BUNDLE audio0 application1\r\n" \
      "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:audio0\r\na=sendrecv\r\n" \
      "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 sprop-stereo=1;stereo=1\r\n" \
      "a=extmap:1 urn:gst-resilient-webrtc:frame\r\na=rtcp-mux\r\n" \
      "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef01234567\r\n" \
      "a=setup:active\r\na=fingerprint:sha-256 $fingerprint:$fingerprint\r\n" \
      "a=candidate:1 1 udp 1 127.0.0.1 7000 typ host\r\n" \
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" \
      "a=mid:application1\r\na=sctp-port:5000\r\n" >"$1/seed-$kind"
  done
}

# Conversations, a line each: the connection, then '+', '-', '~', '.' or what it
# sends. A producer and a consumer with a session; two clients with resumption,
# one of which returns with its token; a room with a floor.
seed_server() {
  local hello='{"type":"setProtocolVersion","version":"v1_1","resilient":{"version":1,"clientId":"c%s"}}\n'
  local producer='{"type":"setPeerStatus","roles":["producer","listener"],"meta":{"name":"n"}}\n'
  local offer='{"type":"peer","sessionId":"%s","sdp":{"type":"offer","sdp":"v=0"}%s}\n'
  local join='{"type":"joinRoom","roomId":"r","meta":1,"seq":1}\n'

  printf "0+\n1+\n0${producer}1{\"type\":\"list\"}\n1{\"type\":\"listConsumers\"}\n1%s\n0${offer}0-\n9.\n" \
    '{"type":"startSession","peerId":"0"}' 2 '' >"$1/seed-session"
  printf "0+\n0${hello}1+\n1${hello}0${producer}1%s\n0${offer}0-\n .\n2+\n2%s\n1%s\n1~\nz.\nz.\n" \
    a b '{"type":"startSession","peerId":"0","seq":1}' 4 ',"seq":1,"ack":1' \
    '{"type":"setProtocolVersion","version":"v1_1","resilient":{"version":1,"clientId":"ca","token":"0.1","ack":1}}' \
    '{"type":"ack","ack":1}' >"$1/seed-resume"
  printf "0+\n0${hello}1+\n1${hello}0${join}1${join}0%s\n0%s\n1%s\n\t.\n0%s\n1%s\n1-\n" \
    a b '{"type":"publish","roomId":"r","data":[1],"seq":2}' \
    '{"type":"requestFloor","roomId":"r","seq":3}' \
    '{"type":"requestFloor","roomId":"r","priority":9,"wait":true,"seq":2}' \
    '{"type":"releaseFloor","roomId":"r","seq":4}' \
    '{"type":"leaveRoom","roomId":"r","seq":3}' >"$1/seed-room"
}

# The first inputs of a fuzzer: claims; a request of each kind, and frames.
seed() {
  [ "$1" != signalling-server ] || seed_server "$2"
  [ "$1" != token ] ||
    printf '%s' '{"sub":"a","exp":99999999999,"nbf":0,"name":"n","rooms":["*"],"roles":["producer"]}' \
      >"$2/seed-claims"
  [ "$1" != sdp ] || seed_sdp "$2"
  [ "$1" = http ] || return 0
  printf '0GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n' >"$2/seed-get"
  printf '0GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: a, 192.0.2.1:1, 127.0.0.2\r\nIf-None-Match: "a", W/"b"\r\n\r\n' \
    >"$2/seed-page"
  printf '1GET /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer 0123456789abcdef0123456789abcdef\r\n\r\n' \
    >"$2/seed-metrics"
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
  # GStreamer has frame pointers enough, and the slow unwinder costs 99 %.
  fast=0
  [ "$name" != sdp ] || fast=1
  # A server with threads has other memory after each input, and to look for
  # leaks each time costs 95 %: once, at the end.
  leaks=1
  [ "$name" != http ] || leaks=0
  status=0
  ASAN_OPTIONS=fast_unwind_on_malloc=$fast nice -n 19 "$build/tests/fuzz/fuzz-$name" ${dict:+-dict="$dict"} \
    -max_len=4096 -len_control=20 -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 \
    -detect_leaks=$leaks -print_final_stats=1 -verbosity=1 -artifact_prefix="$build/found/$name-" \
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
