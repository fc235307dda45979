# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Draws a run as SVG: the outages, the source's state and how far the source
# was behind, over time.
#
#   awk -f timeline.awk SENT RECEIVED BUS OUTAGES
#
# SENT, RECEIVED and BUS are rw-tap's records; OUTAGES has lines of
# 'HEAL CUT SECONDS NAME', in wall-clock microseconds.
BEGIN { n_received = states = outages = 0 }

FILENAME == ARGV[1] && $1 == "F" {
  sent[$6, known[$6]++] = $2
}

FILENAME == ARGV[2] && $1 == "F" {
  if (!n_received)
    start = $2
  got[n_received] = $2
  lag[n_received++] = met[$6] < known[$6] ? $2 - sent[$6, met[$6]++] : 0
  last = $2
}

FILENAME == ARGV[3] && /"resilient-webrtc-state"/ {
  match($0, /"wall":[0-9]+/)
  state_at[states] = substr($0, RSTART + 7, RLENGTH - 7) + 0
  match($0, /"state":"[a-z]+"/)
  state[states++] = substr($0, RSTART + 9, RLENGTH - 10)
}

FILENAME == ARGV[4] {
  heal[outages] = $1
  cut[outages] = $2
  name[outages++] = $4 ($5 != "" ? " " $5 : "")
}

function x (us) {
  if (us < start) us = start
  if (us > last) us = last
  return left + (us - start) / (last - start) * width
}

function y (us) { return top + height - us / deepest * height }

function text (at_x, at_y, size, anchor, what) {
  printf "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" text-anchor=\"%s\">" \
         "%s</text>\n", at_x, at_y, size, anchor, what
}

function box (from, to, at_y, tall, colour, opacity) {
  printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" " \
         "fill=\"%s\" fill-opacity=\"%s\"/>\n", x(from), at_y,
         x(to) - x(from) < 1.5 ? 1.5 : x(to) - x(from), tall, colour, opacity
}

END {
  left = 60; width = 880; top = 60; height = 200
  if (!n_received || last <= start)
    exit 1
  colour["connected"] = "#2a9d5c"; colour["suspect"] = "#e9c46a"
  colour["reconnecting"] = "#e76f51"; colour["connecting"] = "#e9a05a"
  colour["failed"] = "#b00020"; colour["idle"] = "#bbbbbb"
  colour["stopped"] = "#bbbbbb"

  # How long the source had had nothing new to hand on, or how late the frame
  # was that it handed on: the larger is how far it was behind.
  points = 0
  for (i = 0; i < n_received; i++) {
    if (i > 0 && got[i] - got[i - 1] > 100000) {
      px[points] = got[i - 1]; py[points++] = lag[i - 1]
      px[points] = got[i] - 1; py[points++] = got[i] - got[i - 1]
    }
    px[points] = got[i]; py[points++] = lag[i]
  }
  deepest = 1000000
  for (i = 0; i < points; i++)
    if (py[i] > deepest)
      deepest = py[i]

  print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 980 360\" " \
        "font-family=\"sans-serif\" fill=\"#222\">"
  print "<rect width=\"980\" height=\"360\" fill=\"white\"/>"
  text(left, 28, 18, "start", "Speech through " outages (outages == 1 ? " outage" : " outages"))
  for (i = 0; i < outages; i++) {
    box(cut[i], heal[i], top, height, "#e63946", 0.18)
    text(x(cut[i]), top - 6, 10, "start", name[i])
  }
  for (s = 0; s <= deepest / 1000000; s += deepest > 12000000 ? 4 : deepest > 5000000 ? 2 : 1) {
    printf "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" " \
           "stroke=\"#ddd\"/>\n", left, left + width, y(s * 1e6), y(s * 1e6)
    text(left - 6, y(s * 1e6) + 4, 11, "end", s " s")
  }
  printf "<polyline fill=\"none\" stroke=\"#1d5fbf\" stroke-width=\"1.5\" points=\""
  for (i = 0; i < points; i++)
    printf "%.1f,%.1f ", x(px[i]), y(py[i])
  print "\"/>"
  text(left + width, top - 6, 11, "end", "how far behind the source is")

  for (i = 0; i < states; i++) {
    until = i + 1 < states ? state_at[i + 1] : last
    if (until > start && until > state_at[i])
      box(state_at[i], until, top + height + 16, 18,
          state[i] in colour ? colour[state[i]] : "#888", 1)
  }
  text(left - 6, top + height + 30, 11, "end", "state")
  place = left
  split("connected suspect reconnecting connecting", legend, " ")
  for (i = 1; i <= 4; i++) {
    printf "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" " \
           "fill=\"%s\"/>\n", place, top + height + 72, colour[legend[i]]
    text(place + 17, top + height + 82, 12, "start", legend[i])
    place += 130
  }
  seconds = (last - start) / 1e6
  for (s = 0; s <= seconds; s += seconds > 30 ? 10 : 5)
    text(x(start + s * 1e6), top + height + 54, 11, "middle", s " s")
  print "</svg>"
}
