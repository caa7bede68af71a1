#!/usr/bin/env bash
# Compiles every header of a source tree by itself, twice in one unit, with warnings as errors:
#   tests/meta/alone.sh TREE COMPILER [FLAGS...]
# Prints what the compiler says; exits 1 when a header does not stand alone.

set -euo pipefail
tree=$1
shift
cd "$tree/include"

compile_alone() {
  local header=$1
  shift
  if ! printf '#include <%s>\n#include <%s>\n' "$header" "$header" |
    "$@" -x c++ -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror \
      -I . - 2>&1; then
    echo "include/$header: does not compile alone"
    return 1
  fi
}
export -f compile_alone

find eigengrad -name '*.hpp' | sort |
  xargs -r -P "$(nproc)" -I HEADER bash -c 'compile_alone "$@"' compile_alone HEADER "$@" || exit 1
