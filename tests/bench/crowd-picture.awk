# SPDX-License-Identifier: LGPL-2.1-or-later
# The curves of crowd-curve.awk, one file for each outage, as an SVG picture.
BEGIN { WIDTH = 720; HEIGHT = 110; LEFT = 40; GAP = 46 }

FNR == 1 { k++; title[k] = substr($0, 3); next }
FNR == 2 { step[k] = $2; outage[k] = $3; next }
{
  n[k]++
  silent[k, n[k]] = $1
  begun[k, n[k]] = $2
  if ($1 > top[k]) top[k] = $1
  if ($2 > top[k]) top[k] = $2
}

function curve (k, values, colour,   i) {
  printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"", colour
  for (i = 1; i <= n[k]; i++)
    printf "%.1f,%.1f ", LEFT + (i - 1) * bar, base - (values == "silent" ? silent[k, i] : begun[k, i]) * scale
  print "\"/>"
}

END {
  print "<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->"
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n", WIDTH + LEFT + 20, k * (HEIGHT + GAP) + 26
  print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
  printf "<text x=\"%d\" y=\"16\"><tspan fill=\"#c22\">sources without audio for more than 200 ms</tspan>, <tspan fill=\"#36c\">attempts announced since the cut</tspan>; the network is away in the grey part</text>\n", LEFT
  for (i = 1; i <= k; i++) {
    base = 26 + i * (HEIGHT + GAP) - 20
    bar = WIDTH / n[i]
    scale = top[i] ? (HEIGHT - 4) / top[i] : 0
    printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#eee\"/>\n", LEFT, base - HEIGHT, outage[i] / step[i] * bar, HEIGHT
    printf "<text x=\"%d\" y=\"%d\">%s</text>\n", LEFT, base - HEIGHT - 4, title[i]
    printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%d</text>\n", LEFT - 4, base - HEIGHT + 12, top[i]
    printf "<path d=\"M%d %dH%d\" stroke=\"#888\"/>\n", LEFT, base, LEFT + WIDTH
    curve(i, "silent", "#c22")
    curve(i, "begun", "#36c")
    for (s = 0; s * 1000 <= n[i] * step[i]; s += n[i] > 300 ? 10 : 5)
      printf "<text x=\"%.1f\" y=\"%d\">%d s</text>\n", LEFT + s * 1000 / step[i] * bar, base + 14, s
  }
  print "</svg>"
}
