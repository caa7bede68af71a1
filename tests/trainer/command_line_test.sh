#!/usr/bin/env bash
# The MLP trainer as its user meets it: help, the closing line, every refusal (one line, exit code
# 2, nothing written), and a model that is saved, loaded and asked.
#   command_line_test.sh FOLDER_OF_EXAMPLES

set -euo pipefail
trainer=$(cd "$1" && pwd -P)/mlp_trainer
reference=$(cd "$(dirname "$0")/../reference/weights" && pwd -P)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
cases=0
failures=0

broken() {
  failures=$((failures + 1))
  printf 'case %s: %s\n' "$cases" "$*"
}

# refuses TEXT ARGUMENTS...
refuses() {
  local text=$1 status=0 before after
  shift
  cases=$((cases + 1))
  before=$(find . | sort)
  "$trainer" "$@" >out.txt 2>err.txt </dev/null || status=$?
  local said printed
  said=$(cat err.txt) printed=$(cat out.txt)
  rm err.txt out.txt
  after=$(find . | sort)
  [ "$status" -eq 2 ] || broken "exit code $status, expected 2: $* -> $said"
  [ "$(wc -l <<<"$said")" -eq 1 ] || broken "more than one line: $* -> $said"
  [ -z "$printed" ] || broken "prints before it refuses: $* -> $printed"
  grep -qF -- "$text" <<<"$said" || broken "expected '$text': $* -> $said"
  [ "$before" = "$after" ] || broken "left files: $* -> $after"
}

# accepts PATTERN ARGUMENTS...: exit code 0, and the last line fits the pattern.
accepts() {
  local pattern=$1 status=0 last
  shift
  cases=$((cases + 1))
  "$trainer" "$@" >"$scratch/out.txt" 2>"$scratch/err.txt" </dev/null || status=$?
  last=$(tail -n 1 "$scratch/out.txt")
  [ "$status" -eq 0 ] || broken "exit code $status: $* -> $(cat "$scratch/err.txt")"
  grep -qE -- "$pattern" <<<"$last" || broken "closes with '$last', expected '$pattern': $*"
}

# Two classes, cleanly apart; three classes; a number that is twice the first column.
rows() { awk -v kind="$1" 'BEGIN {
  for (i = 0; i < 120; ++i) {
    a = (i * 37 % 120) / 120; b = (i * 53 % 120) / 120
    label = kind == "two" ? (a > .5) : kind == "three" ? int(a * 3) : 2 * a
    if (kind == "bare") { print a "," b } else { print a "," b "," label }
  } }'; }
rows two >two.csv
rows three >three.csv
rows number >number.csv
rows bare >bare.csv

accepts '^  mlp_trainer --load model --predict' --help
for flag in data task missing describe hidden activation optimizer learning-rate loss epochs batch-size test-size \
  validation-split seed threads max-steps stop-at-loss patience target-accuracy checkpoint every keep resume \
  save load predict; do
  cases=$((cases + 1))
  "$trainer" --help | grep -q -- "--$flag" || broken "--help does not name --$flag"
done

# --version says what the program was compiled for.
accepts '^  threads          [0-9]+, (OpenMP|compiled without OpenMP)$' --version
for line in '^mlp_trainer [0-9.]+$' '^eigengrad [0-9.]+, compiled by (GCC|clang) [0-9.]+$' \
  '^  instruction set  [a-z0-9_]+, vectors of (16|32|64) bytes' \
  '^  matrix product   [a-z]+, Eigen [0-9.]+$'; do
  cases=$((cases + 1))
  "$trainer" --version | grep -qE -- "$line" || broken "--version has no line '$line'"
done

number='[0-9.]+(e-?[0-9]+)?'
accepts "^test: loss $number accuracy 0\.9[0-9]*\$"
accepts "^test: loss $number accuracy (0\.[89][0-9]*|1(\.0*)?)\$" --data two.csv --epochs 60
accepts "^test: loss $number accuracy" --data three.csv --epochs 5 --hidden 8
accepts "^test: loss $number" --data number.csv --task regression --epochs 5 --hidden 8
accepts "^test: loss $number accuracy" --data two.csv --max-steps 3

