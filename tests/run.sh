#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Everything that can be checked, from a bare Debian 12 on:
#
#   bash tests/run.sh                 all of it, on this system
#   bash tests/run.sh quick           the pure suites and a smoke test
#   bash tests/run.sh unit system     these phases alone
#   bash tests/run.sh systems         on other systems (Debian 13)
#
# Phases: deps build format unit lean readme system browser asan systems.
# Ends with 'N passed, N failed[, N skipped]'. With CI=true a phase that cannot
# run here is a failure; elsewhere it is a skip, and listed. docs/testing.md has
# more.
set -u
cd "$(dirname "$0")/.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
all_phases='deps build format unit lean readme system browser asan systems'

usage () {
  sed -n '3,13s/^# \{0,1\}//p' "$0"
  exit "$1"
}

for phase in "$@"; do
  case " $all_phases quick " in
    *" $phase "*) ;;
    *) [ "$phase" = --help ] && usage 0
       echo "run.sh: no phase called '$phase'" >&2
       usage 2 >&2 ;;
  esac
done
phases=" ${*:-$all_phases} "
chosen () { [[ $phases == *" $1 "* ]]; }

log_dir=$(mktemp -d)
totals=$log_dir/totals failures=$log_dir/failures skips=$log_dir/skips
: >"$totals"; : >"$failures"; : >"$skips"
# Marks every process that a phase starts, so that what is left behind is found
# by its environment and nothing else is ever touched.
run_id=rw-$$-$RANDOM
# Tests wait far more than they work.
jobs=$((2 * $(nproc)))

marked () { # [PHASE]
  grep -lsz "^RW_RUN_ID=$run_id-${1-.*}\$" /proc/[0-9]*/environ 2>/dev/null |
    cut -d/ -f3
}

clean_up () {
  local pid
  for pid in $(jobs -p); do kill -- -"$pid" 2>/dev/null; done
  for pid in $(marked); do kill "$pid" 2>/dev/null; done
  rm -rf "$log_dir"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

say () { printf '\n== %s (%s s)\n' "$*" "$SECONDS"; }

# Lanes count at the same time: a line is written at once.
count () { echo "$1 $2 $3" >>"$totals"; } # PASSED FAILED SKIPPED

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
  local name=$1 out=$log_dir/$1.tap status
  shift
  env "RW_RUN_ID=$run_id-$name" "$@" </dev/null | tee "$out"
  status=${PIPESTATUS[0]}
  awk -v name="$name" -v failures="$failures" -v skips="$skips" '
    /^ok .*# SKIP/ { s++; sub(/^ok [0-9]* ?(- )?/, "")
                     print name ": " $0 >> skips; next }
    /^ok / { p++ }
    /^not ok / { f++; sub(/^not ok [0-9]* ?(- )?/, "")
                 print name ": " $0 >> failures }
    END { print p + 0, f + 0, s + 0 }' "$out" >>"$totals"
  if [ "$status" != 0 ] && ! grep -q '^not ok ' "$out"; then
    fail "$name: ended with status $status"
  elif ! grep -Eq '^(not )?ok ' "$out"; then
    fail "$name: ran no test"
  fi
  check_leftovers "$name"
}

check_leftovers () { # PHASE
  local pid left
  # A process that was just told to stop gets a moment to do so.
  for pid in $(marked "$1"); do
    timeout 2 tail --pid="$pid" -s 0.1 -f /dev/null
  done
  left=$(marked "$1")
  [ -n "$left" ] || return 0
  for pid in $left; do
    echo "# left running: $pid $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")"
    kill "$pid" 2>/dev/null
  done
  fail "$1: left processes behind"
}

