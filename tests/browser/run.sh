#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Browsers as ordinary peers, and the web page in them, as TAP: every script of
# this folder; with RW_FULL=1 those as well that take minutes.
cd "$(dirname "$0")" || exit 1
. ../support/tap.sh

for script in unit both-ways stereo mute ${RW_FULL:+mute-outage} \
  renegotiate red concealment web; do
  tap_include bash $script.sh
done
tap_done
