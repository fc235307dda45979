#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The style that a machine can check, as TAP: clang-format, SPDX lines, layers'
# includes, no .c file included.
cd "$(dirname "$0")/.." || exit 1
. tests/support/tap.sh

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
  tap_skip "clang-format" "needs version 14, here is ${version:-none}: bash tests/deps.sh format"
fi

unlicensed=$(sources '*.c' '*.h' '*.sh' '*.js' '*.mjs' '*.awk' 'meson.build' \
  '*/meson.build' | while read -r file; do
  head -3 "$file" | grep -q 'SPDX-License-Identifier: LGPL-2.1-or-later' ||
    echo "$file"
done)
tap_empty "$unlicensed" "every file says its licence"

included=$(sources '*.c' '*.h' | xargs -r grep -nE '#include.*\.c[">]')
tap_empty "$included" "no .c file is included"

# Core is pure: no clock, no I/O, no thread, no dice.
impure=$(sources 'lib/core/*.c' 'lib/core/*.h' | xargs -r grep -nE \
  'g_get_(monotonic|real)_time|g_usleep|g_random_|g_thread_new|g_file_|[^a-z_]rand \(')
tap_empty "$impure" "core reads no clock, sleeps not, rolls no dice"

# A test waits for a condition, with a deadline. Each pause that is left stands
# here: FILE|A PART OF THE LINE|WHY.
pauses='
tests/support/test-process.c|g_usleep (POLL_US)|the kernel reports neither the end of a thread nor a closed file
tests/support/test-process.c|g_usleep ((gulong) g_rand_int_range|a moment by chance is what is tested
tests/support/cluster/test-link.c|g_usleep ((gulong) (*free_us|a slow link is slow
tests/support/lab.sh|sleep "$1"|the length of an outage or of a measurement
tests/support/lab.sh|sleep 0.02|a shell is not notified of a line in a file
tests/browser/web-lab.mjs|setTimeout as delay|the length of a measurement, and between two looks at another process
tests/browser/unit/signalling.test.mjs|mock.timers.enable|the timers are of the test, which moves them
tests/browser/page.js|setTimeout|a level is sampled over a time
tests/browser/peer.mjs|setTimeout as delay|it mutes or speaks for the time that is asked for
tests/browser/peer.mjs|waitForTimeout|it speaks for the time that is asked for
'
pause_is_allowed () { # FILE LINE
  local file part
  while IFS='|' read -r file part _; do
    [ -z "$file" ] || [ "$file" != "$1" ] || [[ $2 != *"$part"* ]] || return 0
  done <<<"$pauses"
  return 1
}
found=$(sources 'tests/*.c' 'tests/*.h' 'tests/*.sh' 'tests/*.js' \
  'tests/*.mjs' | grep -v '^tests/check-format.sh$' | xargs -r grep -nE \
  '\b(g_usleep|usleep|sleep|nanosleep|clock_nanosleep) \(|^([^#]*[^-#[:alnum:]_.])?sleep [0-9"$]|\b(setTimeout|waitForTimeout)\b')
sleeps=$(while IFS=: read -r file number line; do
  pause_is_allowed "$file" "$line" || echo "$file:$number:$line"
done <<<"$found")
tap_empty "${sleeps#::}" "no test sleeps"

stale=$(while IFS='|' read -r file part _; do
  [ -z "$file" ] || grep -qF -- "$part" "$file" || echo "$file: $part"
done <<<"$pauses")
tap_empty "$stale" "every pause that is allowed is there"

tap_done
