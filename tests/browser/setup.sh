# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the scripts of this folder, with their arguments: Chromium with
# gstwebrtc-api on host rcv, a signalling server, and the elements beside them.
#
#   browser NAME ARGUMENT...   runs peer.mjs, for $browser_s at the most; its
#                              output is $work/NAME.out
#   heard NAME KEY             a value that it printed
#   within LOW VALUE HIGH
#   why_not NAME               what it printed, for a failure
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh

for tool in node npm chromium; do
  command -v $tool >/dev/null && continue
  tap_missing "a browser" "$tool is not installed: bash tests/deps.sh browser"
  tap_done
done
why=$(lab_missing)
[ -n "$why" ] || why=$(pair_missing)
if [ -n "$why" ]; then
  tap_missing "a browser" "$why"
  tap_done
fi

# The packages, as locked, into the build folder; once.
packages=$build/browser
install_packages () {
  cmp -s package-lock.json "$packages/installed.json" && return
  mkdir -p "$packages" && cp package.json package-lock.json "$packages" &&
    (cd "$packages" && npm ci --ignore-scripts --no-audit --no-fund \
      --loglevel=error) && cp package-lock.json "$packages/installed.json"
}
if [ -z "${RW_LAB-}" ] && ! install_packages >&2; then
  tap_fail "the browser's packages" "npm ci failed"
  tap_done
fi

lab_enter "$@"
lab_up
pair_setup || exit 1
trap pair_remove EXIT
# Chromium keeps its sockets and profile there.
export RW_NODE_MODULES=$packages/node_modules RW_WORK=$work
export XDG_RUNTIME_DIR=$work HOME=$work

browser_s=90
browser () { # NAME ARGUMENT...
  local name=$1
  shift
  : >"$work/$name.out"
  (exec timeout $browser_s ip netns exec rcv node peer.mjs "$@" \
    >"$work/$name.out" 2>"$work/$name.err") &
  started "$name" $!
}

heard () { sed -n "s/^$2=//p" "$work/$1.out"; } # NAME KEY
within () { awk -v a="$1" -v x="$2" -v b="$3" 'BEGIN {
  exit !(x != "" && a <= x && x <= b) }'; }
why_not () { tr '\n' ' ' <"$work/$1.out"; tail -n 3 "$work/$1.err"; }

# A source that keeps NAME's frames, and its loudness on the bus.
ear_start () { # NAME PRODUCER [SRC-PROPERTY...]
  local name=$1 producer=$2
  shift 2
  launch snd "$name" --frames "out.src=$work/$name.frames" \
    resilientwebrtcsrc name=src signaller-uri=$signaller \
    producer-name="$producer" "$@" ! audio/x-opus ! identity name=out ! \
    opusdec ! audioconvert ! level interval=100000000 ! fakesink sync=false
}

server_start ||
  tap_fail "the signalling server starts" "$(cat "$work/server.log")"
