#!/usr/bin/env bash
# A program in a page is a file of examples/, which is built and run: they must not differ. Each
# ```cpp block of the pages below is compared with its file, in order; a page that is not there is
# none. The same for README's pictures, which examples write.
#   tests/meta/readme.sh [TREE]

set -euo pipefail
tree=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}
status=0

check() { # check PAGE BLOCK EXAMPLE
  local program difference
  if [ ! -e "$tree/$1" ]; then
    return
  fi
  program=$(awk -v wanted="$2" '
    /^```cpp$/ { inside = 1; ++block; next }
    /^```$/ { inside = 0 }
    inside && block == wanted' "$tree/$1")
  if ! difference=$(diff <(printf '%s\n' "$program") "$tree/$3"); then
    printf '%s: its program (<) is not %s (>):\n%s\n' "$1" "$3" "$difference"
    status=1
  fi
}

check README.md 1 examples/quickstart.cpp
check docs/coming_from_keras_and_pytorch.md 1 examples/from_keras.cpp
check docs/coming_from_keras_and_pytorch.md 2 examples/from_pytorch.cpp

# Every picture in README.md is there, small, without scripts and other files, and written by one of
# the examples.
while read -r picture; do
  file=$tree/$picture
  if [ ! -s "$file" ]; then
    echo "README.md: no picture $picture"
    status=1
  elif [ "$(wc -c <"$file")" -ge 153600 ] || grep -qE '<script|href|url\(' "$file"; then
    echo "$picture: not below 150 KB, or not by itself"
    status=1
  fi
  if ! grep -qF "\"${picture##*/}\"" "$tree/examples/$(basename "$picture" .svg).cpp"; then
    echo "$picture: examples/$(basename "$picture" .svg).cpp does not write it"
    status=1
  fi
done < <(grep -o 'src="[^"]*"' "$tree/README.md" | cut -d '"' -f 2)
exit "$status"
