# SPDX-License-Identifier: LGPL-2.1-or-later
# A Janus gateway beside the sender, whose streaming plugin takes RTP; watched
# with libdatachannel (janus.mjs), again after a connection is disconnected or
# failed.
janus_version () {
  packages_install "$packages" "$modules" &&
    janus --version 2>/dev/null | grep -o '[0-9]\+\.[0-9.]\+' | head -1
}

janus_configure () { # FOLDER
  mkdir -p "$1"
  cat >"$1/janus.jcfg" <<'CFG'
general: { debug_level = 3 }
CFG
  cat >"$1/janus.transport.websockets.jcfg" <<'CFG'
general: { ws = true, ws_port = 7510 }
CFG
  cat >"$1/janus.plugin.streaming.jcfg" <<'CFG'
studio: { type = "rtp", id = 1, audio = true, video = false, audioport = 7502,
          audiopt = 111, audiocodec = "opus" }
CFG
}

janus_start () {
  janus_configure "$work/janus"
  supervise snd janus --configs-folder="$work/janus"
  lab_wait 10 lab_on snd bash -c 'exec 3<>/dev/tcp/127.0.0.1/7510' 2>/dev/null
  # shellcheck disable=SC2086
  launch snd janus-in --frames "in.src=$work/janus-in.frames" $speech_source ! \
    rtpopuspay pt=111 ! udpsink host=127.0.0.1 port=7502
  supervise rcv node "$modules/peers/janus.mjs" ws://10.0.1.2:7510 1 \
    "$work/janus.frames"
}