# Saved, loaded, asked: one prediction a row.
accepts "^test: loss" --data two.csv --epochs 60 --save model
accepts '.' --load model --predict bare.csv
cases=$((cases + 1))
[ "$(grep -cE '[01]' out.txt)" -ge 120 ] || broken "120 rows give $(wc -l <out.txt) predictions"
mv out.txt by_folder.txt
rm -f err.txt
# The same in one file, where the trainer was built with nlohmann-json.
if "$trainer" --load x.safetensors --predict bare.csv 2>&1 | grep -q 'built without nlohmann-json'; then
  refuses 'built without nlohmann-json' --data two.csv --save x.safetensors
else
  accepts "^test: loss" --data two.csv --epochs 60 --save model.safetensors
  accepts '.' --load model.safetensors --predict bare.csv
  cmp -s out.txt by_folder.txt || broken 'a file predicts something else than a folder'
  rm out.txt err.txt
  refuses 'x.safetensors: cannot open' --load x.safetensors --predict bare.csv
  head -c 1000 model.safetensors >torn.safetensors
  refuses 'torn.safetensors: truncated at byte' --load torn.safetensors --predict bare.csv
  refuses 'no trained Mlp' --load "$reference/torch.safetensors" --predict bare.csv
fi

# Checkpoints, where the trainer was built with nlohmann-json: an interrupted training says in the end
# what an uninterrupted one says, and so does one that had ended.
if "$trainer" --data two.csv --epochs 1 --checkpoint tried 2>&1 | grep -q 'built without nlohmann-json'; then
  refuses 'built without nlohmann-json' --data two.csv --checkpoint run
else
  accepts "^test: loss" --data three.csv --epochs 6 --quiet
  mv out.txt whole.txt
  accepts "^test: loss" --data three.csv --epochs 4 --quiet --checkpoint run --every 2 --keep 1
  for _ in 1 2; do
    accepts "^test: loss" --data three.csv --epochs 6 --quiet --checkpoint run --keep 2 --resume
    cmp -s out.txt whole.txt || broken "resumed, it says $(cat out.txt), expected $(cat whole.txt)"
    [ "$(ls run)" = "$(printf 'checkpoint-0000000%s.safetensors\n' 5 6)" ] || broken "keeps $(ls run)"
  done
  accepts "^test: loss" --data three.csv --epochs 2 --quiet --checkpoint new --resume
  rm -f out.txt err.txt whole.txt
  refuses 'run: holds checkpoints' --data three.csv --checkpoint run
  refuses 'is not of this run: batches.batch_size is 32 in it, 16 in this run' --data three.csv \
    --checkpoint run --resume --batch-size 16
  refuses 'is not of this run: optimizer.kind is Adam in it, AdamW in this run' --data three.csv \
    --checkpoint run --resume --optimizer adamw
  refuses 'cannot create: No such file or directory' --data three.csv --checkpoint no/such/folder
  refuses 'every is not positive: 0' --data three.csv --checkpoint other --every 0
  refuses 'keep is not positive: -1' --data three.csv --checkpoint other --keep -1
fi
refuses '--resume needs the folder' --data two.csv --resume

# Described, missing values and all; suspicious data is trained on with a warning.
{ echo 'a,b,same,label'; awk -F, '{ print $1 "," $2 ",7," $3 }' two.csv; echo '0.5,,7,1'; } >odd.csv
accepts "^suspicious: column 'same' is constant: 7\$" --data odd.csv --describe
for line in '^121 rows, 3 features$' '^a  *121  *0  *0\.4' '^b  *120  *1  *0\.4' '^1  *60  *49\.6 %$' \
  "^suspicious: column 'b' misses 1 of 121 values\$"; do
  cases=$((cases + 1))
  grep -qE -- "$line" out.txt || broken "--describe prints no line '$line'"
done
sed '$d' odd.csv >constant.csv
accepts "^test: loss" --data constant.csv --max-steps 1
cases=$((cases + 1))
[ "$(cat err.txt)" = "warning: column 'same' is constant: 7" ] || broken "warns: $(cat err.txt)"
{ cat two.csv; cat two.csv; } >twice.csv
accepts "^test: loss" --data twice.csv --max-steps 1
for line in '^warning: 120 of 240 rows repeat an earlier one: row 120 is row 0$' \
  '^warning: [0-9]+ of 48 test rows are training rows too: test row '; do
  cases=$((cases + 1))
  grep -qE -- "$line" err.txt || broken "no warning '$line': $(cat err.txt)"
