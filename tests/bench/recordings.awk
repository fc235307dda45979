# SPDX-License-Identifier: LGPL-2.1-or-later
# Whether a recording has each click where it belongs: the record of what was
# made, and that of the recording (test-click-log.h).
#
#   awk -f recordings.awk MADE RECORDED
#
# Prints 'MADE PRESENT WORST-MS': of the clicks that were made from the first
# recorded one to the last one, how many are in the recording, and the worst
# error of a position. Where a recording begins is free: the median of the errors
# is no error. A click of the same tone comes again after 12 s.
BEGIN { made = n = present = wanted = worst = 0; cycle = 12000 }
FILENAME == ARGV[1] { made_ms[made] = $2 / 1000; tone[made++] = $3; next }
{ at_ms[n] = $4 / 1000000; heard[n++] = $3 }

function abs(x) { return x < 0 ? -x : x }

# The first click of the recording is the one of its tone after which most of
# the next ones were made as they are recorded.
function find_first(   i, k, follow, most, best) {
  best = -1
  most = 0
  for (i = 0; i < made; i++) {
    if (tone[i] != heard[0])
      continue
    follow = 1
    for (k = 1; k < 10 && k < n && i + k < made; k++)
      follow += tone[i + k] == heard[k] &&
                abs((made_ms[i + k] - made_ms[i]) - (at_ms[k] - at_ms[0])) < 500
    if (follow > most) { most = follow; best = i }
  }
  return best
}

function median(m,   i, k, list, value) {
  for (i = 0; i < m; i++) {
    value = error[i]
    for (k = i; k > 0 && list[k - 1] > value; k--)
      list[k] = list[k - 1]
    list[k] = value
  }
  return m ? list[int((m - 1) / 2)] : 0
}

END {
  first = n ? find_first() : -1
  if (first < 0) {
    print made, 0, "-", "-"
    exit 1
  }
  k = 0
  for (i = first; i < made; i++) {
    due_ms = made_ms[i] - made_ms[first] + at_ms[0]
    if (due_ms > at_ms[n - 1] + 500)
      break
    for (j = k; j < n && at_ms[j] < due_ms + cycle / 2; j++)
      if (heard[j] == tone[i] && abs(at_ms[j] - due_ms) < cycle / 2) {
        present++
        error[present - 1] = at_ms[j] - due_ms
        k = j + 1
        break
      }
    wanted++
  }
  middle = median(present)
  for (i = 0; i < present; i++)
    if (abs(error[i] - middle) > worst)
      worst = abs(error[i] - middle)
  printf "%d %d %.0f\n", wanted, present, worst
}
