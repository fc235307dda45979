#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The test of the test: over plain RTP the harness must see nothing where
# nothing was lost, and every fault that the lab makes.
cd "$(dirname "$0")" || exit 1
. ../support/tap.sh
. ../support/lab.sh
. ../support/pair.sh
lab_enter "$@"
transport=udp
lab_up
pair_setup || exit 1
trap pair_remove EXIT

run_pair () { # FAULT...
  receiver_start out
  # udpsrc is listening once its socket is there.
  lab_wait 10 lab_on rcv bash -c 'grep -q :138C /proc/net/udp'
  sender_start in
  lab_wait 20 has_frames out 50 || tap_note "nothing came out"
  "$@"
  pair_end in out
}

quiet () { lab_wait 20 has_frames out 100; }
run_pair quiet
compare in out >"$work/result"
tap_result $? "a clean path shows no fault" "$(cat "$work/result")"
compare_samples in out >"$work/result"
tap_result $? "what is decoded on a clean path is the reference" \
  "$(cat "$work/result")"

more_frames () { has_frames in $(($(frames in) + $1)); }
let_pass () { # N more frames into the sender
  local goal=$(($(frames in) + $1))
  lab_wait 20 has_frames in $goal
}

short_cut () { lab_cut snd rcv; let_pass 15; lab_heal; let_pass 50; }
run_pair short_cut
compare in out >"$work/result"
lost=$(sed -n 's/.* lost=\([0-9]*\).*/\1/p' "$work/result")
[ $? = 0 ] && [ "$lost" -ge 10 ] && [ "$lost" -le 30 ]
tap_result $? "a cut of 300 ms shows as as many frames" "$(cat "$work/result")"
! compare_samples in out >"$work/result"
tap_result $? "and in the samples" "$(cat "$work/result")"

lossy () { lab_loss 20; let_pass 150; lab_loss 0; let_pass 20; }
run_pair lossy
compare in out >"$work/result"
lost=$(sed -n 's/.* lost=\([0-9]*\).*/\1/p' "$work/result")
[ "$lost" -ge 10 ] && [ "$lost" -le 60 ]
tap_result $? "20 % random loss shows as about that" "$(cat "$work/result")"

narrow () { lab_narrow 100; let_pass 100; lab_narrow 0; let_pass 20; }
run_pair narrow
compare in out >"$work/result"
lost=$(sed -n 's/.* lost=\([0-9]*\).*/\1/p' "$work/result")
[ "$lost" -ge 50 ] && [ "$lost" -le 110 ]
tap_result $? "on a narrow path large packets are lost" "$(cat "$work/result")"

# The jitter buffer puts them in order again, but for those that come too late.
reordering () { lab_reorder 30 6; let_pass 150; lab_reorder 0; let_pass 20; }
run_pair reordering
compare in out >"$work/result"
lost=$(sed -n 's/.* lost=\([0-9]*\).*/\1/p' "$work/result")
[ "$lost" -ge 5 ] && [ "$lost" -le 80 ]
tap_result $? "what is overtaken on its way comes too late" \
  "$(cat "$work/result")"

tap_done
