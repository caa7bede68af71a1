#!/usr/bin/env bash
# The trainer's --report: one file that needs nothing from elsewhere. Where there is a Chromium the
# page is opened in it: no errors, and the numbers under the pointer are those that were printed.
#   report_test.sh FOLDER_OF_EXAMPLES

set -euo pipefail
trainer=$(cd "$1" && pwd -P)/mlp_trainer
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

fail() {
  echo "$*"
  exit 1
}

"$trainer" --epochs 7 --report page.html --pictures pictures/7 >printed.txt
for name in loss accuracy roc precision-recall calibration confusion model; do
  grep -q '^<svg' "pictures/7/$name.svg" || fail "no picture of $name: $(ls pictures/7)"
done
[ ! -e pictures/7/val_loss.svg ] || fail 'the validation has a picture of its own'
links=$(grep -oE '(https?:)?//[a-z][^"'"'"' ]*' page.html | grep -v '^http://www.w3.org/2000/svg$' || true)
[ -z "$links" ] || fail "the page points elsewhere: $links"
for heading in Training Probabilities Classes Model 'Weights and gradients' Data Settings; do
  grep -qF "<h2>$heading</h2>" page.html || fail "the page has no section $heading"
done

"$trainer" --epochs 2 --quiet --report why.html --explain >/dev/null
for heading in 'What matters' 'The best prediction' 'The worst prediction'; do
  grep -qF "<h2>$heading</h2>" why.html || fail "--explain: no section $heading"
  grep -qF "<h2>$heading</h2>" page.html && fail "$heading without --explain"
done

"$trainer" --epochs 2 --quiet --tensorboard runs/1 >/dev/null
for run in runs/1 runs/1/train runs/1/validation; do
  compgen -G "$run/events.out.tfevents.*" >/dev/null || fail "--tensorboard: no events in $run: $(ls -R runs)"
done

# Other tasks, and a tuned training, have their sections too.
awk 'BEGIN { for (i = 0; i < 90; ++i) print i % 7 "," i % 11 "," i % 3 }' >three.csv
"$trainer" --data three.csv --epochs 2 --quiet --report three.html --explain >/dev/null 2>&1
grep -qF '<h2>Classes</h2>' three.html || fail 'three classes: no confusion matrix'
"$trainer" --data three.csv --task regression --epochs 2 --quiet --report number.html --explain >/dev/null 2>&1
grep -qF '<h2>Classes</h2>' number.html && fail 'a regression has no classes'
grep -qF 'rmse' number.html || fail 'a regression has no errors'
"$trainer" --data three.csv --epochs 1 --target-accuracy 1 --quiet --report tuned.html >/dev/null 2>&1
grep -qF '<h2>Training</h2>' tuned.html || fail 'a tuned training has no report'
status=0
"$trainer" --epochs 1 --quiet --report no/such/page.html >out.txt 2>err.txt || status=$?
[ "$status" -eq 2 ] && grep -q 'no/such/page.html' err.txt || fail "a page that can't be written: $(cat err.txt)"

# dom PAGE: the page as it is once its script has run.
dom() {
  timeout 100 "$chromium" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --user-data-dir="$scratch/profile" --enable-logging=stderr --virtual-time-budget=2000 --dump-dom "$1" \
    2>browser.txt
}
chromium=$(command -v chromium || command -v chromium-browser || true)
if [ -z "$chromium" ] || [[ $(dom 'data:text/html,<p>starts</p>' || true) != *starts* ]]; then
  echo 'the page is whole; not opened: there is no Chromium that starts here'
  exit 0
fi
# Puts the pointer on the last epoch of each picture and keeps what the page then shows.
sed 's#</body>##; s#</html>##' page.html >probe.html
cat >>probe.html <<'PROBE'
<pre id="probe"></pre>
<script>
for (const svg of document.querySelectorAll('svg[data-box]')) {
  const area = svg.getBoundingClientRect();
  const right = JSON.parse(svg.dataset.box)[1] / svg.viewBox.baseVal.width * area.width;
  svg.dispatchEvent(new PointerEvent('pointermove', { clientX: area.left + right, clientY: area.top + 99 }));
  const tip = svg.parentNode.querySelector('.tip');
  document.getElementById('probe').textContent += svg.getAttribute('aria-label') + ' hidden=' + tip.hidden + ' ' +
    [...tip.childNodes].map(node => node.textContent).join(' ') + '\n';
  svg.dispatchEvent(new PointerEvent('pointerleave'));
  if (!tip.hidden) document.getElementById('probe').textContent += 'stays\n';
}
</script></body></html>
PROBE
dom "file://$scratch/probe.html" >dom.html || fail "the browser failed: $(tail -n 3 browser.txt)"
grep 'CONSOLE' browser.txt && fail 'the page writes to the console'
sed -n '/id="probe"/,/<\/pre>/p' dom.html >probe.txt
printed=$(grep '^Epoch 7/7' printed.txt)
number() { sed -nE "s/.* $1: ([0-9.]+).*/\1/p" <<<"$printed"; }
# near A B: the page shows five digits, the terminal four decimals.
near() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && b != "" && (a - b) ^ 2 < 0.0001 ^ 2) }'; }
for series in loss accuracy; do
  shown=$(grep -E "(>|^)$series hidden=false 7 " probe.txt) || fail "no numbers under the pointer: $(cat probe.txt)"
  near "$(sed -nE 's/.*training: ([0-9.]+).*/\1/p' <<<"$shown")" "$(number "- $series")" ||
    fail "training $series: '$shown' against '$printed'"
  near "$(sed -nE 's/.*validation: ([0-9.]+).*/\1/p' <<<"$shown")" "$(number "val_$series")" ||
    fail "validation $series: '$shown' against '$printed'"
done
[ "$(grep -c 'hidden=false' probe.txt)" -eq 5 ] || fail "not every picture answers: $(cat probe.txt)"
if grep -q stays probe.txt; then fail 'numbers stay when the pointer leaves'; fi
echo "the page is whole; $(basename "$chromium") shows the numbers that were printed"
