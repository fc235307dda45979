#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Puts a benchmark's output into docs/benchmarks.md, between its own marks, with
# the command that made it:
#
#   bash tests/bench/publish.sh NAME COMMAND [ARGUMENT...]
#
# for instance: bash tests/bench/publish.sh cost bash tests/bench/cost.sh
# The output of the command is shown as well; if it fails, the page stays as it
# is.
set -euo pipefail
cd "$(dirname "$0")/../.."
name=$1
shift
page=docs/benchmarks.md
new=$(mktemp)
trap 'rm -f "$new" "$new.page"' EXIT
{
  echo "<!-- $name -->"
  echo "\`$*\`, $(date -u +%F), $(nproc) cores:"
  echo
  "$@" | tee -a /dev/stderr
  echo "<!-- /$name -->"
} >"$new"
grep -q "^<!-- $name -->" $page || printf '\n<!-- %s -->\n<!-- /%s -->\n' \
  "$name" "$name" >>$page
awk -v name="$name" -v new="$new" '
  $0 == "<!-- " name " -->" {
    while ((getline line < new) > 0)
      print line
    skip = 1
  }
  !skip
  $0 == "<!-- /" name " -->" { skip = 0 }' $page >"$new.page"
cp "$new.page" $page
