#!/usr/bin/env bash
# Every C++ block of a page compiles, but those that pages.sh finds in a program, and it looks for all
# with main(): each in a function of its own, with the names of snippets.hpp, or in a callback where it
# overrides one's member, or in a namespace of the library where it adds an op.
#   tests/meta/snippets.sh TREE COMPILER [FLAGS...]

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cd "$1"
shift
pages=()
for page in *.md docs/*.md; do
  case $page in
    docs/getting_started.md | docs/coming_from_keras_and_pytorch.md | docs/autodiff.md) ;;
    *) pages+=("$page") ;;
  esac
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unit=$scratch/snippets.cpp
{
  grep -hE '^#include <eigengrad/' "${pages[@]}" || true
  echo '#include "snippets.hpp"'
  awk '
    /^```cpp$/ { inside = 1; block = "#line " FNR + 1 " \"" FILENAME "\"\n"; program = member = op = 0; next }
    /^```$/ && inside {
      inside = 0
      if (program) { next }
      ++count
      print (op ? "namespace eigengrad::snippet" count " {" : \
             member ? "struct Snippet" count " : UserCallback {" : "void snippet" count "() {")
      print block (member ? "};" : "}")
      next
    }
    /^int main\(/ { program = 1 }
    / override \{$/ { member = 1 }
    /^EIGENGRAD_LIST_OP/ { op = 1 }
    inside && !/^#include/ { block = block $0 "\n" }
    inside && /^#include/ { block = block "\n" }' "${pages[@]}"
} >"$unit"
if ! grep -qE '^(void snippet|struct Snippet|namespace eigengrad::snippet)' "$unit"; then
  echo 'no page has a snippet'
  exit 1
fi
"$@" -std=c++20 -fsyntax-only -I include -I "$here" "$unit"
