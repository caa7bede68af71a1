#!/usr/bin/env bash
# Every C++ block of a page below stands, but for its indentation, in one of the page's programs of
# examples/, which are built and run; a block with main() is the whole of one of them, and on a page
# that is not below there is none. A page that is not there has no blocks. Every name in
# docs/idioms.md is in its header, marked if the umbrella lacks it, and README's pictures are written
# by examples.
#   tests/meta/pages.sh [TREE]
#
# With a page and a program: runs it and finds every ```text block of the page in what it prints, line
# by line; a line "..." in a block stands for any number of lines. Ends with the program's exit code
# where that is not 0.
#   tests/meta/pages.sh --output PAGE PROGRAM

set -euo pipefail

if [ "${1:-}" = --output ]; then
  if [ "$(grep -c '^```text$' "$2")" -eq 0 ]; then
    echo "$2: shows no output"
    exit 1
  fi
  code=0
  output=$("$3") || code=$?
  printf '%s\n' "$output"
  if [ "$code" -ne 0 ]; then
    echo "$3 ended with exit code $code"
    exit "$code"
  fi
  awk -v page="$2" '
    function found(from, i, skip) {  # the block from line i on, in the output from line `from` on
      if (i > lines) { return 1 }
      if (block[i] == "...") { return found(from, i + 1, 1) }
      for (; from <= printed; ++from) {
        if (out[from] == block[i] && found(from + 1, i + 1, 0)) { return 1 }
        if (!skip) { return 0 }
      }
      return 0
    }
    FNR == NR { out[++printed] = $0; next }
    /^```text$/ { inside = 1; lines = 0; start = FNR; next }
    /^```$/ && inside {
      inside = 0
      if (!lines || !found(1, 1, 1)) { print page ":" start ": the program does not print this"; bad = 1 }
      next
    }
    inside { block[++lines] = $0 }
    END { exit bad }' <(printf '%s\n' "$output") "$2"
  exit 0
fi

tree=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}
cd "$tree"
status=0

pages=()
check() { # check PAGE BLOCKS EXAMPLE...: the first BLOCKS of them, or all; and all with main()
  local page=$1 blocks=$2 programs=()
  pages+=("$page")
  if [ ! -e "$page" ]; then return; fi
  shift 2
  for program in "$@"; do programs+=("examples/$program.cpp"); done
  awk -v blocks="$blocks" -v page="$page" '
    { line = $0; sub(/^[ \t]+/, "") }
    FILENAME != page {
      whole[FILENAME] = whole[FILENAME] "\n" line
      program[FILENAME] = program[FILENAME] "\n" $0
      next
    }
    /^```cpp$/ { inside = 1; all = block = ""; main = 0; start = FNR; ++seen; next }
    /^```$/ && inside {
      inside = found = 0
      for (file in program) {
        if (main ? whole[file] == all : index(program[file] "\n", block "\n")) { found = 1 }
      }
      if ((blocks == "all" || seen <= blocks || main) && !found) {
        print page ":" start ": this block is " (main ? "not the whole of a program" : "in no program") " of the page"
        bad = 1
      }
      next
    }
    /^int main\(/ { main = 1 }
    inside { all = all "\n" line; block = block "\n" $0 }
    END { exit bad }' "${programs[@]}" "$page" || status=1
}

check README.md 1 quickstart
check docs/getting_started.md all quickstart saved_model
check docs/coming_from_keras_and_pytorch.md all from_keras from_pytorch
check docs/autodiff.md all autodiff
for page in docs/tutorials/*.md; do
  check "$page" all "$(basename "$page" .md)"
done
for page in *.md docs/*.md docs/*/*.md; do
  if [ ! -e "$page" ] || [[ " ${pages[*]} " == *" $page "* ]]; then continue; fi
  awk -v page="$page" '
    /^```/ { inside = /^```cpp$/; next }
    inside && /^ *int main\(/ { print page ":" FNR ": a program that pages.sh does not know"; bad = 1 }
    END { exit bad }' "$page" || status=1
done

# docs/idioms.md: every name in the second column is a word of the header in the third.
if [ -e docs/idioms.md ]; then
  while IFS='|' read -r line names header; do
    if [ ! -f "$header" ] || ! grep -qw -- "$names" "$header"; then
      echo "docs/idioms.md:$line: $header has no '$names'"
      status=1
    fi
  done < <(awk -F' [|] ' '/^[|].*`/ {
    header = $3
    sub(/.*[(]\.\.\//, "", header)
    sub(/[)].*/, "", header)
    count = split($2, span, "`")
    for (i = 2; i <= count; i += 2) {
      name = span[i]
      sub(/^[{]?[.]/, "", name)
      sub(/[^A-Za-z0-9_:.].*/, "", name)
      sub(/.*(::|[.])/, "", name)
      print FNR "|" name "|" header
    }
  }' docs/idioms.md)
  # The third column's mark: what the umbrella does not reach is included by name or by the header said.
  awk '
    function reaches(from, to, queue, seen, first, last, targets, i) {
      queue[1] = from
      for (last = first = 1; first <= last; ++first) {
        if (queue[first] == to) { return 1 }
        for (i = split(includes[queue[first]], targets, " "); i > 0; --i) {
          if (!(targets[i] in seen)) { seen[targets[i]] = 1; queue[++last] = targets[i] }
        }
      }
      return 0
    }
    FILENAME != "docs/idioms.md" {  # FILE:#include <TARGET>
      split($0, part, /:|<|>/)
      sub(/^include\//, "", part[1])
      includes[part[1]] = includes[part[1]] " " part[3]
      next
    }
    /^[|].*`/ {
      header = mark = $0
      sub(/.*[(]\.\.\/include\//, "", header)
      sub(/[)].*/, "", header)
      by = "eigengrad/eigengrad.hpp"
      common = reaches(by, header)
      if (sub(/.*[)], by name [|]$/, "", mark)) {
        by = header
      } else if (sub(/.*[)], by `/, "", mark)) {
        sub(/`.*/, "", mark)
        by = "eigengrad/" mark
      }
      if (!reaches(by, header)) { print "docs/idioms.md:" FNR ": " by " does not reach " header; bad = 1 }
      if (common && by != "eigengrad/eigengrad.hpp") {
        print "docs/idioms.md:" FNR ": " header " comes with eigengrad/eigengrad.hpp"
        bad = 1
      }
    }
    END { exit bad }' <(grep -rE '^[ \t]*#[ \t]*include <eigengrad/' include) docs/idioms.md || status=1
fi

# README's pictures: each is small, needs no other file, and an example of its name writes it.
if [ -e README.md ]; then
  while read -r picture; do
    program=examples/$(basename "$picture" .svg).cpp
    if [ ! -s "$picture" ] || [ "$(wc -c <"$picture")" -ge 153600 ] || grep -qE '<script|href|url\(' "$picture"; then
      echo "README.md: $picture is not there, not below 150 KB, or not by itself"
      status=1
    fi
    if ! grep -qsF "\"${picture##*/}\"" "$program"; then
      echo "README.md: $program does not write $picture"
      status=1
    fi
  done < <(grep -o 'src="[^"]*"' README.md | cut -d '"' -f 2)
fi
exit "$status"
