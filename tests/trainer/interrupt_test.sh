#!/usr/bin/env bash
# Ctrl-C while the MLP trainer trains: it finishes the epoch, saves a checkpoint and prints the
# command that goes on; that command, run as it was printed, must save the model of a training which
# was never interrupted.
#   interrupt_test.sh FOLDER_OF_EXAMPLES

set -euo pipefail
set -m  # otherwise bash starts programs in the background with SIGINT ignored
trainer=$(cd "$1" && pwd -P)/mlp_trainer
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

fail() {
  echo "$*"
  exit 1
}
# interrupt ARGUMENTS...: sends SIGINT once the run has its first checkpoint; sets status.
interrupt() {
  status=0
  "$trainer" "$@" >out.txt 2>err.txt &
  local child=$!
  until compgen -G 'it'"'"'s one/*.safetensors' >/dev/null; do
    kill -0 $child 2>/dev/null || fail "ended before it was interrupted: $(cat out.txt err.txt)"
    sleep 0.01
  done
  kill -INT $child
  wait $child || status=$?
}

arguments=(--epochs 400 --hidden "64,32")
if ! "$trainer" "${arguments[@]}" --every 100 --checkpoint whole --save whole.safetensors >out.txt 2>err.txt; then
  grep -q 'built without nlohmann-json' err.txt || fail "$(cat err.txt)"
  echo 'skipped: the trainer was built without nlohmann-json'
  exit 77
fi

interrupt "${arguments[@]}" --checkpoint "it's one" --save run.safetensors
[ "$status" -eq 130 ] || fail "exit code $status, expected 130: $(cat out.txt err.txt)"
grep -qx 'finishing the epoch; Ctrl-C again ends at once' err.txt || fail "says: $(cat err.txt)"
grep -qE '^stopped after epoch [0-9]+: interrupted$' out.txt || fail "closes with: $(tail -n 3 out.txt)"
[ ! -e run.safetensors ] || fail 'an interrupted training saved a model'
epoch=$(sed -nE 's/^stopped after epoch ([0-9]+): interrupted$/\1/p' out.txt)
[ "$epoch" -lt 400 ] || fail 'was interrupted after its last epoch'
[ "$(tail -n 2 out.txt | head -n 1)" = 'interrupted; to go on:' ] || fail "closes with: $(tail -n 3 out.txt)"
command=$(tail -n 1 out.txt)
[[ $command == *"'it'\\''s one'"*' --resume' ]] || fail "to go on: $command"
eval "$command" >resumed.txt
head -n 1 resumed.txt | grep -qE "Epoch $((epoch + 1))/400" || fail "goes on with $(head -n 1 resumed.txt)"
cmp run.safetensors whole.safetensors || fail 'the resumed training saved another model'

# Without checkpoints it says what could have been.
status=0
rm out.txt
"$trainer" --epochs 100000 >out.txt 2>err.txt &
child=$!
until grep -qs "^Epoch 2" out.txt; do sleep 0.01; done
kill -INT $child
wait $child || status=$?
[ "$status" -eq 130 ] || fail "exit code $status, expected 130"
[ "$(tail -n 1 out.txt)" = 'interrupted; with --checkpoint FOLDER a training can be resumed' ] ||
  fail "closes with: $(tail -n 1 out.txt)"

echo "interrupted after epoch $epoch, resumed to the same model"
