# SPDX-License-Identifier: LGPL-2.1-or-later
# From click in to click out: two records of test-click-log.h.
#
#   awk -v from=US -v to=US -f delay.awk IN OUT
#
# Prints 'MEDIAN WORST HEARD MADE': delays in ms of the clicks made in that
# time, how many were heard, how many were made. A click is the nearest one of
# its number before it was heard; it is that of TONES s earlier only if it comes
# that late.
BEGIN { TONES = 12; made = heard = n = 0 }

FILENAME == ARGV[1] {
  if ($2 >= from && $2 < to) {
    made_at[made] = $2
    number[made++] = $3
  }
  next
}

{ heard_at[heard] = $2; tone[heard++] = $3 }

END {
  for (i = 0; i < made; i++)
    for (k = 0; k < heard; k++) {
      delay = (heard_at[k] - made_at[i]) / 1000
      # The codec may move the first sample by as much back.
      if (tone[k] == number[i] && delay > -5 && delay < TONES * 1000 - 5) {
        all[n++] = delay
        break
      }
    }
  for (i = 1; i < n; i++)
    for (k = i; k > 0 && all[k - 1] > all[k]; k--) {
      swap = all[k]; all[k] = all[k - 1]; all[k - 1] = swap
    }
  if (n)
    printf "%.0f %.0f %d %d\n", all[int((n - 1) / 2)], all[n - 1], n, made
  else
    printf "- - 0 %d\n", made
}
