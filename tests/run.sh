#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Everything that can be checked, from a bare Debian 12 on:
#
#   bash tests/run.sh                 all of it
#   bash tests/run.sh unit system     these phases alone
#
# Phases: deps build format unit asan readme system browser. Ends with
# 'N passed, N failed[, N skipped]'. With CI=true a phase that cannot run here
# is a failure; elsewhere it is a skip that is said.
set -u
cd "$(dirname "$0")/.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
all_phases='deps build format unit asan readme system browser'

usage () {
  sed -n '3,10s/^# \{0,1\}//p' "$0"
  exit "$1"
}

for phase in "$@"; do
  case " $all_phases " in
    *" $phase "*) ;;
    *) [ "$phase" = --help ] && usage 0
       echo "run.sh: no phase called '$phase'" >&2
       usage 2 >&2 ;;
  esac
done
phases=" ${*:-$all_phases} "
chosen () { [[ $phases == *" $1 "* ]]; }

passed=0 failed=0 skipped=0
log_dir=$(mktemp -d)
failures=$log_dir/failures skips=$log_dir/skips
: >"$failures"; : >"$skips"
# Marks every process a test starts, so that what is left behind is found by
# its environment and nothing else is ever touched.
mark=RW_RUN_ID=rw-$$-$RANDOM

marked () {
  grep -lsz "^$mark\$" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
}

clean_up () {
  local pid
  for pid in $(marked); do kill "$pid" 2>/dev/null; done
  rm -rf "$log_dir"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

say () { printf '\n== %s (%s s)\n' "$*" "$SECONDS"; }

count () { # PASSED FAILED SKIPPED
  passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

fail () {
  count 0 1 0
  echo "not ok: $1"
  echo "$1" >>"$failures"
}

# A phase that cannot run here: no harm on a desk, a failure in CI.
cannot () {
  if [ "${CI-}" = true ]; then
    fail "$1"
  else
    count 0 0 1
    echo "skipped: $1"
    echo "$1" >>"$skips"
  fi
}

# Runs one script that speaks TAP, shows it as it goes, and counts it.
run_tap () {
  local name=$1 out=$log_dir/tap status totals
  shift
  env "$mark" "$@" </dev/null | tee "$out"
  status=${PIPESTATUS[0]}
  totals=$(awk -v name="$name" -v failures="$failures" -v skips="$skips" '
    /^ok .*# SKIP/ { s++; sub(/^ok [0-9]* ?(- )?/, "")
                     print name ": " $0 >> skips; next }
    /^ok / { p++ }
    /^not ok / { f++; sub(/^not ok [0-9]* ?(- )?/, "")
                 print name ": " $0 >> failures }
    END { print p + 0, f + 0, s + 0 }' "$out")
  # shellcheck disable=SC2086
  count $totals
  if [ "$status" != 0 ] && ! grep -q '^not ok ' "$out"; then
    fail "$name: ended with status $status"
  elif ! grep -Eq '^(not )?ok ' "$out"; then
    fail "$name: ran no test"
  fi
  check_leftovers "$name"
}

check_leftovers () {
  local pid left tries
  # What has just been told to stop gets a moment to do so.
  for tries in {1..20}; do
    left=$(marked)
    [ -z "$left" ] && return
    sleep 0.1
  done
  for pid in $left; do
    echo "# left running: $pid $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")"
    kill "$pid" 2>/dev/null
  done
  fail "$1: left processes behind"
}

# Meson's own totals are programs; ours are the cases inside them.
count_meson () { # BUILD-DIR NAME
  local totals
  totals=$(awk -v name="$2" -v failures="$failures" -v skips="$skips" '
    function value(key,   at, rest) {
      at = index($0, "\"" key "\": \"")
      if (!at)
        return ""
      rest = substr($0, at + length(key) + 5)
      return rest ~ /^"/ ? "" : substr(rest, 1, match(rest, /[^\\]"/))
    }
    { test = value("name"); result = value("result")
      lines = split(value("stdout"), line, /\\n/)
      tp = tf = ts = 0
      for (i = 1; i <= lines; i++) {
        text = line[i]
        if (text ~ /^ok .*# *SKIP/) {
          ts++
          print name ": " test ": " substr(text, 4) >> skips
        } else if (text ~ /^ok /) {
          tp++
        } else if (text ~ /^not ok / && text !~ /# *TODO/) {
          tf++
          print name ": " test ": " substr(text, 8) >> failures
        } else if (text ~ /^Bail out!/) {
          tf++
          print name ": " test ": " text >> failures
        }
      }
      # Neither a crash nor a program without cases may vanish.
      if (result !~ /^(OK|SKIP|EXPECTEDFAIL)$/ && !tf) {
        tf++
        print name ": " test ": " result >> failures
      } else if (!tp && !tf && !ts) {
        if (result == "OK")
          tp++
        else {
          ts++
          print name ": " test ": ran no case" >> skips
        }
      }
      p += tp; f += tf; s += ts }
    END { print p + 0, f + 0, s + 0 }' "$1/meson-logs/testlog.json")
  echo "$2: ${totals// / / } (passed / failed / skipped)"
  # shellcheck disable=SC2086
  count $totals
}

