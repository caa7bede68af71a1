#!/usr/bin/env python3
"""Stands for any contestant in bench_driver.py: says what script.json beside BENCH_FAKE's folder tells for its name,
and keeps a common log of what it was asked."""

import json
import os
import sys
from pathlib import Path

folder = Path(os.environ["BENCH_FAKE"])
if "--contestant" not in sys.argv:  # it stands for `machine`: the next peak of the list
    peaks = folder / "peaks"
    first, *rest = peaks.read_text().split()
    peaks.write_text(" ".join(rest or [first]))
    print(json.dumps({"fma_gflops_float": float(first), "copy_gb_s": 10.0}))
    sys.exit()

arguments = dict(zip(sys.argv[1:], sys.argv[2:]))
name = arguments["--contestant"]
script = json.loads((folder / "script.json").read_text())[name]


def log(text):
    with open(folder / "log", "a", encoding="utf-8") as file:
        file.write(text + "\n")


if "missing" in script:
    print(json.dumps({"missing": script["missing"]}))
    sys.exit()
log(f"env {name} {os.environ.get('OPENBLAS_CORETYPE')} {os.environ.get('OMP_NUM_THREADS')} {arguments['--threads']}")
print(json.dumps({"ready": True, "contestant": name, "version": "1.0", "threads": 1, "loss": script["loss"]}),
      flush=True)
calls = 0
for line in sys.stdin:
    if line.startswith("run"):
        steps = int(line.split()[1])
        log(f"run {name} {steps}")
        calls += 1
        if calls == script.get("dies_at"):
            print("its last words", file=sys.stderr)
            sys.exit(3)
        print(script["seconds"] * steps, flush=True)
    else:
        print(json.dumps({"peak_kb": script.get("peak_kb"), "heap_calls": script.get("heap_calls"),
                          "heap_bytes": None}), flush=True)
