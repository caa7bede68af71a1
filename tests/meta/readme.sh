#!/usr/bin/env bash
# The program in README.md is examples/quickstart.cpp, which is built and run: they must not differ.
#   tests/meta/readme.sh [TREE]

set -euo pipefail
tree=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}
program=$(awk '/^```cpp$/ { inside = 1; next } /^```$/ && inside { exit } inside' "$tree/README.md")
if ! difference=$(diff <(printf '%s\n' "$program") "$tree/examples/quickstart.cpp"); then
  printf 'README.md: its program (<) is not examples/quickstart.cpp (>):\n%s\n' "$difference"
  exit 1
fi
