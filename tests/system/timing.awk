# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The cost of outages, seen from outside:
#
#   awk -f timing.awk SENT RECEIVED BUS OUTAGES
#
# SENT and RECEIVED are --frames records of rw-tap, BUS the receiver's --bus,
# OUTAGES lines of 'CUT HEAL' in wall-clock microseconds. Prints for each
# outage, in milliseconds ('-' where it did not happen):
#
#   outage  detect  back  caught  before  after  worst
#
#   detect  from the cut to the first word on the bus that something is wrong
#   back    from the heal to the first frame handed on of those sent since the
#           cut
#   caught  from the heal to the first frame handed on as young as frames were
#           before the cut, give or take 60 ms
#   before  how old a frame was when it was handed on: the median of a hundred
#   after   the same from 5 s after the heal on, or at the end of the record
#   worst   the oldest frame that was handed on in between
BEGIN { n = states = 0 }
FILENAME == ARGV[1] && $1 == "F" { sent[$6, known[$6]++] = $2 }

FILENAME == ARGV[2] && $1 == "F" {
  wall[n] = $2
  age[n] = age_of($6, $2)
  n++
}

FILENAME == ARGV[3] && /"resilient-webrtc-state"/ {
  match($0, /"wall":[0-9]+/)
  state_wall[states] = substr($0, RSTART + 7, RLENGTH - 7) + 0
  match($0, /"state":"[a-z]+"/)
  state[states] = substr($0, RSTART + 9, RLENGTH - 10)
  states++
}

FILENAME == ARGV[4] {
  cut = $1; heal = $2
  # The ages of the hundred frames before the cut.
  for (i = 0; i < n && wall[i] < cut; i++)
    ;
  usual = median(i - 100 < 0 ? 0 : i - 100, i)
  detect = back = caught = "-"
  for (i = 0; i < states; i++)
    if (state_wall[i] >= cut && state[i] != "connected") {
      detect = ms(state_wall[i] - cut)
      break
    }
  for (i = 0; i < n; i++) {
    # Frames on their way before the cut prove nothing.
    if (wall[i] < heal || age[i] < 0 || wall[i] - age[i] < cut)
      continue
    if (back == "-")
      back = ms(wall[i] - heal)
    if (age[i] <= usual + 60000) {
      caught = ms(wall[i] - heal)
      break
    }
  }
  for (last = i; last < n && wall[last] < heal + 5000000; last++)
    ;
  worst = 0
  for (k = 0; k < last; k++)
    if (wall[k] >= cut && age[k] > worst)
      worst = age[k]
  first = last < n - 25 ? last : n - 50
  after = median(first < 0 ? 0 : first, first + 100 < n ? first + 100 : n)
  print ms(heal - cut), detect, back, caught, ms(usual), ms(after), ms(worst)
}

# Of several frames with one payload (silence, or a recording played again) the
# oldest of the last 90 s is meant that was not met yet; those from before the receiver's time are passed over.
function age_of (sum, now) {
  while (met[sum] + 1 < known[sum] && n == 0 && sent[sum, met[sum] + 1] <= now)
    met[sum]++
  while (met[sum] < known[sum] && sent[sum, met[sum] + 0] < now - 90000000)
    met[sum]++
  return met[sum] < known[sum] ? now - sent[sum, met[sum]++ + 0] : -1
}

function ms (us) { return us == "-" ? us : sprintf("%.0f", us / 1000) }

function median (from, to,   i, j, m, value, list) {
  m = 0
  for (i = from; i < to; i++) {
    value = age[i]
    for (j = m++; j > 0 && list[j - 1] > value; j--)
      list[j] = list[j - 1]
    list[j] = value
  }
  return m ? list[int(m / 2)] : "-"
}
