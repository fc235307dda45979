# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Turns the records of catch-up.sh into figures:
#
#   awk -f catch-up.awk SENT LOG BUS OUTAGES
#
# SENT is the sender's --frames record, LOG what the receiver says of arriving
# live frames, BUS the sender's, with its stats, OUTAGES lines of 'CUT HEAL' in
# wall-clock microseconds. Prints for each outage ('-': it did not happen):
#
#   acked  ms from the heal until no more waits to be acknowledged than did in
#          the two seconds before the cut
#   added median, p95, max   ms by which live frames recorded in that time were
#          on their way for longer than those in the five seconds before the cut
#   live, repaired   how many of the frames recorded in that time came over the
#          live lane, and how many did not
BEGIN { n = samples = 0 }

FILENAME == ARGV[1] && $1 == "F" { sent[n++] = $2 }

# Of several sessions the first counts. The clocks differ by a constant.
FILENAME == ARGV[2] && / live frame [0-9]+ at [0-9]+ us/ {
  match($0, /live frame [0-9]+ at [0-9]+/)
  split(substr($0, RSTART, RLENGTH), word, " ")
  if (!(word[3] in arrived))
    arrived[word[3]] = word[5]
}

FILENAME == ARGV[3] && /"name":"stats"/ {
  at[samples] = field("\"wall\":")
  backlog[samples++] = field("\"backlog\":")
}

FILENAME == ARGV[4] {
  cut = $1; heal = $2
  usual = 0
  for (i = 0; i < samples && at[i] < heal; i++)
    if (at[i] >= cut - 2000000 && at[i] < cut && backlog[i] > usual)
      usual = backlog[i]
  while (i < samples && backlog[i] > usual)
    i++
  if (i == samples) {
    print "- - - - - -"
    next
  }
  done = at[i]
  rest = delays(cut - 5000000, cut - 200000)
  rest = rest > 0 ? sorted[int((rest - 1) / 2)] : 0
  live = delays(heal, done)
  print ms(done - heal), ms(rank(0.5) - rest), ms(rank(0.95) - rest),
        ms(rank(1) - rest), live, recorded - live
}

# Of the live frames recorded from one time to another, how long they took,
# into sorted[].
function delays (from, to,   i, j, m, value) {
  m = recorded = 0
  for (i = 0; i < n && sent[i] < to; i++) {
    if (sent[i] < from)
      continue
    recorded++
    if (!(i in arrived))
      continue
    value = arrived[i] - sent[i]
    for (j = m++; j > 0 && sorted[j - 1] > value; j--)
      sorted[j] = sorted[j - 1]
    sorted[j] = value
  }
  return m
}

function rank (part) { return live ? sorted[int((live - 1) * part)] : rest }

function field (name) {
  match($0, name "[0-9]+")
  return substr($0, RSTART + length(name), RLENGTH - length(name)) + 0
}

function ms (us) { return sprintf("%.1f", us / 1000) }
