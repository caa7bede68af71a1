#!/usr/bin/env bash
# Kills the MLP trainer (SIGKILL) at random times while it trains with checkpoints, and resumes it,
# on one thread and on two in turn. After every kill each checkpoint must be, byte for byte, the one
# that a training which was never stopped wrote after the same epoch, and none may be lost; every
# training that comes to its end must save the same model.
#   kills_test.sh FOLDER_OF_EXAMPLES [KILLS=20]

set -euo pipefail
trainer=$(cd "$1" && pwd -P)/mlp_trainer
wanted=${2:-20}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

epochs=30
arguments=(--epochs "$epochs" --hidden "256,128" --optimizer adamw --patience 20 --quiet)
if ! "$trainer" "${arguments[@]}" --checkpoint whole --keep 1000 --threads 1 \
  --save whole.safetensors >whole.txt 2>err.txt; then
  grep -q 'built without nlohmann-json' err.txt || { cat err.txt; exit 1; }
  echo 'skipped: the trainer was built without nlohmann-json'
  exit 77
fi
[ "$(find whole -name "*.safetensors" | wc -l)" -eq $epochs ] || { echo 'the uninterrupted training is not whole'; exit 1; }

failures=0
broken() {
  failures=$((failures + 1))
  echo "kill $kills: $*"
}
newest() { find run -name "*.safetensors" 2>/dev/null | sort | tail -n 1 || true; }

kills=0 finished=0 torn=0 progressed=0 started=0
limit=400  # milliseconds a training is left alone at most; grows while kills come too early
while [ "$kills" -lt "$wanted" ]; do
  before=$(newest)
  started=$((started + 1))
  "$trainer" "${arguments[@]}" --checkpoint run --keep 2 --resume --threads $((1 + started % 2)) \
    --save run.safetensors >run.txt 2>err.txt &
  child=$!
  sleep "$(printf '0.%03d' $((RANDOM % limit)))"
  kill -KILL $child 2>/dev/null || true
  status=0
  wait $child 2>/dev/null || status=$?
  if [ "$status" -eq 0 ]; then  # came to its end first
    finished=$((finished + 1))
    cmp -s run.txt whole.txt || broken "says $(cat run.txt), expected $(cat whole.txt)"
    cmp -s run.safetensors whole.safetensors || broken 'saved another model'
    rm -rf run run.safetensors
    continue
  fi
  kills=$((kills + 1))
  [ "$status" -eq 137 ] || broken "exit code $status: $(cat err.txt)"
  [ ! -s err.txt ] || broken "warns: $(cat err.txt)"
  after=$(newest)
  [ ! "$after" \< "$before" ] || broken "lost $before, the newest is '$after'"
  [ "$after" = "$before" ] || progressed=$((progressed + 1))
  [ "$(find run -name "*part-*" 2>/dev/null | wc -l || true)" -eq 0 ] || torn=$((torn + 1))
  for file in run/*.safetensors; do
    [ -e "$file" ] || continue
    cmp -s "$file" "whole/$(basename "$file")" || broken "$file is not that of a whole training"
  done
  if [ "$after" = "$before" ] && [ "$limit" -lt 999 ]; then
    limit=$((limit + 10))
  fi
done
# The last one is left to end.
"$trainer" "${arguments[@]}" --checkpoint run --keep 2 --resume --save run.safetensors >run.txt
cmp -s run.txt whole.txt || broken 'the last training says something else'
cmp -s run.safetensors whole.safetensors || broken 'the last training saved another model'
[ "$(find run -name "*part-*" | wc -l)" -eq 0 ] || broken "left $(ls run)"

echo "$kills kills: $progressed after new checkpoints, $torn in the midst of writing one," \
  "$finished trainings came to their end before; $failures failures"
[ "$failures" -eq 0 ]
