#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Prints each script as a C string, named after its file. Comments and empty
# lines do not go to Redis.
set -eu
echo '/* Made of the files in scripts/; not to be edited. */'
for file in "$@"; do
  name=$(basename "$file" .lua | tr - _)
  echo "static const char ${name}_lua[] ="
  sed -e '/^--/d' -e '/^ *$/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' \
    -e 's/^/  "/' -e 's/$/\\n"/' "$file"
  echo '  ;'
done
