# SPDX-License-Identifier: LGPL-2.1-or-later
# Each frame a message on an ordered, reliable data channel of libdatachannel
# (node-datachannel); a connection that it calls disconnected or failed is made
# again by both ends (reliable.mjs).
datachannel_version () {
  packages_install "$packages" "$modules" && package_version node-datachannel
}

datachannel_start () {
  local script=$modules/peers/reliable.mjs
  # shellcheck disable=SC2086
  launch snd datachannel-in --frames "in.src=$work/datachannel-in.frames" \
    $speech_source ! rtpopuspay pt=96 ! udpsink host=127.0.0.1 port=7401
  supervise snd node "$script" send 7401 7402
  supervise rcv node "$script" receive 10.0.1.2 7402 "$work/datachannel.frames"
}