configure () { # BUILD-DIR OPTION...
  local dir=$1 log=$log_dir/configure
  shift
  if [ -f "$dir/build.ninja" ]; then
    meson setup --reconfigure "$dir" "$@" >"$log" 2>&1
  else
    meson setup "$dir" "$@" >"$log" 2>&1
  fi || {
    tail -40 "$log"
    return 1
  }
}

compile () { # BUILD-DIR
  ninja -C "$1" >"$log_dir/compile" 2>&1 || {
    tail -60 "$log_dir/compile"
    return 1
  }
}

build () { # BUILD-DIR OPTION...
  configure "$@" && compile "$1" || {
    fail "$1 does not build"
    return 1
  }
  count 1 0 0
}

run_meson () { # BUILD-DIR NAME OPTION...
  local dir=$1 name=$2
  shift 2
  rm -f "$dir/meson-logs/testlog.json"
  env "$mark" meson test -C "$dir" --no-rebuild --print-errorlogs "$@" </dev/null
  if [ -s "$dir/meson-logs/testlog.json" ]; then
    count_meson "$dir" "$name"
  else
    cannot "$name: meson ran no test"
  fi
  check_leftovers "$name"
}

if chosen deps; then
  say 'Packages'
  if bash tests/deps.sh; then
    count 1 0 0
  else
    fail 'packages are missing (listed above)'
    # Without a compiler or GStreamer nothing below means anything.
    bash tests/deps.sh --check build run >/dev/null 2>&1 || phases=' '
  fi
fi

built=no
if chosen build || chosen unit || chosen readme || chosen system ||
  chosen browser; then
  say 'Build, warnings as errors (build/)'
  build build -Dwerror=true && built=yes
fi

if chosen format; then
  say 'Format'
  run_tap format bash tests/check-format.sh
fi

if chosen unit && [ $built = yes ]; then
  say 'Tests'
  run_meson build unit
fi

if chosen asan; then
  say 'The same tests under AddressSanitizer and UBSan (build-asan/)'
  # b_lundef: the plugin's sanitizer symbols come from the program loading it.
  if build build-asan -Dwerror=true -Db_sanitize=address,undefined \
    -Db_lundef=false; then
    run_meson build-asan asan --timeout-multiplier 4
  fi
fi

# What a killed run of an earlier day may have left there.
rm -rf build/system.*
for phase in readme system browser; do
  chosen $phase && [ $built = yes ] || continue
  script=tests/$phase/run.sh
  [ -f "$script" ] || continue
  say "${phase^}"
  run_tap $phase bash "$script"
done

say 'Done'
if [ -s "$skips" ]; then
  echo 'Skipped:'
  sed 's/^/  /' "$skips"
fi
if [ -s "$failures" ]; then
  echo 'Failed:'
  sed 's/^/  /' "$failures"
fi
if [ $skipped = 0 ]; then
  echo "$passed passed, $failed failed"
else
  echo "$passed passed, $failed failed, $skipped skipped"
fi
[ $failed = 0 ]
