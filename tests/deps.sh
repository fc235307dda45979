#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Finds what this machine lacks and, on Debian with the right to do so,
# installs it. Elsewhere it says what is missing and stops.
#
#   bash tests/deps.sh [--check] [group...]
#
# Groups: build, run, server, speech, net, browser, systems, format (default:
# all). --check only looks. Present software is found by probing for it rather
# than by asking dpkg, so a library built from source counts as well.
#
# Nothing works without the packages of build and run. A package of another
# group that the system does not offer costs the tests that need it, which
# report themselves as skipped.
set -u

# package | probe | group
# Probes: cmd:NAME, pc:PKG-CONFIG-NAME, gst:ELEMENT, file:PATH.
table='
gcc|cmd:cc|build
meson|cmd:meson|build
ninja-build|cmd:ninja|build
pkg-config|cmd:pkg-config|build
git|cmd:git|build
libglib2.0-dev|pc:gio-unix-2.0|build
libgstreamer1.0-dev|pc:gstreamer-check-1.0|build
libgstreamer-plugins-base1.0-dev|pc:gstreamer-rtp-1.0|build
libgstreamer-plugins-bad1.0-dev|pc:gstreamer-webrtc-1.0|build
libnice-dev|pc:nice|build
libsoup-3.0-dev|pc:libsoup-3.0|build
libjson-glib-dev|pc:json-glib-1.0|build
libhiredis-dev|pc:hiredis|build
libjwt-dev|pc:libjwt|build
libsystemd-dev|pc:libsystemd|server
redis-server|cmd:redis-server|server
liblua5.1-0-dev|pc:lua5.1|server
coturn|cmd:turnserver|server
haproxy|cmd:haproxy|server
openssl|cmd:openssl|server
glib-networking|file:/usr/lib/*/gio/modules/libgiognutls.so|run
gstreamer1.0-tools|cmd:gst-launch-1.0|run
gstreamer1.0-plugins-base|gst:opusenc|run
gstreamer1.0-plugins-good|gst:rtpopuspay|run
gstreamer1.0-plugins-bad|gst:webrtcbin|run
gstreamer1.0-nice|gst:nicesrc|run
alsa-utils|file:/usr/share/sounds/alsa/Front_Center.wav|speech
python3-gst-1.0|file:/usr/lib/python3/dist-packages/gi/overrides/Gst.py|speech
iproute2|cmd:ip|net
nftables|cmd:nft|net
conntrack|cmd:conntrack|net
procps|cmd:pkill|net
util-linux|cmd:unshare|net
clang-format|cmd:clang-format|format
nodejs|cmd:node|browser
npm|cmd:npm|browser
chromium|cmd:chromium|browser
firefox-esr|cmd:firefox-esr|browser
debootstrap|cmd:debootstrap|systems
prometheus|cmd:promtool|server
'

check_only=no
if [ "${1-}" = --check ]; then
  check_only=yes
  shift
fi
wanted=" ${*:-build run server speech net format browser systems} "
# Debian keeps some of these out of a plain user's path.
PATH=$PATH:/usr/sbin:/sbin

registry=$(mktemp)
trap 'rm -f "$registry"' EXIT

present () {
  local kind=${1%%:*} name=${1#*:}
  case $kind in
    cmd) command -v "$name" >/dev/null ;;
    pc) pkg-config --exists "$name" 2>/dev/null ;;
    # Our own plugin is not asked about, and its path must not be scanned;
    # libnice numbers its versions unlike GStreamer.
    gst) GST_PLUGIN_PATH='' GST_REGISTRY=$registry gst-inspect-1.0 \
           --exists --atleast-version=0.0.1 "$name" >/dev/null 2>&1 ;;
    file) compgen -G "$name" >/dev/null ;;
  esac
}

list_missing () {
  local package probe group
  while IFS='|' read -r package probe group; do
    [ -n "$package" ] || continue
    [[ $wanted == *" $group "* ]] || continue
    present "$probe" || echo "$package|$probe"
  done <<<"$table"
}

missing=$(list_missing)
if [ -z "$missing" ]; then
  echo "deps: all there for:${wanted% }"
  exit 0
fi
needed=$(awk -F'|' '$3 == "build" || $3 == "run" { print $1 }' <<<"$table")
packages=$(cut -d'|' -f1 <<<"$missing" | sort -u | tr '\n' ' ')

# Those of the missing packages that can be done without.
optional () { grep -vxF -f <(echo "$needed") <(tr ' ' '\n' <<<"$packages"); }

explain () {
  echo "deps: missing here (Debian 12's package, what was looked for):" >&2
  sed 's/^\([^|]*\)|/  \1  (/; s/$/)/' <<<"$missing" >&2
}

if [ $check_only = yes ]; then
  explain
  exit 1
fi
if ! command -v apt-get >/dev/null; then
  explain
  echo "deps: no apt-get on this system: install them by its own means," \
    "then run this again" >&2
  exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    explain
    echo "deps: neither root nor sudo without a password. Run:" >&2
    echo "  sudo apt-get install --no-install-recommends $packages" >&2
    exit 1
  fi
  sudo="sudo -n"
fi

# A daemon package must not leave a daemon running on somebody's machine: with
# a policy-rc.d that says no, Debian's packages start nothing. One that is
# there already is left as it is.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  policy_is_ours=yes
  printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
  $sudo chmod +x $policy
fi

log=$(mktemp)
trap 'rm -f "$registry" "$log"; [ -z "${policy_is_ours-}" ] || $sudo rm -f $policy' EXIT
apt="$sudo env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get"

# apt-get, quietly; its last words where it fails.
quietly () { # COMMAND...
  "$@" </dev/null >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    return 1
  }
}

# What apt-get itself says: "166 MB to download, 640 MB on the disk".
size () {
  # shellcheck disable=SC2086
  $apt install --assume-no --no-install-recommends $packages \
    2>/dev/null </dev/null | sed -n '
    s|^Need to get \(.*\) of archives.$|\1 to download|p
    s|^After this operation, \(.*\) of additional.*|\1 on the disk|p' |
    paste -sd'|' | sed 's/|/, /'
}

echo "deps: missing: ${packages% }"
# shellcheck disable=SC2086
if ! quietly $apt -qq update; then
  explain
  echo "deps: apt-get update failed; its output is above" >&2
  exit 1
fi
# A source that cannot be reached is no error to apt-get.
grep '^[WE]:' "$log" >&2
for package in $(optional); do
  [ -n "$(apt-cache madison "$package" 2>/dev/null)" ] && continue
  echo "deps: this system has no package $package: the tests that need it" \
    "are skipped"
  packages=${packages/"$package "/}
done
if [ -z "$packages" ]; then
  exit 0
fi
size=$(size)
echo "deps: apt-get installs them${size:+ ($size)}, which may take minutes ..."
# shellcheck disable=SC2086
if ! quietly $apt -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends $packages; then
  explain
  echo "deps: apt-get could not install them; the end of its output is above" >&2
  exit 1
fi
missing=$(list_missing | grep -F -f <(tr ' ' '\n' <<<"$packages" |
  sed '/./!d; s/$/|/'))
if [ -n "$missing" ]; then
  explain
  echo "deps: still missing after the installation" >&2
  exit 1
fi
echo "deps: installed"
