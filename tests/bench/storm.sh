#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The server ends under its clients and is back after 2 s: killed, and asked to
# go (when it tells them to spread their return). As a table, and as a picture:
# docs/storm.svg, attempts in each tenth of a second.
#
#   bash tests/bench/storm.sh [CLIENTS]
set -eu
clients=${1:-5000}
cd "$(dirname "$0")/../.."
build=${RW_BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf '#!/bin/sh\nexec taskset -c 0 %s "$@"\n' \
  "$(realpath "$build/lib/server/resilient-signalling-server")" >"$work/server"
chmod +x "$work/server"

echo "$clients clients in one process on one core, the server on another and" \
  "away for 2 s:"
echo
echo "| | attempts | a second, mean | highest | highest / mean | half back after | 99 % | all |"
echo "|---|---|---|---|---|---|---|---|"
for how in kill term; do
  taskset -c 1 "$build/tests/bench/storm" "$work/server" "$clients" 2000 $how \
    >"$work/$how" 2>"$work/$how.log" || { tail -3 "$work/$how.log" >&2; exit 1; }
  sed -n 's/^attempts per 100 ms: //p' "$work/$how" >"$work/$how.ticks"
  awk -v how=$how '
    /^attempts per/ { for (i = 5; i <= NF; i++) n += $i }
    /^attempts a second/ { mean = $5 + 0; high = $7 + 0; ratio = $8 }
    /^back after/ { half = $7; most = $11; all = $14 }
    END { printf "| SIG%s | %d | %d | %d | %s | %s s | %s s | %s s |\n",
          toupper(how), n, mean, high, ratio, half, most, all }' "$work/$how"
done

# Bars of 100 ms; both pictures to the same scale.
awk -v width=760 -v height=150 '
  { ticks[FILENAME == ARGV[1] ? 0 : 1] = $0
    for (i = 1; i <= NF; i++) if ($i > top) top = $i
    if (NF > longest) longest = NF }
  END {
    print "<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->"
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n", width, 2 * (height + 40)
    print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    for (k = 0; k < 2; k++) {
      n = split (ticks[k], v, " ")
      base = (k + 1) * (height + 40) - 18
      bar = (width - 20) / longest
      sum = 0
      for (i = 1; i <= n; i++) {
        h = top > 0 ? v[i] * height / top : 0
        printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#36c\"/>\n", 10 + (i - 1) * bar, base - h, bar * 0.9, h
        sum += v[i]
      }
      mean = sum / n
      for (m = 1; m <= 3; m += 2)
        if (m * mean <= top)
          printf "<path d=\"M10 %.1fH%d\" stroke=\"%s\" stroke-dasharray=\"4\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", base - m * mean * height / top, width - 10, m == 1 ? "#080" : "#c00", width - 12, base - m * mean * height / top - 3, m == 1 ? "mean" : "3 x mean"
      printf "<text x=\"12\" y=\"%d\">%s: at most %d attempts in 100 ms</text>\n", base - height - 4, k == 0 ? "SIGKILL" : "SIGTERM", max_of(v, n)
      for (s = 0; s * 10 <= longest; s += longest > 150 ? 5 : 1)
        printf "<text x=\"%.1f\" y=\"%d\">%d s</text>\n", 10 + s * 10 * bar, base + 14, s
    }
    print "</svg>"
  }
  function max_of(a, n,   i, m) { for (i = 1; i <= n; i++) if (a[i] > m) m = a[i] + 0; return m }
' "$work/kill.ticks" "$work/term.ticks" >docs/storm.svg
echo
echo "![attempts in each tenth of a second](storm.svg)"
