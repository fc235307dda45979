# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares two --frames records of decoded audio, bit for bit:
#
#   awk -f samples.awk REFERENCE RECEIVED
#
# Each buffer must have the reference's bytes at the reference's place.
BEGIN { n[1] = n[2] = 0 }
FNR == 1 { file = FILENAME == ARGV[1] ? 1 : 2 }
$1 == "F" {
  sum[file, n[file]++] = $5 " " $6
}

END {
  for (i = 0; i < n[1] || i < n[2]; i++)
    if (sum[1, i] != sum[2, i]) {
      if (!differ)
        first = i
      differ++
    }
  printf "reference=%d received=%d different=%d%s\n", n[1], n[2], differ,
         differ ? " first=" first : ""
  exit !(n[1] > 0 && differ == 0)
}
