# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by faults.sh: what breaks in the rows that nobody asked for. They are
# attempts to lose a frame, by outages that meet each other, or that come and
# go at the worst moments.

fault_flaps () { # SECONDS: the path comes and goes every 100 to 300 ms
  local end=$((SECONDS + $1))
  while [ $SECONDS -lt $end ]; do
    cut_at; lab_blackout rcv; lab_pass 0.$((RANDOM % 21 + 10)); heal_at
    lab_heal; lab_pass 0.$((RANDOM % 21 + 10))
  done
}
fault_turns () { # TIMES: one way is dead, then the other, a second each
  local i
  for ((i = 0; i < $1; i++)); do
    cut_at; lab_cut snd rcv; lab_pass 1; heal_at; lab_heal
    cut_at; lab_cut rcv snd; lab_pass 1; heal_at; lab_heal
  done
}
# Larger packets vanish without a word, as where ICMP is filtered; in the middle
# everything vanishes, so that a new session has to begin like this.
fault_narrow () { # BYTES
  lab_narrow "$1"; lab_pass 3
  cut_at; lab_blackout rcv; lab_pass 5; heal_at; lab_heal
  lab_pass 10; lab_narrow 0
}
fault_reorder () { # SECONDS
  lab_reorder 30 24; lab_pass 2
  cut_at; lab_blackout rcv; lab_pass 2; heal_at; lab_heal
  lab_pass "$1"; lab_reorder 0
}
# There is no server any more: only the old session can heal.
fault_unsignalled () { # SECONDS
  server_kill; lab_pass 1
  cut_at; lab_blackout snd rcv; lab_pass "$1"; heal_at; lab_heal
}
# Signalling is back long before the path between the two is.
fault_signalling_first () {
  cut_at; lab_blackout rcv; lab_blackout snd; lab_pass 1
  server_kill; lab_pass 2; server_start
  lab_heal; lab_blackout snd rcv; lab_pass 9; heal_at; lab_heal
}
fault_paused () { # NAME: in the middle of an outage
  cut_at; lab_blackout rcv; lab_pass 2
  tell "$1" pause; lab_pass 2; tell "$1" play; lab_pass 2
  heal_at; lab_heal
}
fault_paused_across () { # NAME: the path is back while it is paused
  cut_at; lab_blackout rcv; lab_pass 1; tell "$1" pause; lab_pass 2
  heal_at; lab_heal; lab_pass 3; tell "$1" play
}
fault_nat_often () { # TIMES
  local i
  for ((i = 0; i < $1; i++)); do fault_nat snd; lab_pass 1; done
}
# Each opening is a little longer than the last: a new session is cut off in
# each step of its beginning, and the old one in each of its end.
fault_brief_returns () {
  local ms
  cut_at
  for ms in 010 020 030 040 050 060 080 100 130 160 200 250 300 400; do
    lab_blackout rcv; lab_pass 1; lab_heal; lab_pass 0.$ms
  done
  heal_at
}
fault_moved_in_blackout () { # HOST...: new addresses, unseen by the other
  local host
  cut_at; lab_blackout rcv; lab_pass 2
  for host in "$@"; do lab_readdress "$host" 77; done
  lab_pass 2; heal_at; lab_heal
}
fault_moves () { # HOST TIMES
  local i
  for ((i = 0; i < $2; i++)); do
    cut_at; lab_readdress "$1" $((100 + i)); heal_at; lab_pass 0.8
  done
}
fault_blocked () { # SECONDS: downstream takes nothing
  tell out set hold sleep-time $(($1 * 1000000))
  lab_wait 5 still_at "$(frames out)"
  tell out set hold sleep-time 0
  lab_pass $(($1 / 3)); cut_at; lab_blackout rcv
  lab_pass $(($1 / 3)); heal_at; lab_heal
  flow 50
}
still_at () { # FRAMES: none came within a while
  lab_pass 0.2; [ "$(frames out)" -le $(($1 + 3)) ]
}

# Longer than a silent session is kept, while somebody else takes all there is:
# what the one still lacks must not go with the acknowledgements of the other.
fault_beside_another () { # SECONDS
  tell in set sink max-size-time 120000000000
  receiver_host=sig receiver_start other
  lab_wait 20 has_frames other 50
  fault_blackout "$1"
}

# Anything after anything, for so long; RW_SEED says which, and is told.
fault_chaos () { # SECONDS
  local end=$((SECONDS + $1)) i=0
  RANDOM=${RW_SEED:=$((SRANDOM % 32768))}
  tap_note "RW_SEED=$RW_SEED"
  cut_at
  while [ $SECONDS -lt $end ]; do
    chaos_step $((RANDOM % 15)) $((i++))
    lab_pass $((RANDOM % 2)).$((RANDOM % 9))
  done
  running server || server_start
  lab_loss 0; lab_reorder 0; lab_fast rcv; lab_heal
  kill -CONT "${pid_of[in]}" "${pid_of[out]}"
  heal_at
}
chaos_step () { # WHAT NUMBER
  echo "$(lab_now) $1" >>"$work/chaos"
  case $1 in
    0) lab_blackout rcv ;;
    1) lab_blackout snd ;;
    2) lab_cut snd rcv ;;
    3) lab_cut rcv snd ;;
    4 | 5 | 6) lab_heal ;;
    7) lab_loss $((RANDOM % 60)) ;;
    8) lab_readdress rcv $((100 + $2 % 100)) ;;
    9) lab_readdress snd $((100 + $2 % 100)) ;;
    10) if running server; then server_kill; else server_start; fi ;;
    11) kill -STOP "${pid_of[in]}"; lab_pass 1; kill -CONT "${pid_of[in]}" ;;
    12) kill -STOP "${pid_of[out]}"; lab_pass 1; kill -CONT "${pid_of[out]}" ;;
    13) lab_slow rcv $((RANDOM % 100 + 16)) 1000; lab_pass 1; lab_fast rcv ;;
    14) lab_narrow $((RANDOM % 1000 + 400)) ;;
  esac
}
