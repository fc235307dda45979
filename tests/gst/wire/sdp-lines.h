/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Pieces of session descriptions, to be put together in tests. */

#define FINGERPRINT                                                            \
  "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                   \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
#define HEAD "v=0\r\no=- 5 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define ICE(name)                                                              \
  "a=ice-ufrag:" name "\r\na=ice-pwd:0123456789abcdef0123" name "\r\n"
#define DTLS "a=setup:actpass\r\na=fingerprint:" FINGERPRINT "\r\n"
#define LINE(mid)                                                              \
  "a=mid:" mid "\r\n" ICE (mid mid mid mid) DTLS "a=rtcp-mux\r\n"
#define AUDIO(pts) "m=audio 9 UDP/TLS/RTP/SAVPF " pts "\r\n"
#define VIDEO      "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
#define CHANNEL                                                                \
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=sctp-port:5001\r\n"
#define OPUS "a=rtpmap:111 opus/48000/2\r\n"
