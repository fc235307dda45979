# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the scripts that run on another Debian than this one: a system in
# a folder, made by debootstrap. A script that mounts runs in a mount namespace
# of its own, so that no mount is left behind.
#
#   system_missing              why none can be made here, if so
#   system_make SUITE           makes $system, unless it is there
#   system_mount                the project at /src, /build, /proc, /dev, /sys
#   system_install PACKAGE...   what of these is not installed
#   inside COMMAND...           runs it there
#
# RW_MIRROR names another mirror.
mirror=${RW_MIRROR:-http://deb.debian.org/debian}

system_missing () {
  local tool
  [ "$(id -u)" = 0 ] || {
    echo "making a chroot needs root"
    return
  }
  for tool in debootstrap unshare chroot; do
    command -v $tool >/dev/null || {
      echo "$tool is not installed"
      return
    }
  done
  unshare -m -p --fork true 2>/dev/null || echo "no right to make namespaces"
}

inside () {
  chroot "$system" env -u TMPDIR DEBIAN_FRONTEND=noninteractive "$@"
}

system_make () { # SUITE
  local new=$system.new
  [ ! -e "$system/etc/debian_version" ] || return 0
  rm -rf "$new" && mkdir -p "$new" &&
    debootstrap --variant=minbase "$1" "$new" "$mirror" || return
  # Its packages start no daemon.
  printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
  chmod +x "$new/usr/sbin/policy-rc.d"
  mkdir "$new/src" "$new/build"
  mv "$new" "$system"
}

# The folder is a mount of its own, so that what runs there can make namespaces.
system_mount () {
  mount --make-rprivate / && mount --bind "$system" "$system" &&
    mount --bind "$root" "$system/src" &&
    mount -o remount,bind,ro "$system/src" &&
    mount -t proc proc "$system/proc" && mount --rbind /dev "$system/dev" &&
    mount --rbind /sys "$system/sys"
}

system_install () { # PACKAGE...
  inside dpkg -s "$@" >/dev/null 2>&1 || {
    inside apt-get update -qq &&
      inside apt-get install -qq -y --no-install-recommends "$@"
  }
}
