#!/usr/bin/env bash
# Checks the text of a source tree (default: this one): files past 400 lines, paths and hosts of
# somebody's machine, random tools of the standard library that differ between implementations, and
# exceptions that no longer excuse anything. Prints one line per finding; exits 1 when there is one.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
tree=${1:-$here/../..}
exceptions=${2:-$here/exceptions.txt}
cd "$tree"
status=0

excused() { awk -v check="$1" '$1 == check { print $2 }' "$exceptions"; }

# Every file of the project, without what git or a build keeps, and without excused ones.
files_for() {
  find . \( -name .git -o -path ./build \) -prune -o -type f -print | sed 's|^\./||' | sort |
    awk -v list="$(excused "$1")" '
      BEGIN { n = split(list, paths, "\n") }
      {
        for (i = 1; i <= n; ++i) {
          if ($0 == paths[i] || (paths[i] ~ /\/$/ && index($0, paths[i]) == 1)) { next }
        }
        print
      }'
}

findings() { # findings CHECK TEXT, from grep's file:line:text on stdin
  awk -v text="$1" -F: '{ print $1 ":" $2 ": " text; bad = 1 } END { exit bad }' || status=1
}

length_limit=400
while read -r lines file; do
  if [ "$lines" -gt "$length_limit" ]; then
    echo "$file: $lines lines, at most $length_limit"
    status=1
  fi
done < <(files_for length | grep -E '(\.(hpp|cpp|sh|py|cmake)|(^|/)CMakeLists\.txt|^scripts/[^.]*|^\.ci/[^.]*)$' |
  xargs -r -d '\n' wc -l | grep -v ' total$')

# The bracket keeps these patterns from finding themselves.
home_paths='(^|[^A-Za-z0-9_.])/[w]ork/|/[h]ome/[a-z]|/[r]oot/|/[U]sers/|(^|[^A-Za-z0-9_.}])/[t]mp/'
hosts='[a-z]+\.[d]ebian\.org/debian|[a-z.]+\.[u]buntu\.com'
findings "a path of somebody's machine" \
  < <(files_for path | xargs -r -d '\n' grep -InE "$home_paths" /dev/null || true)
findings 'a package mirror' < <(files_for path | xargs -r -d '\n' grep -InE "$hosts" /dev/null || true)

findings 'differs between standard libraries; use random/' < <(
  files_for random | grep '^include/' |
    xargs -r -d '\n' awk '{ line = $0; sub(/\/\/.*/, "", line) }
      line ~ /std::(shuffle|random_shuffle|sample|[a-z_]+_distribution)[^a-z_]/ {
        print FILENAME ":" FNR ":" line
      }')

while read -r _ path _; do
  if [ ! -e "$path" ]; then
    echo "tests/meta/exceptions.txt: excuses '$path', which does not exist"
    status=1
  fi
done < <(grep -vE '^(#|$)' "$exceptions")

exit "$status"
