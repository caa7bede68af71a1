"""Tables of the Google Benchmark programs: products, elementwise functions, rows, the optimizer, the tape.

A benchmark is named CONTESTANT/CASE; `ours` or `eigengrad` is us. What is compared is the rate counter GFLOP where
there is one, else the time an item, else the time a call; `bytes_per_second` is noted beside it. The processor's
limit is the benchmark named `peak`, else what the program `machine` says.
"""

import json
import re
import subprocess
from pathlib import Path

from driver.contestants import environment
from driver.rows import Row, compare, judge, missing, quotient, target_of

# The tables, which are their programs' names too.
TABLES = ["gemm", "elementwise", "rows", "optimizer", "tape"]
OURS = ("ours", "eigengrad")
CALLED = {"eigen": "Eigen", "openblas": "OpenBLAS", "onednn": "oneDNN", "backend": "our Eigen backend"}
# Who belongs in a table and is said to be missing when its program was built without.
EXPECTED = {"gemm": ["openblas", "onednn"], "tape": ["libtorch"]}


def l2_bytes():
    try:
        text = Path("/sys/devices/system/cpu/cpu0/cache/index2/size").read_text().strip()
        return int(text[:-1]) * {"K": 1 << 10, "M": 1 << 20}[text[-1]]
    except (OSError, ValueError, KeyError):
        return 1 << 20


def product_target(case):
    """The share of the peak that the issue asks of a product `m x k * k x n`, or None."""
    extents = re.search(r"(\d+)x(\d+)\*\2x(\d+)", case)
    if not extents:
        return None
    m, k, n = map(int, extents.groups())
    if m == 1 or n < 16:  # bound by memory
        return None
    if m == n == k and n > 512:
        return 0.8 if 1024 <= n <= 2048 else None
    if m == n == k or 4 * (m * k + k * n + m * n) <= l2_bytes():
        return round(0.9 * n / (16 * -(-n // 16)), 3)
    return None


def read(text):
    """{(contestant, case): {"unit", "values": one a repetition, lower is better, "gb_s", "label"}}, and the peak in
    GFLOP/s, from Google Benchmark's JSON."""
    found, peak = {}, None
    entries = json.loads(text)["benchmarks"]  # in the order in which they ran, which may be random
    for entry in sorted(entries, key=lambda e: (e.get("family_index", 0), e.get("repetition_index", 0))):
        if entry.get("run_type") != "iteration" or entry.get("error_occurred"):
            continue
        name = entry.get("run_name", entry["name"])
        rate = entry.get("GFLOP")
        if name == "peak":
            peak = max(peak or 0, rate)
            continue
        contestant, _, case = name.partition("/")
        contestant = OURS[0] if contestant in OURS else contestant
        to_seconds = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}[entry["time_unit"]]
        if rate:
            unit, value = "GFLOP/s", 1.0 / rate
        elif entry.get("items_per_second"):
            unit, value = "s", 1.0 / entry["items_per_second"]
        else:
            unit, value = "s", entry["real_time"] * to_seconds
        part = found.setdefault((contestant, case), {"unit": unit, "values": [], "gb_s": 0.0, "label": ""})
        part["values"].append(value)
        part["gb_s"] = max(part["gb_s"], entry.get("bytes_per_second", 0.0) / 1e9)
        part["label"] = entry.get("label", "")
    return found, peak


def limits_of(table, case, found):
    """Rows against what a function cannot beat: a copy's bandwidth, the exponentials alone."""
    kind, _, size = case.partition("/")
    ours, copy = found[OURS[0], case], found.get(("eigen", f"copy/{size}"))
    if table == "elementwise" and kind in ("copy", "add", "relu") and copy and ours["gb_s"] and copy["gb_s"]:
        yield judge(Row(table, case, "copy into a ready array", "GB/s", ">=", ours["gb_s"], copy["gb_s"],
                        ours["gb_s"] / copy["gb_s"], target=target_of(table, case, "copy into a ready array")))
    exponentials = found.get((OURS[0], f"exp/{size}"))
    if table == "rows" and kind == "softmax" and exponentials:
        yield compare(table, case, "our exp alone", ours["values"], exponentials["values"])


def rows_of(table, found, peak):
    """Rows of ours against each other contestant, case by case, and against the peak."""
    rows = []
    cases = dict.fromkeys(case for contestant, case in found if contestant == OURS[0])
    for case in cases:
        ours = found[OURS[0], case]
        notes = [ours["label"]] if ours["label"] else []
        if ours["gb_s"]:
            notes.append(f"{ours['gb_s']:.1f} GB/s")
        mine = []
        if table == "gemm" and peak and ours["unit"] == "GFLOP/s":
            rate, bound = 1.0 / min(ours["values"]), product_target(case)
            mine.append(judge(Row(table, case, "peak", ours["unit"], ">=", rate, peak, rate / peak,
                                  target=(">=", bound) if bound else None)))
        for (contestant, other_case), theirs in found.items():
            if other_case == case and contestant != OURS[0]:
                against = CALLED.get(contestant, contestant)
                row = compare(table, case, against, ours["values"], theirs["values"], unit=ours["unit"])
                if ours["unit"] == "GFLOP/s":
                    row.ours, row.other = 1.0 / row.ours, quotient(1.0, row.other, "<=")
                mine.append(row)
        mine += limits_of(table, case, found)
        if not mine:
            mine = [Row(table, case, "", ours["unit"], ours=min(ours["values"]))]
        mine[0].notes += notes
        rows += mine
    return rows


def measure(bench, table):
    """(rows, remarks) of a table's program, run while the processor is steady."""
    program = bench.build.program(table)
    if not program.exists():
        return [missing(table, table, "", f"{program.name} is not built (it needs Google Benchmark)")], []
    bench.say(f"{table}: {program.name}")
    quick = bench.options.quick
    command = [program, "--benchmark_format=json", "--benchmark_enable_random_interleaving=true",
               f"--benchmark_repetitions={5 if quick else bench.options.rounds}",
               f"--benchmark_min_time={0.01 if quick else 0.02}"]

    def run():
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(1))
        if done.returncode:
            raise RuntimeError(f"{program.name}: {done.stderr.strip()[-300:]}")
        return done.stdout

    output, drift, repeated = bench.machine.steadily(run)
    found, peak = read(output)
    remarks = []
    if drift is not None and drift > 0.03:
        remarks.append(f"Unsteady: the processor's peak drifted by {100 * drift:.1f} %, also after {repeated} repeats.")
    present = {contestant for contestant, _ in found}
    remarks += [f"Missing: {CALLED.get(name, name)}, which was not found when the benchmarks were built."
                for name in EXPECTED.get(table, []) if name not in present]
    return rows_of(table, found, peak or bench.machine.measure().get("fma_gflops_float")), remarks
