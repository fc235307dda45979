#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each way in which a page mutes or withdraws its microphone: the page is asked
# for no other session, sends nothing that its user has not switched on again,
# and is heard again when its user has.
#
#   bash tests/browser/mute.sh           in Chromium and Firefox
#   ways="WAY..." browsers=chromium ...  those of muting.js
cd "$(dirname "$0")" || exit 1
. ./setup.sh

# In the same session; and those that end the session.
goes_on="enabled replaced encoding inactive recvonly removed added stopped"
ends="closed ended closedLater endedLater withdrawn left"
ways=${ways-$goes_on $ends}
# Longer than an ICE agent needs to find a peer gone.
muted_s=${muted_s-25}
firefox=$(command -v firefox-esr || command -v firefox)
[ -n "$firefox" ] || tap_missing "Firefox" "firefox is not installed"
# A busy machine takes a minute to open the pages of all ways in Firefox.
browser_s=240
browsers=${browsers-chromium ${firefox:+firefox}}

states () { # NAME: of the source
  sed -n 's/.*"state":"\([a-z]*\)".*/\1/p' "$work/$1.bus"
}

# What the page of that way printed, and what failed in it.
page () { # BROWSER WAY
  grep -h "^$2[.:]" "$work/$1.out" "$work/$1.err" | tr '\n' ' '
}

check_session () { # BROWSER WAY
  local ear=$1-$2
  if [[ " $ends " == *" $2 "* ]]; then
    [ "$(heard "$1" "$2.all")" -ge 1 ]
    tap_result $? "$ear: the page is asked again when it is announced again" \
      "$(page "$1" "$2")"
    return
  fi
  [ "$(tail -n 1 "$work/$ear.states")" = connected ] &&
    ! grep -qE 'suspect|reconnecting' "$work/$ear.states"
  tap_result $? "$ear: the source stays connected" \
    "$(tr '\n' ' ' <"$work/$ear.states")"
}

# A track that is not enabled goes on as silence, in Firefox also one that is
# stopped. Ten levels a second; the mute takes effect soon.
sends_silence () { # BROWSER WAY
  [[ $2 =~ ^(enabled|stopped)$ ]] &&
    sed -n 's/.*"rms":\[\([-0-9.]*\).*/\1/p' "$work/$1-$2.bus" |
    awk -v n=$(((muted_s - 8) * 10)) '$1 < -60 { m++ } END { exit !(m >= n) }'
}

check () { # BROWSER WAY
  local ear=$1-$2
  [ "$(heard "$1" "$2.sessions")" = 0 ]
  tap_result $? "$ear: the page is asked for no other session" "$(page "$1" "$2")"
  check_session "$1" "$2"
  [ "$(heard "$1" "$2.packets")" = 0 ] || sends_silence "$1" "$2"
  tap_result $? "$ear: nothing leaves the page while it is muted" \
    "$(page "$1" "$2")"
  [ "$(frames "$ear")" -ge $((before + 75)) ]
  tap_result $? "$ear: the page is heard again" \
    "$before, then $(frames "$ear") frames"
}

for name in $browsers; do
  RW_FIREFOX=$([ "$name" = chromium ] || echo "$firefox") \
    browser "$name" mute $signaller "${ways// /,}" "$muted_s" \
      "$media/speech-48000-1.wav"
  lab_wait 120 grep -q speaking "$work/$name.out"
  tap_result $? "$name: a page for each way to mute speaks" "$(why_not "$name")"
  for way in $ways; do
    ear_start "$name-$way" "$way"
  done
  lab_wait 120 grep -q '^unmuted' "$work/$name.out"
  tap_result $? "$name: they mute and unmute" "$(why_not "$name")"
  declare -A muted_at=()
  for way in $ways; do
    muted_at[$way]=$(frames "$name-$way")
    states "$name-$way" >"$work/$name-$way.states"
  done
  lab_wait 60 gone "$name"
  for way in $ways; do
    # There Firefox goes on sending what the microphone has.
    [ "$name-$way" = firefox-encoding ] && continue
    before=${muted_at[$way]} check "$name" "$way"
  done
done
tap_done
