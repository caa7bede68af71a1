#!/usr/bin/env bash
# The benchmark driver, tried on made-up contestants: bench_driver.py. Exits 77, which ctest counts as
# skipped, where Python is missing or older than 3.10.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
  echo 'skipped: no Python >= 3.10'
  exit 77
fi
exec python3 -B "$here/bench_driver.py"
