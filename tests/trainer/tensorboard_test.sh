#!/usr/bin/env bash
# The trainer's --tensorboard in the real TensorBoard and a real browser: what the page draws is the
# History. Skipped, with the reason, where one of the two or Python is missing; .ci/run installs
# TensorBoard into build/tensorboard.
#   tensorboard_test.sh FOLDER_OF_EXAMPLES [SCREENSHOT.png]

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
examples=$(cd "$1" && pwd -P)

skip() {
  echo "skipped: $*"
  exit 77
}
tensorboard=$examples/../../tensorboard/bin/tensorboard
[ -x "$tensorboard" ] || tensorboard=$(command -v tensorboard) || skip 'there is no TensorBoard'
chromium=$(command -v chromium || command -v chromium-browser) || skip 'there is no Chromium'
command -v python3 >/dev/null || skip 'there is no Python'
screenshot=${2:+$(realpath "$2")}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
"$examples/mlp_trainer" --epochs 7 --quiet --tensorboard runs/1 --report page.html >printed.txt
status=0
timeout 300 python3 -B "$here/tensorboard_page.py" "$tensorboard" "$chromium" runs page.html "$scratch" \
  ${screenshot:+"$screenshot"} || status=$?
if [ "$status" -eq 77 ]; then skip 'Chromium does not start here'; fi
exit "$status"
