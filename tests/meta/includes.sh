#!/usr/bin/env bash
# Checks who includes whom under include/eigengrad of a source tree (default: this one):
# rows of the layer table, siblings, Eigen, costly standard headers, cycles, and that the umbrella
# reaches every header. Prints one line per finding; exits 1 when there is one.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
tree=${1:-$here/../..}
exceptions=${2:-$here/exceptions.txt}
cd "$tree/include"
status=0

# One line per include: file, line number, target, and `<` or `"`.
list_includes() {
  find eigengrad -name '*.hpp' | sort | xargs awk '
    /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
      quote = index($0, "<") && (!index($0, "\"") || index($0, "<") < index($0, "\"")) ? "<" : "\""
      target = $0
      sub(/^[^<"]*[<"]/, "", target)
      sub(/[>"].*$/, "", target)
      print FILENAME, FNR, target, quote
    }'
}
includes=$(list_includes)

check_rows() {
  awk '
    BEGIN {
      # A file includes its own folder and lower rows. Siblings share a row and never meet.
      split("base memory kernels tensor tape ops", rows, " ")
      for (r in rows) { row[rows[r]] = r + 0 }
      split("nn losses optim data io dist shaped plot", siblings, " ")
      for (s in siblings) { row[siblings[s]] = 7 }
      row["train"] = 8
      row["explain"] = row["report"] = 9
      row["."] = 10       # headers beside the folders: the umbrella
      row["testing"] = 11 # sees everything, and nothing sees it

      # What these cost is in tests/meta/README.md.
      split("filesystem format functional future iostream random ranges regex", costly, " ")
      for (c in costly) { is_costly[costly[c]] = 1 }
    }
    function folder_of(path,   parts) { return split(path, parts, "/") < 3 ? "." : parts[2] }
    function report(text) { print "include/" $1 ":" $2 ": " text; bad = 1 }
    {
      from = folder_of($1)
      if (!(from in row)) { report("folder " from "/ has no row in tests/meta/includes.sh"); next }
      if ($3 ~ /^(unsupported\/)?Eigen\// && $1 !~ /^eigengrad\/kernels\/eigen\//) {
        report("only kernels/eigen/ includes Eigen: " $3)
      }
      if ($4 == "\"") { report("include as <eigengrad/...>: \"" $3 "\"") }
      if (row[from] <= 6 && $3 in is_costly) { report("too costly below nn/: <" $3 ">") }
      if ($3 !~ /^eigengrad\//) { next }
      to = folder_of($3)
      if (!(to in row)) { report("folder " to "/ has no row in tests/meta/includes.sh"); next }
      if (to == from || row[to] < row[from]) { next }
      report((row[to] == row[from] ? "sideways" : "upward") " include: " from " -> " to " (" $3 ")")
    }
    END { exit bad }' <<<"$includes"
}

check_cycles() {
  local own loop
  own=$(awk '$1 == $3 { print "include/" $1 ":" $2 ": includes itself" }' <<<"$includes")
  if [ -n "$own" ]; then
    printf '%s\n' "$own"
    return 1
  fi
  if ! loop=$(awk '$3 ~ /^eigengrad\// { print $1, $3 }' <<<"$includes" | tsort 2>&1 >/dev/null); then
    sed -n 's/^tsort: eigengrad/include cycle through include\/eigengrad/p' <<<"$loop"
    return 1
  fi
}

check_umbrella() {
  if [ ! -f eigengrad/eigengrad.hpp ]; then
    echo "include/eigengrad/eigengrad.hpp: the umbrella is missing"
    return 1
  fi
  { printf '%s\n' "$includes"; find eigengrad -name '*.hpp' | sort | sed 's/$/ header/'; } | awk '
    FNR == NR { if ($1 == "umbrella") { excused[$2] = 1 } next }
    $2 == "header" { headers[++count] = $1; next }
    { targets[$1] = targets[$1] " " $3 }
    END {
      reached["eigengrad/eigengrad.hpp"] = 1
      queue[1] = "eigengrad/eigengrad.hpp"
      for (last = first = 1; first <= last; ++first) {
        n = split(targets[queue[first]], next_ones, " ")
        for (i = 1; i <= n; ++i) {
          if (!(next_ones[i] in reached)) { reached[next_ones[i]] = 1; queue[++last] = next_ones[i] }
        }
      }
      for (i = 1; i <= count; ++i) {
        header = headers[i]
        folder = header
        sub(/[^\/]*$/, "", folder)
        excuse = ("include/" header in excused) || ("include/" folder in excused)
        if (!(header in reached) && !excuse) {
          print "include/" header ": not reached from eigengrad.hpp"
          bad = 1
        }
      }
      exit bad
    }' "$exceptions" -
}

check_rows || status=1
check_cycles || status=1
check_umbrella || status=1
exit "$status"
