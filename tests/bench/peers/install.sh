# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced: Node packages that a benchmark compares with.
#
#   packages_install FOLDER TARGET    those of FOLDER/package.json; quick when
#                                     TARGET has them. The programs of FOLDER
#                                     are in TARGET/peers then, since Node looks
#                                     for packages beside a program.
#   package_version NAME              of those in $modules
packages_install () {
  mkdir -p "$2/peers" && cp "$1"/*.* "$2/peers" &&
    cp "$1/package.json" "$1/package-lock.json" "$2" || return
  cmp -s "$1/package-lock.json" "$2/installed.json" ||
    (cd "$2" && npm ci --ignore-scripts --no-audit --no-fund \
      --loglevel=error) >&2 && cp "$1/package-lock.json" "$2/installed.json"
}

package_version () {
  node -p "require('$modules/node_modules/$1/package.json').version" 2>/dev/null
}
