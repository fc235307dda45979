# SPDX-License-Identifier: LGPL-2.1-or-later
# The records of one outage of crowd.sh as a curve, a line for each tenth of a
# second since the cut: how many sources have been without a frame for more than
# 200 ms, and how many attempts they have announced by then.
BEGIN { STEP = 100; SILENT = 200 }

function text (name,   at, rest) {
  at = index($0, "\"" name "\":")
  if (!at)
    return ""
  rest = substr($0, at + length(name) + 3)
  sub(/^"/, "", rest)
  sub(/[",}].*/, "", rest)
  return rest
}

function step_of (us) { return int((us - cut) / 1000 / STEP) }

# What a source announces has the number of its attempts so far.
FILENAME ~ /\.bus$/ {
  if (text("name") != "resilient-webrtc-state")
    next
  source = text("source")
  n = text("attempt") + 0
  at = text("wall") + 0
  if (at < cut || text("state") == "stopped")
    next
  if (n > announced[source]) {
    begun[step_of(at)] += n - announced[source]
    announced[source] = n
  }
  if (text("state") == "connected")
    announced[source] = 0
  next
}

function note_silence (from, to,   i) {
  for (i = step_of(from) + SILENT / STEP; i < step_of(to); i++)
    silent[i]++
}

FNR == 1 { last[FILENAME] = 0 }
$1 == "F" {
  if (last[FILENAME] && $2 > cut)
    note_silence(last[FILENAME], $2)
  last[FILENAME] = $2
}

END {
  end = step_of(heal + settle * 1e6)
  for (name in last)
    if (last[name] && step_of(last[name]) < end)
      note_silence(last[name], heal + settle * 1e6)
  printf "# %s\n# %d %d\n", title, STEP, (heal - cut) / 1000
  for (i = 0; i < end; i++)
    print silent[i] + 0, sum += begun[i]
}
