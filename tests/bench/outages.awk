# SPDX-License-Identifier: LGPL-2.1-or-later
# The results of outages.sh as a Markdown table: min / median / p95 / max.
$3 == "lost" {
  sent[$1, $2] += $4
  lost[$1, $2] += $5
  next
}

{
  key = $1 SUBSEP $2
  if (!(key in times)) {
    order[n++] = key
    times[key] = 0
  }
  i = times[key]++
  detect[key, i] = $4; back[key, i] = $5; caught[key, i] = $6
}

function figures (list, key,   i, j, m, missing, value, sorted) {
  m = missing = 0
  for (i = 0; i < times[key]; i++) {
    value = list[key, i]
    if (value == "-") {
      missing++
      continue
    }
    for (j = m++; j > 0 && sorted[j - 1] > value + 0; j--)
      sorted[j] = sorted[j - 1]
    sorted[j] = value + 0
  }
  if (!m)
    return "-"
  return sorted[0] " / " sorted[int((m - 1) / 2)] " / " \
         sorted[int((m - 1) * 0.95)] " / " sorted[m - 1] \
         (missing ? " (" missing " never)" : "")
}

BEGIN { n = 0 }

END {
  print "| outage | system | n | detected after, ms | network back to " \
        "the first frame, ms | network back to caught up, ms | frames lost |"
  print "|---|---|---|---|---|---|---|"
  for (i = 0; i < n; i++) {
    split(order[i], part, SUBSEP)
    name = part[2]
    if (!sub(/^address:.*/, "new address", name) &&
        !sub(/^nat:.*/, "NAT rebinding", name))
      name = name " s"
    print "| " name " | " part[1] " | " times[order[i]] " | " \
          figures(detect, order[i]) " | " figures(back, order[i]) " | " \
          figures(caught, order[i]) " | " lost[order[i]] " of " \
          sent[order[i]] " |"
  }
}
