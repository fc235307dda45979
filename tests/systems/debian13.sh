#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds in a Debian 13 and runs tests there, as TAP:
#
#   bash tests/systems/debian13.sh [PART...]
#
# Parts (default: gcc-debug clang-release gcc-release clang-debug):
#
#   COMPILER-KIND   a build without a warning, and the quick suites
#   suites          all suites that the gcc-debug build has (10 minutes)
#   system          the tests over network namespaces (5 minutes)
#   demo            examples/demo.sh
#   pair            a sender there and a receiver here, and the other way round,
#                   through an outage of 8 s
#
# The system is made by debootstrap in the build folder, once: a later run uses
# it again. What cannot be made here (no root, no debootstrap, no mirror) is
# skipped. It needs root and debootstrap. With RW_LIMIT=SECONDS no part begins
# later than that, and none goes on for longer. RW_MIRROR names another mirror,
# RW_BUILD another build folder.
cd "$(dirname "$0")" || exit 1
. ../support/tap.sh
. ../support/chroot.sh
root=$(cd ../.. && pwd)
build=${RW_BUILD:-$root/build}
system=$build/systems/debian-13
name="Debian 13"
parts=${*:-gcc-debug clang-release gcc-release clang-debug}

packages=(gcc libc6-dev ninja-build meson pkg-config ccache git ca-certificates
  libglib2.0-dev libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  libgstreamer-plugins-bad1.0-dev libnice-dev libsoup-3.0-dev libjson-glib-dev
  libhiredis-dev libjwt-dev libsystemd-dev openssl glib-networking
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad gstreamer1.0-nice redis-server procps)
[[ $parts != *clang* ]] || packages+=(clang)
[[ ! $parts =~ system|demo|pair|suites ]] ||
  packages+=(alsa-utils iproute2 nftables conntrack coturn haproxy python3)

# Goes on in namespaces of its own: what it has mounted and started ends with
# it, dpkg as well, which leaves the process group of whoever has no more time.
if [ -z "${RW_SYSTEM-}" ]; then
  why=$(system_missing)
  if [ -n "$why" ]; then
    tap_skip "$name" "$why"
    tap_done
  fi
  RW_SYSTEM=1 exec unshare -m -p --fork --kill-child --mount-proc \
    bash "$PWD/${0##*/}" "$@"
fi
# The first process of a namespace ignores signals it has no handler for.
trap 'exit 130' INT
trap 'exit 143' TERM HUP

log=$(mktemp)
trap 'rm -f "$log"' EXIT

give_up () { # WHY
  tail -n 20 "$log" | tap_indent
  tap_skip "$name" "$1"
  tap_done
}

# Seconds that are left for a part.
left () { echo $((${RW_LIMIT:-1000000} - SECONDS)); }

# What is not there in time cannot be waited for.
export -f system_make system_install inside
export system mirror
timeout "$(left)" bash -c 'system_make trixie' >"$log" 2>&1 ||
  give_up "debootstrap could not make one from $mirror, or not in time"
system_mount || give_up "no right to mount"
timeout "$(left)" bash -c 'system_install "$@"' - "${packages[@]}" \
  >"$log" 2>&1 || give_up "its packages could not be installed, or not in time"

# step NAME COMMAND...: one that takes longer than is left is a skip.
step () {
  local step="$name, $1" status
  shift
  if [ "$(left)" -le 10 ]; then
    tap_skip "$step" "no time is left of ${RW_LIMIT-} s"
    return 1
  fi
  timeout "$(left)" chroot "$system" env -u TMPDIR -u RW_SYSTEM -u RW_BUILD \
    -u GST_PLUGIN_PATH "$@" >"$log" 2>&1
  status=$?
  if [ $status = 124 ]; then
    tap_skip "$step" "it is not done after ${RW_LIMIT-} s"
    return 1
  fi
  [ $status = 0 ] || grep -v '^ok' "$log" | tail -n 40 | tap_indent
  tap_result $status "$step"
  return $status
}

there () {
  inside env -u RW_SYSTEM -u GST_PLUGIN_PATH RW_BUILD=/build "$@"
}

folder () { # COMPILER-KIND
  [ "$1" = gcc-debug ] && echo /build || echo "/build-$1"
}

configure () { # COMPILER-KIND
  local dir
  dir=$(folder "$1")
  [ ! -e "$system$dir/build.ninja" ] || return 0
  step "$1: meson" env "CC=ccache ${1%-*}" meson setup "$dir" /src \
    "--buildtype=${1#*-}" -Dwerror=true
}

quick () { # COMPILER-KIND
  local dir
  dir=$(folder "$1")
  # Where time is short only what the quick suites need is built.
  configure "$1" && step "$1: builds without a warning" ninja -C "$dir" \
    ${RW_LIMIT:+gst/libgstresilientwebrtc.so \
      lib/server/resilient-signalling-server} &&
    step "$1: quick suites" meson test -C "$dir" -t 3 --suite core \
      --suite json --suite runtime --suite control --suite smoke
  [ -n "${RW_LIMIT-}" ] || step "$1: client, docs, errors, both elements" \
    meson test -C "$dir" --no-rebuild -t 3 ws-signaller docs session-sdp \
    elements-errors elements
}

# In the tree that is built by gcc-debug.
built () {
  configure gcc-debug && step "builds" ninja -C /build
}

# Where its results go is all that the demo writes of the project.
demo () {
  mkdir -p "$root/examples/out" &&
    mount -t tmpfs tmpfs "$system/src/examples/out" &&
    step "examples/demo.sh" env RW_BUILD=/build bash /src/examples/demo.sh
  local status=$?
  tail -n 14 "$log" | tap_indent
  return $status
}

for part in $parts; do
  case $part in
    *-debug | *-release) quick $part ;;
    suites) built && step "all suites" meson test -C /build --no-rebuild -t 3 ;;
    system) built && tap_include there bash /src/tests/system/run.sh ;;
    demo) built && demo ;;
    pair) built && tap_include bash ../system/two-systems.sh "$system" ;;
    *) tap_fail "$name" "there is no part called $part" ;;
  esac
done
tap_done
