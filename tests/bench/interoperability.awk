# SPDX-License-Identifier: LGPL-2.1-or-later
# One row of interoperability.sh:
#
#   awk -v title=... -v role=listener|speaker OUTAGES BUS PEER [FRAMES]
#
# OUTAGES has a line "CUT_US HEAL_US SECONDS" for each cut, and a last one
# "WALL_US - end"; BUS is of rw-tap and
# belongs to our element, PEER is what the adapter printed (peers/report.mjs),
# FRAMES, for a speaker, what came out of our source (test-frame-log.h).
function take_audio(wall, packets, db) {
  n++
  wall_of[n] = wall
  packets_of[n] = packets
  level_of[n] = db + 0
}

# In the order of the outages: which one, 0 before the first.
function period_of(wall, i) {
  for (i = n_outages; i > 0 && wall < cut[i]; i--)
    ;
  return i
}

function field(name, text) {
  if (!match($0, "\"" name "\":\"[^\"]*\""))
    return ""
  text = substr($0, RSTART, RLENGTH)
  gsub("^\"" name "\":\"|\"$", "", text)
  return text
}

function add_to_bus(wall, text, i) {
  i = period_of(wall)
  if (i > 0 && text != last_text[i])
    bus[i] = bus[i] (bus[i] ? ", " : "") text
  last_text[i] = text
}

FNR == 1 { file++ }
file == 1 && $3 == "end" { end = $1; next }
file == 1 { cut[++n_outages] = $1; heal[n_outages] = $2; next }
file == 2 {
  match($0, /"wall":[0-9]+/)
  wall = substr($0, RSTART + 7, RLENGTH - 7) + 0
  if (wall > end)
    next
  if (index($0, "resilient-webrtc-state"))
    add_to_bus(wall, field("state"))
  else if (match($0, /"type":"(warning|error)"/))
    add_to_bus(wall, field("type") ": " field("message"))
  else if (index($0, "resilient-webrtc-step"))
    add_to_bus(wall, "step")
  else if (index($0, "\"rms\"") && match($0, /"rms":\[[-0-9.a-z]+/)) {
    n_levels++
    level_wall[n_levels] = wall
    db = substr($0, RSTART + 7, RLENGTH - 7)
    level_db[n_levels] = db == "null" ? -100 : db
  }
  next
}
$2 > end { next }
$1 == "S" && $3 == (role == "listener" ? "request" : "open") {
  if (!requested)
    requested = $2
  sessions[period_of($2)]++
}
$1 == "A" { take_audio($2, $3, $4) }
# Of our source: each frame, with the next level that is measured after it.
file == 4 && $1 == "F" {
  while (at < n_levels && level_wall[at + 1] < $2)
    at++
  take_audio($2, ++frames, at < n_levels ? level_db[at + 1] : -100)
}

function before_text(i, from, first, last, first_wall, last_wall, sum, m) {
  for (i = 1; i <= n; i++) {
    if (wall_of[i] < cut[1] - 3e6 || wall_of[i] >= cut[1])
      continue
    if (!m++) {
      first = packets_of[i]
      first_wall = wall_of[i]
    }
    last = packets_of[i]
    last_wall = wall_of[i]
    sum += level_of[i]
  }
  if (!m || last_wall == first_wall)
    return "none"
  return sprintf("%.0f, %.0f", (last - first) * 1e6 / (last_wall - first_wall),
                 sum / m)
}

# Half a second after the cut what was on its way has been heard.
function during_text(o, i, first, last, loudest, m) {
  loudest = -100
  for (i = 1; i <= n; i++) {
    if (wall_of[i] < cut[o] + 5e5 || wall_of[i] >= heal[o])
      continue
    if (!m++)
      first = packets_of[i]
    last = packets_of[i]
    if (level_of[i] > loudest)
      loudest = level_of[i]
  }
  if (role == "speaker")
    return m ? m " packets" : "silence"
  if (last == first && loudest < -60)
    return "silence"
  return sprintf("%d packets, %.0f dB", last - first, loudest)
}

function again_text(o, i, start, to) {
  to = o < n_outages ? cut[o + 1] : end
  for (i = 1; i <= n; i++) {
    if (wall_of[i] < heal[o])
      start = packets_of[i]
    else if (wall_of[i] < to && packets_of[i] > start && level_of[i] > -30)
      return sprintf("%.2f", (wall_of[i] - heal[o]) / 1e6)
  }
  return "never"
}

function connects_text(i) {
  for (i = 1; i <= n; i++)
    if (packets_of[i] > 0 && requested)
      return sprintf("%.0f", (wall_of[i] - requested) / 1e3)
  return "never"
}

END {
  printf "| %s | %s | %s | %s ", title, role, connects_text(), before_text()
  for (o = 1; o <= n_outages; o++)
    printf "| %s | %s | %s | %s ", during_text(o), again_text(o),
           sessions[o] ? sessions[o] " new" : "same",
           bus[o] ? bus[o] : "nothing"
  print "|"
}
