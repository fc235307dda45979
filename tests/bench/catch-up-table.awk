# SPDX-License-Identifier: LGPL-2.1-or-later
# The results of catch-up.sh as a Markdown table.
{
  if (!($1 in times)) {
    order[n++] = $1
    times[$1] = 0
  }
  i = times[$1]++
  for (column = 2; column <= 5; column++)
    value[$1, column, i] = $column
  live[$1] += $6
  repaired[$1] += $7
}

# min / median / p95 / max, of those that are numbers
function figures (row, column,   i, j, m, v, list) {
  m = 0
  for (i = 0; i < times[row]; i++) {
    v = value[row, column, i]
    if (v == "-")
      continue
    for (j = m++; j > 0 && list[j - 1] > v + 0; j--)
      list[j] = list[j - 1]
    list[j] = v + 0
  }
  if (!m)
    return "never"
  return list[0] " / " list[int((m - 1) / 2)] " / " \
         list[int((m - 1) * 0.95)] " / " list[m - 1] \
         (m < times[row] ? " (" times[row] - m " never)" : "")
}

END {
  print "| drain-rate | path | n | network back to all acknowledged, ms | " \
        "live lane's added delay meanwhile, ms: median | p95 | " \
        "live frames that came by repair |"
  print "|---|---|---|---|---|---|---|"
  for (i = 0; i < n; i++) {
    row = order[i]
    split(row, part, "/")
    print "| " (part[1] ? part[1] : "0 (none)") " | " \
          (part[2] ? part[2] " kbit/s" : "unlimited") " | " times[row] " | " \
          figures(row, 2) " | " figures(row, 3) " | " figures(row, 4) " | " \
          repaired[row] + 0 " of " live[row] + repaired[row] " |"
  }
}
