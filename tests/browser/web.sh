#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The web page in Chromium and in Firefox, as TAP: each view against a real
# server and real elements. Server and browsers are on host rcv, where 127.0.0.1
# counts as secure, the elements on snd. With shots=FOLDER it leaves pictures
# of the views there.
cd "$(dirname "$0")" || exit 1
. ./setup.sh

firefox=$(command -v firefox-esr || command -v firefox)
[ -n "$firefox" ] ||
  tap_missing "the page in Firefox" "firefox is not installed"
tap_include lab_on rcv env RW_TAP="$tap" RW_SERVER="$server" \
  RW_WEB="$root/examples/web" RW_SPEECH="$media/speech-48000-1.wav" \
  RW_FIREFOX="$firefox" RW_SHOTS="${shots-}" timeout 150 node web.mjs
[ $tap_failures = 0 ] || tail -n 30 "$work"/*.log
tap_done
