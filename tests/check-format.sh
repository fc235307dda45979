#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The style that a machine can check, as TAP: clang-format, SPDX lines, layers'
# includes, no .c file included.
cd "$(dirname "$0")/.." || exit 1
. tests/tap.sh

sources () {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard -- "$@" |
      while read -r file; do [ -e "$file" ] && echo "$file"; done
  else
    find . -path './build*' -prune -o -path '*/node_modules' -prune -o \
      -type f -print | sed 's,^\./,,' | grep -E "\.(c|h)$"
  fi
}

version=$(clang-format --version 2>/dev/null | grep -o '[0-9]\+' | head -1)
if [ "$version" = 14 ]; then
  unformatted=$(sources '*.c' '*.h' |
    xargs -r clang-format --dry-run -Werror 2>&1 |
    sed -n "s,:.*error: code should.*,,p" | sort -u)
  tap_empty "$unformatted" "clang-format"
else
  tap_skip "clang-format" "version 14 decides; this is ${version:-none}"
fi

unlicensed=$(sources '*.c' '*.h' '*.sh' '*.js' '*.mjs' '*.awk' 'meson.build' \
  '*/meson.build' | while read -r file; do
  head -3 "$file" | grep -q 'SPDX-License-Identifier: LGPL-2.1-or-later' ||
    echo "$file"
done)
tap_empty "$unlicensed" "every file says its licence"

included=$(sources '*.c' '*.h' | xargs -r grep -nE '#include.*\.c[">]')
tap_empty "$included" "no .c file is included"

# Core is pure: no clock, no I/O, no thread, no dice, and no sleep in tests.
impure=$(sources 'lib/core/*.c' 'lib/core/*.h' | xargs -r grep -nE \
  'g_get_(monotonic|real)_time|g_usleep|g_random_|g_thread_new|g_file_|[^a-z_]rand \(')
tap_empty "$impure" "core reads no clock, sleeps not, rolls no dice"

# A test waits for a condition. Short pauses pace a loop, pick a moment, or are
# the pause that is tested.
sleeps=$(sources 'tests/*.c' | xargs -r grep -nE \
  '[^a-z_]sleep \(|g_usleep \(([0-9]{7,}|.*(G_USEC_PER_SEC|G_TIME_SPAN))')
tap_empty "$sleeps" "no test sleeps"

tap_done
