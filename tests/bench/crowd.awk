# SPDX-License-Identifier: LGPL-2.1-or-later
# The records of crowd.sh as one row of its table.
function text (name,   at, rest) {
  at = index($0, "\"" name "\":")
  if (!at)
    return ""
  rest = substr($0, at + length(name) + 3)
  sub(/^"/, "", rest)
  sub(/[",}].*/, "", rest)
  return rest
}

# The changes of state of the sources.
FILENAME ~ /\.bus$/ {
  if (text("name") != "resilient-webrtc-state")
    next
  at = text("wall") + 0
  source = text("source")
  state = text("state")
  if (at < cut || state == "stopped")
    next
  if (state == "connected")
    attempts += text("attempt")
  if (at < heal)
    next
  if (back[source])
    flaps++
  if (state == "connected")
    back[source] = 1
  if (at > settled)
    settled = at
  next
}

FILENAME ~ /in\.frames$/ {
  if ($1 == "F") sent++
  next
}

# A source's frames: the first one after the outage, and how many came.
FNR == 1 { n_files++ }
$1 == "F" {
  got[FILENAME]++
  if ($2 > heal && !(FILENAME in first))
    first[FILENAME] = $2
}
$1 == "E" && $3 == "gap" { gaps++ }

END {
  m = 0
  for (name in first) {
    v = (first[name] - heal) / 1000
    for (j = m++; j > 0 && sorted[j - 1] > v; j--)
      sorted[j] = sorted[j - 1]
    sorted[j] = v
  }
  if (m < sources)
    all = "never (" m ")"
  else
    all = sprintf("%d", sorted[m - 1])
  split(row, part, ",")
  name = part[2] " s"
  if (row ~ /address/) name = name ", new address"
  if (row ~ /server/) name = name ", server killed"
  printf "| %d | %s | %s | %d | %d | %s | %d | %.2f | %d | %d | %s | %.1f |\n",
    sources, name, ready, sorted[int((m - 1) / 2)], sorted[int((m - 1) * 0.99)],
    all, (settled - heal) / 1000, attempts / sources, flaps, gaps, threads,
    cpu / 1000
}
