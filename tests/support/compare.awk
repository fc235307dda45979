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
# record has times: all zero is none). The receiver corrects its times rarely
# and by whole errors (rw-timeline.h), for instance when its first frames
# were late on a busy machine: after the first three seconds such corrections
# may add up to 100 ms.
#
#   lost        sent, never received
#   duplicated  received more often than sent
#   reordered   received after a later one
#   foreign     received, never sent
#   gaps        GAP events, and the frames they stand for
#   retimed     distances between frames that differ by more than 1 ms
#   shifted     by how much they differ, all together, ms
#   wandered    the part of that after the first three seconds, ms
BEGIN {
  sent = received = expected = 0
  head_any = head == "any"
  if (!window)
    window = 90
}

FNR == 1 { file++ }

file == 1 && $1 == "F" {
  wall[sent] = $2
  payload[sent] = $6
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
  arrival[received] = $2
  pts[received] = $3
  sum[received] = $6
  received++
}

function take(n,   place, off) {
  if (n == 0 && head_any)
    place = head_place(sum[n], arrival[n])
  else
    place = nearest(sum[n], expected, arrival[n])
  if (place == "none") {
    if (seen[sum[n]])
      duplicated++
    else
      foreign++
    return
  }
  taken[place] = 1
  if (n == 0 && head_any)
    first = place
  if (place < expected)
    reordered++
  else
    expected = place + 1
  if (had_place && place == last_place + 1 &&
      !(pts[n] == 0 && last_pts == 0)) {
    off = pts[n] - last_pts - step[place]
    if (off > 1000000 || off < -1000000) {
      off = (off < 0 ? -off : off) / 1000000
      retimed++
      shifted += off
      if (arrival[n] - arrival[0] > 3000000)
        wandered += off
    }
  }
  had_place = 1
  last_place = place
  last_pts = pts[n]
}

# Frame PLACE may have been on its way at the time NOW.
function may_come(place, now) {
  return wall[place] <= now + 1000 && wall[place] >= now - window * 1000000
}

# Where a consumer joined: of the frames with the first payload that came, the
# one after which the next ones were sent as they came, and the latest of those.
function head_place(payload_sum, now,   i, n, candidate, best, follow, most) {
  best = "none"
  for (i = 0; i < seen[payload_sum]; i++) {
    candidate = at[payload_sum, i]
    if (!may_come(candidate, now))
      continue
    follow = 0
    for (n = 1; n < 50 && n < received; n++)
      follow += payload[candidate + n] == sum[n]
    if (best == "none" || follow >= most) {
      best = candidate
      most = follow
    }
  }
  return best
}

# The untaken frame with this payload that is nearest to the place due, of those
# that may have been on their way.
function nearest(payload_sum, place, now,   i, best, distance, found, candidate) {
  best = "none"
  for (i = 0; i < seen[payload_sum]; i++) {
    candidate = at[payload_sum, i]
    if (candidate in taken || !may_come(candidate, now))
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
  for (n = 0; n < received; n++)
    take(n)
  for (i = first + 0; i < sent; i++)
    if (!(i in taken)) {
      lost++
      if (lost <= 5)
        missing = missing == "" ? i : missing "," i
    }
  printf "sent=%d received=%d head=%d lost=%d duplicated=%d reordered=%d " \
         "foreign=%d gaps=%d retimed=%d shifted=%d wandered=%d%s\n",
         sent, received, first, lost, duplicated, reordered, foreign, gaps,
         retimed, shifted, wandered, missing == "" ? "" : " missing=" missing
  exit !(received > 0 && lost + duplicated + reordered + foreign == 0 &&
         wandered <= 100)
}
