# SPDX-License-Identifier: LGPL-2.1-or-later
# ristsink and ristsrc at their defaults (1,000 ms), MPEG-TS in RTP.
rist_version () { element_version ristsink; }

rist_start () {
  # shellcheck disable=SC2086
  launch snd rist-in --frames "in.src=$work/rist-in.frames" $speech_source ! \
    mpegtsmux alignment=7 ! rtpmp2tpay ! \
    ristsink address="$(lab_address rcv)" port=7202
  supervise rcv "$tap" --append --frames "out.src=$work/rist.frames" \
    ristsrc port=7202 ! rtpmp2tdepay ! tsdemux latency=0 ! opusparse ! \
    identity name=out ! fakesink sync=false async=false
}
