#!/usr/bin/env bash
# Fuzzes every reader of tests/fuzz/ with libFuzzer, the address and the undefined behaviour
# sanitizer, at most 512 MB of memory, from the reference files and from what was found before
# (tests/fuzz/regressions/TARGET/). New inputs are kept in build/fuzz/corpus/TARGET.
#   .ci/fuzz.sh SECONDS [TARGET...]     so long for each target
# A find ends it; the input lies in build/fuzz/finds: fix the reader, then keep the file.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
program=.ci/fuzz.sh
cd "$root"
seconds=${1:?seconds for each target}
shift
targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
  for file in tests/fuzz/*.cpp; do targets+=("$(basename "$file" .cpp)"); done
fi
eigen=$(cached clang Eigen3_DIR)
mkdir -p build/fuzz/finds

fuzz() {
  local target=$1 corpus=build/fuzz/corpus/$1 log=build/fuzz/$1.log status=0 seeds=()
  mkdir -p "$corpus"
  quietly "build/fuzz/$target-build.log" clang++-14 -std=c++20 -O1 -g -Iinclude \
    ${eigen:+-isystem "${eigen%/cmake}"} -isystem /usr/include/eigen3 \
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror \
    -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
    "tests/fuzz/$target.cpp" -o "build/fuzz/$target" -lz
  for folder in "tests/reference/$target" "tests/fuzz/regressions/$target" \
    "tests/fuzz/seeds/$target"; do
    if [ -d "$folder" ]; then seeds+=("$folder"); fi
  done
  "build/fuzz/$target" -max_total_time="$seconds" -rss_limit_mb=512 -max_len=4096 -timeout=10 \
    -print_final_stats=1 -artifact_prefix=build/fuzz/finds/ "$corpus" "${seeds[@]}" \
    >"$log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then
    tail -n 40 "$log"
    echo "$target: found something, see above and build/fuzz/finds"
    return 1
  fi
  awk -v target="$target" -v seconds="$seconds" '
    /number_of_executed_units/ { runs = $2 }
    /peak_rss_mb/ { memory = $2 }
    /cov:/ { for (i = 1; i < NF; ++i) if ($i == "cov:") edges = $(i + 1) }
    END { print target ": " runs " inputs in " seconds " s, " edges " edges, at most " memory " MB" }' "$log"
}

# Two at a time: one builds or runs on each core of a small machine.
status=0
for ((i = 0; i < ${#targets[@]}; i += 2)); do
  running=()
  for target in "${targets[@]:i:2}"; do
    fuzz "$target" &
    running+=($!)
  done
  for job in "${running[@]}"; do wait "$job" || status=1; done
done
exit "$status"
