"""Text of the results: the head with the conditions, one Markdown table a subject, and the rows as JSON."""

import json
import os
import platform
import re
import subprocess
import time
from dataclasses import asdict
from pathlib import Path

TITLES = {
    "floor": ("Floor", "The training step against the same step written by hand: `floor_gemm` on our own product, "
              "`floor_eigen` on Eigen's. Ratio: our time over theirs."),
    "peers": ("Peers", "The training step against other libraries with the same number of threads. Ratio: how many "
              "times as fast we are."),
    "threads": ("Threads", "Two threads against one. Ratio: how many times as fast two are; with one core kept busy "
                "by another process: their time over that of one thread on the idle machine."),
    "single": ("One row", "Inference and a training step of a single row, one thread. Ratio: our time over that of the "
               "floors, which are hand-written; of the others, how many times as fast we are."),
    "fit": ("The trainer's fit", "Time of an epoch on the breast cancer data, validation included. Shuffles differ, "
            "so losses are not compared."),
    "watched": ("A watched fit", "Time of an epoch of 60,000 rows, one thread: with the progress bar and TensorBoard "
                "(histograms every epoch, the loss of every batch) over that of fit alone; the History is kept in "
                "both."),
    "gemm": ("Matrix products", "GFLOP/s, one thread."),
    "elementwise": ("Elementwise", "Time an element, one thread; GB/s count bytes read and written."),
    "rows": ("Rows, reductions, transposes, broadcasting", "Time an element of the input, one thread."),
    "optimizer": ("Optimizer step", "Time a parameter, one thread. `copy` moves as many bytes."),
    "tape": ("Tape", "Time an op of a chain, forward and backward together."),
    "heap": ("Heap and memory", "Heap calls and bytes of a warm step; peak resident memory of the whole process, with "
             "its libraries."),
    "compile": ("Compile time", "User seconds (best of several), the compiler's peak memory, size of the stripped "
                "program."),
}
PARTS = ("gemm", "elementwise", "rows", "optimizer", "tape")


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.splitlines()[0].strip()
    except (OSError, IndexError):
        return "unknown"


def processor():
    try:
        names = re.findall(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        return names[0]
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def conditions(build, versions, peak, load):
    """(what, value) pairs of the head. load: of the last 1, 5 and 15 minutes before the run."""
    return [
        ("Date", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())),
        ("Processor", f"{processor()}, {os.cpu_count()} cores"),
        ("Peak, copy bandwidth", f"{peak['fma_gflops_float']:.0f} GFLOP/s (float, multiply-add, one thread), "
         f"{peak['copy_gb_s']:.1f} GB/s" if peak else "not measured"),
        ("Load before", " ".join(f"{x:.2f}" for x in load)),
        ("System", f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"),
        ("Compiler", first_line([build.compiler, "--version"])),
        ("Flags", f"`{build.flags}`"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in sorted(versions.items())) or "none ran"),
    ]


def number(value, digits=3):
    """Three significant digits, without an exponent."""
    if value is None:
        return "-"
    if value == 0 or abs(value) >= 1000:
        return f"{value:.0f}"
    if abs(value) < 1e-3:
        return f"{value:.2e}"
    whole = len(f"{abs(value):.0f}") if abs(value) >= 1 else 0 if abs(value) >= 0.1 else -1
    return f"{value:.{max(0, digits - whole)}f}"


def quantity(value, unit):
    """A number with its unit; seconds in the unit that suits them."""
    if value is None:
        return "-"
    if unit == "s":
        scale, unit = next((s, u) for s, u in [(1e9, "ns"), (1e6, "us"), (1e3, "ms"), (1, "s")]
                           if value * s < 1000 or u == "s")
        value *= scale
    return f"{number(value)} {unit}"


def target_text(row):
    if row.target is None:
        return "", ""
    verdict = {True: "yes", False: "**no**", None: "not measured"}[row.met]
    return f"{'≤' if row.target[0] == '<=' else '≥'} {row.target[1]:g}", verdict


def table_text(table, rows, remarks):
    title, about = TITLES[table]
    lines = [f"## {title}", ""]
    if about:
        lines += [about, ""]
    lines += ["| | eigengrad | against | theirs | ratio | median round | best round | target | met | |",
              "|---|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        cells = [row.name, quantity(row.ours, row.unit), row.against, quantity(row.other, row.unit),
                 number(row.ratio), number(row.median), number(row.best), *target_text(row), "; ".join(row.notes)]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    for remark in remarks:
        lines += ["", remark]
    return "\n".join(lines) + "\n"


def parts_text(table, rows, remarks):
    """The same for the many cases of a Google Benchmark program: a line a case, a column a contestant."""
    title, about = TITLES[table]
    others = list(dict.fromkeys(row.against for row in rows if row.against))
    lines = [f"## {title}", "", (about + " In brackets: how many times as fast we are.").strip(), "",
             "| | eigengrad | " + "".join(f"{other} | " for other in others) + "target | met | |",
             "|---|---|" + "---|" * len(others) + "---|---|---|"]
    for name in dict.fromkeys(row.name for row in rows):
        mine = [row for row in rows if row.name == name]
        cells = [name, quantity(mine[0].ours, mine[0].unit)]
        for other in others:
            row = next((row for row in mine if row.against == other), None)
            known = row is not None and row.ratio is not None
            cells.append(f"{quantity(row.other, row.unit)} ({number(row.ratio)})" if known else "")
        judged = [row for row in mine if row.target]
        cells.append(", ".join(f"{target_text(row)[0]} {row.against}".strip() for row in judged))
        cells.append(", ".join(target_text(row)[1] for row in judged))
        cells.append("; ".join(note for row in mine for note in row.notes))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    for remark in remarks:
        lines += ["", remark]
    return "\n".join(lines) + "\n"


def text(table, rows, remarks):
    return (parts_text if table in PARTS else table_text)(table, rows, remarks)


def document(head, tables, has_notes):
    """The whole of RESULTS.md. tables: (name, rows, remarks). has_notes: somebody wrote NOTES.md."""
    notes = " Why a target is missed, from a profile: [NOTES.md](NOTES.md)." if has_notes else ""
    lines = ["# Results", "", f"Written by scripts/bench; do not edit.{notes}", "",
             "The ratio is that of the best times over all rounds and decides whether a target is met; median round "
             "and best round are of the ratios round by round. Rounds of all contestants of a row are interleaved.", "",
             "| | |", "|---|---|"]
    lines += [f"| {what} | {value} |" for what, value in head]
    judged = [row for _, rows, _ in tables for row in rows if row.target]
    met = sum(row.met is True for row in judged)
    lines += ["", f"Targets met: {met} of {len(judged)}.", ""]
    return "\n".join(lines) + "\n" + "\n".join(text(*table) for table in tables)


def save_json(path, head, tables):
    rows = []
    for _, table_rows, _ in tables:
        for row in table_rows:
            entry = asdict(row)
            entry["target"] = f"{row.target[0]} {row.target[1]:g}" if row.target else None
            rows.append(entry)
    path.write_text(json.dumps({"conditions": dict(head), "rows": rows}, indent=1) + "\n")
