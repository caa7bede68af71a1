#!/usr/bin/env bash
# Programs that misuse the library get a short answer in our words. Each file of a folder says which
# in a line `// says: ...`; with g++ and with clang++ (one that is absent is skipped) it must not
# compile, the words must appear, and the output must be at most 10 lines.
#   tests/meta/misuse.sh FOLDER TREE [FLAGS...]
# Prints one line per finding; exits 1 when there is one.

set -euo pipefail
folder=$1
tree=$2
shift 2
most_lines=10
status=0
compilers=0

finding() {
  echo "$*"
  status=1
}

for compiler in g++ clang++; do
  if ! command -v "$compiler" >/dev/null; then
    echo "$compiler is absent: skipped"
    continue
  fi
  compilers=$((compilers + 1))
  for file in "$folder"/*.cpp; do
    name=$(basename "$file"):
    words=$(sed -n 's|^// says: ||p' "$file")
    if [ -z "$words" ]; then
      finding "$name has no line '// says: ...'"
      continue
    fi
    if output=$("$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -I "$tree/include" "$@" \
      "$file" 2>&1); then
      finding "$name $compiler accepts it"
      continue
    fi
    lines=$(wc -l <<<"$output")
    if [ "$lines" -gt "$most_lines" ]; then
      finding "$name $lines lines of $compiler, at most $most_lines"
    fi
    if ! grep -qF -- "$words" <<<"$output"; then
      finding "$name $compiler does not say: $words"
    fi
  done
done
if [ "$compilers" -eq 0 ]; then
  finding "neither g++ nor clang++: nothing was checked"
fi
exit "$status"
