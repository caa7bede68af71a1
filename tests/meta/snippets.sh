#!/usr/bin/env bash
# Every C++ block of docs/autodiff.md stands in examples/autodiff.cpp, which is built and run, but for
# its indentation.
#   tests/meta/snippets.sh [TREE]

set -euo pipefail
tree=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}
awk '
  { sub(/^[ \t]+/, "") }
  FNR == NR { program = program "\n" $0; next }
  /^```cpp$/ { inside = 1; block = ""; start = FNR; next }
  /^```$/ && inside {
    inside = 0
    if (!index(program "\n", block "\n")) {
      print "docs/autodiff.md:" start ": this block is not in examples/autodiff.cpp"
      bad = 1
    }
    next
  }
  inside { block = block "\n" $0 }
  END { exit bad }' "$tree/examples/autodiff.cpp" "$tree/docs/autodiff.md"
