# SPDX-License-Identifier: LGPL-2.1-or-later
# webrtcbin by hand: the receiver gives up after 3 s of silence, and both ends
# are started again (plain.c).
plain_version () { element_version webrtcbin; }

plain_start () {
  # shellcheck disable=SC2086
  launch snd plain-in --frames "in.src=$work/plain-in.frames" $speech_source ! \
    rtpopuspay pt=96 ! udpsink host=127.0.0.1 port=7801
  supervise snd "$build/tests/bench/plain" send 7801 7802
  supervise rcv "$build/tests/bench/plain" receive 10.0.1.2 7802 \
    "$work/plain.frames" 3000
}
