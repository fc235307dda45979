# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares two --frames records of rw-tap: what went in, what came out.
#
#   awk -f compare.awk [-v head=any] SENT RECEIVED
#
# Prints one line of NAME=VALUE and ends with 0 if the second is the first,
# every frame once and in order. With head=any the frames before the first
# one received do not count as lost (a consumer that joined later), but are
# printed. A frame is its payload's checksum; where several frames have the
# same (silence, or a recording played again and again), the one nearest to
# what is due is meant, of those sent within the window of 90 s before it came
# (-v window=SECONDS). Times are checked
# as the distance from one frame to the next, which must be the sender's
# within a millisecond wherever no frame is missing between the two (and the
# record has times: all zero is none).
#
#   lost        sent, never received
#   duplicated  received more often than sent
#   reordered   received after a later one
#   foreign     received, never sent
#   gaps        GAP events, and the frames they stand for
#   retimed     distances between frames that differ by more than 1 ms
BEGIN {
  sent = expected = 0
  head_any = head == "any"
  if (!window)
    window = 90
}

FNR == 1 { file++ }

file == 1 && $1 == "F" {
  wall[sent] = $2
  at[$6, seen[$6]++] = sent
  if (sent > 0)
    step[sent] = $3 - previous_sent
  previous_sent = $3
  sent++
}

file == 2 && $1 == "E" && $3 == "gap" {
  gaps++
}

file == 2 && $1 == "F" {
  received++
  place = nearest($6, expected, $2)
  if (place == "none") {
    if (seen[$6])
      duplicated++
    else
      foreign++
    next
  }
  taken[place] = 1
  if (received == 1 && head_any)
    first = place
  if (place < expected)
    reordered++
  else
    expected = place + 1
  if (had_place && place == last_place + 1 && !($3 == 0 && last_pts == 0)) {
    off = $3 - last_pts - step[place]
    if (off > 1000000 || off < -1000000)
      retimed++
  }
  had_place = 1
  last_place = place
  last_pts = $3
}

# The untaken frame with this payload that is nearest to the place due, of those
# that may have been on their way.
function nearest (sum, place, now,   i, best, distance, found, candidate) {
  best = "none"
  for (i = 0; i < seen[sum]; i++) {
    candidate = at[sum, i]
    if (candidate in taken || wall[candidate] > now + 1000 ||
        wall[candidate] < now - window * 1000000)
      continue
    distance = candidate < place ? place - candidate : candidate - place
    if (best == "none" || distance < found) {
      best = candidate
      found = distance
    }
  }
  return best
}

END {
  for (i = first + 0; i < sent; i++)
    if (!(i in taken)) {
      lost++
      if (lost <= 5)
        missing = missing == "" ? i : missing "," i
    }
  printf "sent=%d received=%d head=%d lost=%d duplicated=%d reordered=%d " \
         "foreign=%d gaps=%d retimed=%d%s\n",
         sent, received, first, lost, duplicated, reordered, foreign, gaps,
         retimed, missing == "" ? "" : " missing=" missing
  exit !(received > 0 && lost + duplicated + reordered + foreign + retimed == 0)
}
