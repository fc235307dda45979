# SPDX-License-Identifier: LGPL-2.1-or-later
# srtsink and srtsrc at their defaults (125 ms), MPEG-TS. The source ends in an
# outage.
srt_version () { element_version srtsink; }

srt_start () {
  # shellcheck disable=SC2086
  launch snd srt-in --frames "in.src=$work/srt-in.frames" $speech_source ! \
    mpegtsmux alignment=7 ! srtsink uri=srt://:7001?mode=listener \
    wait-for-connection=false
  supervise rcv "$tap" --append --frames "out.src=$work/srt.frames" \
    srtsrc uri=srt://10.0.1.2:7001 ! tsdemux latency=0 ! opusparse ! \
    identity name=out ! fakesink sync=false async=false
}
