#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The README's commands, taken from the README and run, as TAP. A block fenced
# as 'sh' is one command: a server, a sink or a source. A sink and the source
# after it are run together, on one host, with a speech.wav beside them; both
# must end by themselves and leave what was said. The C program must compile,
# and what is installed must work from where it is put.
cd "$(dirname "$0")" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh

why=$(lab_missing)
[ -n "$why" ] || why=$(pair_missing)
if [ -n "$why" ]; then
  tap_missing "the README's commands" "$why"
  tap_done
fi
lab_enter "$@"
lab_up
pair_setup || exit 1
trap pair_remove EXIT
export PATH=$PATH:${server%/*}

# One file a block: $work/1.sh, $work/2.sh, ...; and the C program.
awk -v dir="$work" '
  /^```sh$/ { file = dir "/" ++n ".sh"; next }
  /^```c$/ { file = dir "/readme.c"; next }
  /^```/ { file = ""; next }
  file { print > file }' "$root/README.md"

run () { # NAME SCRIPT: what it says goes to NAME.log
  (cd "$work" && exec ip netns exec snd bash -c "exec $(cat "$2")" \
    >"$work/$1.log" 2>&1) &
  started "$1" $!
}

succeeded () { # NAME
  lab_wait 60 gone "$1" && wait "${pid_of[$1]}"
}

output () { sed -n 's/.*filesink.* location=\([^ ]*\).*/\1/p' "$1"; } # SCRIPT

check_session () { # SINK-NUMBER SOURCE-NUMBER
  local file sink=$1 source=$2 size
  file=$work/$(output "$work/$source.sh")
  cp "$media/speech-48000-1.wav" "$work/speech.wav"
  rm -f "$file"
  run sink "$work/$sink.sh"
  run source "$work/$source.sh"
  succeeded sink
  tap_result $? "README, command $sink" "$(tail -n 3 "$work/sink.log")"
  succeeded source
  tap_result $? "README, command $source" "$(tail -n 3 "$work/source.log")"
  size=$(stat -c %s "$file" 2>/dev/null || echo 0)
  # Ten seconds, less what was said while they met: as samples or as Opus.
  case $file in
    *.wav | *.raw) [ "$size" -ge $((48000 * 2 * 6)) ] ;;
    *) [ "$size" -ge 20000 ] ;;
  esac
  tap_result $? "README, commands $sink and $source leave the speech" \
    "${file##*/} has $size bytes"
}

sink=
for ((i = 1; ; i++)); do
  script=$work/$i.sh
  [ -f "$script" ] || break
  if grep -q 'resilient-signalling-server ' "$script"; then
    run standing "$script"
    lab_wait 10 lab_on snd bash -c 'exec 3<>/dev/tcp/127.0.0.1/8443' 2>/dev/null
    tap_result $? "README, command $i" "$(tail -n 3 "$work/standing.log")"
  elif grep -q resilientwebrtcsink "$script"; then
    sink=$i
  elif grep -q resilientwebrtcsrc "$script" && [ -n "$sink" ]; then
    check_session "$sink" $i
    sink=
  else
    tap_fail "README, command $i" "neither server, sink nor source after a sink"
  fi
done
[ $i -gt 2 ]
tap_result $? "the README has commands"

# shellcheck disable=SC2046
cc -Wall -Werror -o "$work/readme" "$work/readme.c" \
  $(pkg-config --cflags --libs gstreamer-1.0) >"$work/cc.log" 2>&1
tap_result $? "the README's program compiles" "$(head -n 5 "$work/cc.log")"

DESTDIR=$work/root meson install -C "$build" --no-rebuild \
  >"$work/install.log" 2>&1
tap_result $? "meson install" "$(tail -n 5 "$work/install.log")"
plugin=$(find "$work/root" -name libgstresilientwebrtc.so)
GST_PLUGIN_PATH=${plugin%/*} GST_REGISTRY=$work/installed.bin \
  gst-inspect-1.0 resilientwebrtcsrc >"$work/inspect.log" 2>&1
tap_result $? "the installed plugin shows itself to gst-inspect" \
  "$(tail -n 3 "$work/inspect.log")"
"$(find "$work/root" -name resilient-signalling-server)" --version \
  >"$work/version.log" 2>&1
tap_result $? "the installed server says its version" "$(cat "$work/version.log")"

tap_done