done
accepts "^test: loss" --data two.csv --max-steps 1
cases=$((cases + 1))
[ ! -s err.txt ] || broken "warns of clean data: $(cat err.txt)"
accepts '^malignant  *212  *37\.3 %$|^benign  *357  *62\.7 %$' --describe
rm -f out.txt err.txt

# Columns of text and gaps: trained on, kept with the model, and asked about in files of another order.
{
  echo 'size,a,color,label'
  awk -F, '{ print (NR % 3 ? "L" : "S") "," (NR % 10 ? $1 : "NA") "," ($2 > .5 ? "red" : "deep blue") "," $3 }' two.csv
} >text_columns.csv
printf 'id,color,a,size\nr1,red,0.9,S\nr2,deep blue,,L\nr3,red,0.1,L\n' >text_bare.csv
refuses "line 11, column 'a' (2): 'NA' is a missing value" --data text_columns.csv
for policy in drop mean median most-frequent; do
  accepts "^test: loss $number accuracy (0\.[6-9][0-9]*|1(\.0*)?)\$" \
    --data text_columns.csv --missing "$policy" --epochs 60
done
accepts "^test: loss" --data text_columns.csv --missing mean --epochs 60 --save text_model
cases=$((cases + 2))
grep -q '^feature: color=deep blue$' text_model/model.txt || broken "the model has no feature 'color=deep blue'"
accepts '^0 ' --load text_model --predict text_bare.csv
[ "$(wc -l <out.txt)" -eq 3 ] && grep -q '^1 ' <(head -n 1 out.txt) || broken "predicts of text: $(cat out.txt)"
mv out.txt by_folder.txt
if ! "$trainer" --load x.safetensors --predict bare.csv 2>&1 | grep -q 'built without nlohmann-json'; then
  accepts "^test: loss" --data text_columns.csv --missing mean --epochs 60 --save text_model.safetensors
  accepts '.' --load text_model.safetensors --predict text_bare.csv
  cmp -s out.txt by_folder.txt || broken 'a file predicts something else of text than a folder'
fi
accepts '.' --data text_columns.csv --describe
cases=$((cases + 1))
grep -q "^suspicious: column 'a' misses 12 of 120 values\$" out.txt || broken "--describe says $(cat out.txt)"
accepts "^test: loss" --data text_columns.csv --missing drop --max-steps 1 --save dropped
rm -f out.txt err.txt by_folder.txt
refuses "line 3, column 'a' (3): an empty field is a missing value" --load dropped --predict text_bare.csv
sed 's/deep blue/green/' text_bare.csv >green.csv
refuses "'green' is none of the 2 categories" --load text_model --predict green.csv
refuses "no column is called 'size'" --load text_model --predict two.csv
refuses '--missing is about a CSV file' --missing mean

refuses '--describe is about --data' --load model --predict bare.csv --describe
refuses 'absent.csv' --data absent.csv
refuses '--no-such-flag' --no-such-flag
refuses 'learning rate' --learning-rate 0
refuses 'learning rate' --data two.csv --learning-rate -0.1
refuses '--load and --predict go together' --load model
refuses 'model-of-nobody' --load model-of-nobody --predict bare.csv
: >empty.csv
refuses 'empty.csv' --data empty.csv
{ cat two.csv; echo '0.5,nan,1'; } >nan.csv
refuses 'nan' --data nan.csv --save kept
{ cat two.csv; echo '0.5,red,1'; } >text.csv
refuses "'red'" --data text.csv --save kept
{ cat two.csv; echo '0.5,1'; } >ragged.csv
refuses '121' --data ragged.csv --save kept
sed 's/,[01]$/,1/' two.csv >one_class.csv
refuses 'class' --data one_class.csv --save kept
sed '1s/,[01]$/,2/' two.csv >label.csv
refuses 'the label column has 3 classes' --data label.csv --task binary --save kept
refuses 'test' --data two.csv --test-size 0.999
printf '\x93NUMPY\x01\x00\x76\x00{' >short.npy
refuses 'short.npy' --data short.npy --save kept
refuses '--explain needs the page: --report' --explain
refuses '--report is about a training' --data two.csv --describe --report page.html

echo "$cases cases, $failures failed"
[ "$failures" -eq 0 ]
