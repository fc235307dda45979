# SPDX-License-Identifier: LGPL-2.1-or-later
# An Icecast server beside the sender, as its package sets it up but without a
# burst at the start, which would repeat audio; shout2send and souphttpsrc.
icecast_version () { icecast2 -v 2>/dev/null | sed 's/^Icecast //'; }

icecast_configure () {
  cat <<XML
<icecast>
  <limits><sources>2</sources><burst-size>0</burst-size></limits>
  <authentication><source-password>hackme</source-password></authentication>
  <hostname>localhost</hostname>
  <listen-socket><port>7300</port></listen-socket>
  <paths><logdir>/</logdir><webroot>/</webroot><adminroot>/</adminroot></paths>
  <logging><errorlog>-</errorlog><accesslog>-</accesslog></logging>
  <security><changeowner><user>nobody</user><group>nogroup</group></changeowner></security>
</icecast>
XML
}

icecast_start () {
  icecast_configure >"$work/icecast.xml"
  chmod a+rx "$work"
  supervise snd icecast2 -c "$work/icecast.xml"
  lab_wait 10 lab_on snd bash -c 'exec 3<>/dev/tcp/127.0.0.1/7300' 2>/dev/null
  # shellcheck disable=SC2086
  launch snd icecast-in --frames "in.src=$work/icecast-in.frames" \
    $speech_source ! oggmux max-delay=0 max-page-delay=20000000 ! \
    shout2send port=7300 mount=live.ogg
  supervise rcv "$tap" --append --frames "out.src=$work/icecast.frames" \
    souphttpsrc location=http://10.0.1.2:7300/live.ogg is-live=true ! \
    oggdemux ! opusparse ! identity name=out ! fakesink sync=false async=false
}
