#!/usr/bin/env bash
# A program in a page is a file of examples/, which is built and run: they must not differ. Each
# ```cpp block of the pages below is compared with its file, in order; a page that is not there is
# none.
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
exit "$status"