configure () { # BUILD-DIR OPTION...
  local dir=$1 log=$log_dir/configure.${1##*/}
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

compile () { # BUILD-DIR [TARGET...]
  local dir=$1 log=$log_dir/compile.${1##*/}
  shift
  ninja -C "$dir" "$@" >"$log" 2>&1 || {
    tail -60 "$log"
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

# A host's interfaces come and go, and ICE takes each of them for a path: where
# that is possible the tests have a network that is theirs alone, where no name
# server is waited for.
own_network () { # COMMAND...
  if ! unshare -n true 2>/dev/null || ! command -v ip >/dev/null; then
    "$@"
    return
  fi
  # shellcheck disable=SC2016 # for the inner shell
  unshare -n bash -c 'ip link set lo up
    ip link add test0 type veth peer name test1
    ip addr add 192.0.2.2/24 dev test0
    ip addr add fd00::2/64 dev test0 nodad
    ip link set test0 up
    ip link set test1 up addrgenmode none
    ip route add default via 192.0.2.1
    sed -n "s/^nameserver  *//p" /etc/resolv.conf |
      xargs -rI{} ip route add unreachable {} 2>/dev/null
    exec "$@"' own_network "$@"
}

run_meson () { # BUILD-DIR NAME OPTION...
  local dir=$1 name=$2 log=$1/meson-logs/testlog.json result
  shift 2
  rm -f "$log"
  own_network env "RW_RUN_ID=$run_id-$name" meson test -C "$dir" \
    --num-processes "$jobs" --print-errorlogs "$@" </dev/null
  if [ -s "$log" ]; then
    result=$(python3 tests/support/count-cases.py "$log" "$name" "$failures" \
      "$skips") || fail "$name: the test log cannot be read"
    echo "$name: ${result// / / } (passed / failed / skipped)"
    echo "$result" >>"$totals"
  else
    cannot "$name: meson ran no test"
  fi
  check_leftovers "$name"
}

run_script () { # PHASE SCRIPT
  [ -f "$2" ] || return 0
  say "${1^}"
  run_tap "$1" bash "$2"
}

unit () {
  say 'Tests'
  run_meson build unit --no-rebuild --no-suite smoke
}

# Before the tests, which wait for times of their own: a compiler beside them
# would take what they are given.
asan_build () {
  say 'Build with AddressSanitizer and UBSan (build-asan/)'
  # b_lundef: the plugin's sanitizer symbols come from the program loading it.
  build build-asan -Dwerror=true -Db_sanitize=address,undefined \
    -Db_lundef=false && : >"$log_dir/asan-built"
}

# After the others: these tests are slow enough without them.
asan () {
  [ -e "$log_dir/asan-built" ] || return 0
  say 'The same tests under AddressSanitizer and UBSan (build-asan/)'
  jobs=$((1 + $(nproc)))
  # The first program scans the plugins; the others find its registry.
  meson test -C build-asan --no-rebuild presets elements-input-smoke >/dev/null 2>&1
  run_meson build-asan asan --no-rebuild --no-suite smoke \
    --timeout-multiplier 4
}

# Without Redis: the plugin and the server build, and do not ask for hiredis.
lean () {
  local server=lib/server/resilient-signalling-server
  local plugin=gst/libgstresilientwebrtc.so
  grep -q "^option('cluster'" meson_options.txt || return
  say 'Without a cluster (build-lean/)'
  (renice -n 5 $BASHPID >/dev/null
   configure build-lean -Dwerror=true -Dcluster=disabled &&
     compile build-lean $server $plugin) || {
    fail 'it does not build with -Dcluster=disabled'
    return
  }
  if ldd build-lean/$server build-lean/$plugin | grep -q hiredis; then
    fail 'with -Dcluster=disabled it is still linked with hiredis'
  else
    count 1 0 0
  fi
}

network () {
  # Left there by a killed run of an earlier day.
  rm -rf build/system.*
  ! chosen readme || run_script readme tests/readme/run.sh
  ! chosen system || run_script system tests/system/run.sh
  ! chosen browser || run_script browser tests/browser/run.sh
}

# Other systems than this one, each with a script that builds there. Among the
# other phases it gives way to them, and what is not done in its time is skipped.
systems () {
  local script
  say 'Other systems (build/systems/)'
  if [ "$phases" != ' systems ' ]; then
    renice -n 15 $BASHPID >/dev/null
    export RW_LIMIT=${RW_LIMIT:-300}
  fi
  for script in tests/systems/*.sh; do
    run_script "$(basename "$script" .sh)" "$script"
  done
}

# A lane runs beside the others, with its name before each line; in a process
# group of its own, so that it ends with this script.
lane () { # NAME COMMAND...
  local name=$1
  shift
  set -m
  "$@" 2>&1 | sed -u "s/^/[$name] /" &
  set +m
}

quick () {
  say 'The pure suites and a smoke test of both elements (build/)'
  configure build -Dwerror=true || {
    fail "cannot configure build/; 'bash tests/run.sh deps' installs packages"
    return
  }
  # Meson builds what these need, and no more; ninja's progress is left out.
  echo 'Building what they need (a few minutes the first time) ...'
  run_meson build quick --suite core --suite json --suite runtime \
    --suite control --suite smoke 2>&1 |
    sed -u '/^\[[0-9]*\/[0-9]*\] [A-Z]/d; /^ninja: /d'
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

if chosen format || chosen quick; then
  say 'Format'
  run_tap format bash tests/check-format.sh
fi

! chosen quick || quick

built=no
if chosen build || chosen unit || chosen readme || chosen system ||
  chosen browser; then
  say 'Build, warnings as errors (build/)'
  build build -Dwerror=true && built=yes
fi

! chosen asan || asan_build
if [ $built = yes ]; then
  ! chosen unit || lane unit unit
  lane net network
fi
! chosen lean || lane lean lean
! chosen systems || lane systems systems
wait
! chosen asan || asan

say 'Done'
if [ -s "$skips" ]; then
  echo 'Skipped:'
  sed 's/^/  /' "$skips"
fi
if [ -s "$failures" ]; then
  echo 'Failed:'
  sed 's/^/  /' "$failures"
fi
awk '{ p += $1; f += $2; s += $3 }
  END { printf "%d passed, %d failed%s\n", p, f, s ? ", " s " skipped" : ""
        exit f > 0 }' "$totals"
