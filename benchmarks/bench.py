#!/usr/bin/env python3
"""Measures eigengrad against hand-written loops and other libraries, side by side, and writes the tables.

scripts/bench prepares everything and calls this. The protocol: every contestant is a process that lives as long
as its table; rounds of about 50 ms go A B C A B C ... among them; a table is measured again when the processor's
peak drifted meanwhile. Contestants are in benchmarks/step.cpp and benchmarks/peers/, the machinery in driver/.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree stays clean

from driver import build as building
from driver import data, parts, report
from driver.contestants import Contestant, Disturbed, Gone, Machine, interleave, start_all, stop_all
from driver.rows import Row, compare, compare_all, judge, missing, quotient

ROOT = Path(__file__).resolve().parent.parent
PYTHON_PEERS = {
    "pytorch_eager": "pytorch", "pytorch_fused": "pytorch", "pytorch_compile": "pytorch", "jax_jit": "jax_jit",
    "keras_step": "keras_step", "keras_fit": "keras_step", "scikit_learn": "scikit_learn",
}
CPP_PEERS = ["dlib", "libtorch"]
FLOORS = ["floor_gemm", "floor_eigen"]
PEERS = [name for name in PYTHON_PEERS if name != "keras_fit"] + CPP_PEERS
# Whose version the results name.
LIBRARIES = {"eigengrad": "eigengrad", "pytorch_eager": "PyTorch", "jax_jit": "JAX", "keras_step": "Keras",
             "keras_fit": "Keras", "scikit_learn": "scikit-learn", "dlib": "dlib", "libtorch": "libtorch"}
ROWS = {"tiny": "8-16-1", "a": "30-128-64-1", "mnist": "784-512-10"}
WATCHED_SECONDS = 3.0  # a round of one or two epochs
FIT_SECONDS = 2.0  # a round of fit: many epochs, for one call of Keras's fit costs as much as several


def threads_text(threads):
    return f"{threads} thread" + ("s" if threads > 1 else "")


class Bench:
    """One run of the driver: what it was asked for, and what it has found out so far."""

    def __init__(self, options):
        self.options = options
        self.build = building.Build(ROOT, options.build)
        self.scratch = options.build.parent / "bench"
        self.machine = Machine(self.build.program("machine"))
        self.versions, self.stats, self.remarks = self.build.versions(), {}, []
        self.threads = [n for n in options.threads if n <= (os.cpu_count() or 1)]

    def say(self, text):
        print(f"bench: {text}", file=sys.stderr, flush=True)

    def command(self, name):
        if name in PYTHON_PEERS:
            return [self.options.python, "-B", ROOT / f"benchmarks/peers/{PYTHON_PEERS[name]}.py"]
        if name in CPP_PEERS:
            program = self.build.program(f"peers/{name}")
            if not program.exists():
                raise Gone(f"{name} was not found when the benchmarks were built")
            return [program]
        return [self.build.program("step")]

    def start(self, name, shape, work, threads, called=None, kind=Contestant):
        arguments = ["--contestant", name, "--shape", shape, "--work", work, "--threads", str(threads),
                     "--data", data.write_shape(self.scratch / "data", shape)]
        log = self.scratch / "logs" / f"{called or name}-{shape}-{work}-{threads}.log".replace(" ", "_")
        return kind(called or name, [*self.command(name), *arguments], log, threads, self.scratch / "inductor")

    def measure(self, what, starters, seconds=None):
        """Starts the contestants, interleaves their rounds while the processor is steady, and stops them. Gives
        ({name: times}, {name: what it said}, {name: why it has no times}, {name: stats})."""
        self.say(f"{what}: starting {', '.join(starters)}")
        running, without = start_all(starters)

        def rounds():
            times, broken = interleave([c for c in running if c.name not in without], self.options.rounds,
                                       seconds or self.options.seconds)
            without.update(broken)
            return times

        try:
            times, drift, repeated = self.machine.steadily(rounds)
            stats = {c.name: c.stats() for c in running if c.name in times}
        finally:
            stop_all(running)
        infos = {c.name: {**c.info, "setting": stats.get(c.name, {}).get("setting")} for c in running}
        for name, info in infos.items():
            if name in LIBRARIES:
                self.versions[LIBRARIES[name]] = info.get("version", "?")
        if drift is None:
            self.remarks.append(f"{what}: the processor's peak was not watched, the program `machine` is not built.")
        elif drift > 0.03:
            self.remarks.append(f"{what}: unsteady: the processor's peak drifted by {100 * drift:.1f} %, also after "
                                f"{repeated} repeats.")
        elif repeated:
            self.remarks.append(f"{what}: measured {repeated + 1} times, for the processor's peak had drifted.")
        return times, infos, without, stats

    def against(self, table, name, others, shape, work, threads, **how):
        """Rows of eigengrad against the others on one workload, and the times."""
        starters = {n: lambda n=n: self.start(n, shape, work, threads) for n in ["eigengrad", *others]}
        times, infos, without, stats = self.measure(name, starters, how.pop("seconds", None))
        if work == "step" and threads == 1:
            self.stats.setdefault(shape, {}).update(stats)
        return compare_all(table, name, times, infos, without, **how), times

    def floor(self):
        rows = []
        for shape in self.options.shapes:
            for threads in self.threads:
                name = f"step {shape}, {threads_text(threads)}"
                rows += self.against("floor", name, FLOORS, shape, "step", threads)[0]
        return rows

    def peers(self):
        rows = []
        if self.options.quick:
            self.remarks.append("With --quick the peers run on one thread only, for they take long to start.")
        for shape in self.options.shapes:
            for threads in self.threads[:1] if self.options.quick else self.threads:
                name = f"step {shape}, {threads_text(threads)}"
                found, times = self.against("peers", name, PEERS, shape, "step", threads)
                rows += found
                settings = [peer for peer in times if peer.startswith("pytorch_")]
                if settings and "eigengrad" in times:
                    best = min(settings, key=lambda peer: min(times[peer]))
                    row = compare("peers", name, "best pytorch", times["eigengrad"], times[best])
                    rows.append(row.note(best))
        return rows

    def two_threads(self):
        one, two = "eigengrad, 1 thread", "eigengrad, 2 threads"
        if (os.cpu_count() or 1) < 2:
            self.remarks.append("One core: nothing to measure.")
            return []
        rows = []
        for shape in self.options.shapes:
            name = f"step {shape}, 2 threads"
            starters = {one: lambda s=shape: self.start("eigengrad", s, "step", 1, one),
                        two: lambda s=shape: self.start("eigengrad", s, "step", 2, two),
                        two + ", one core busy": lambda s=shape: self.start(
                            "eigengrad", s, "step", 2, two + ", one core busy", Disturbed)}
            times, _, without, _ = self.measure(name, starters)
            for row_name, who, sense in [(name, two, ">="),
                                         (name + ", one core busy", two + ", one core busy", "<=")]:
                if one in times and who in times:
                    rows.append(compare("threads", row_name, one, times[who], times[one], sense))
                else:
                    rows.append(missing("threads", row_name, one, without.get(who) or without.get(one)))
        return rows

    def single(self):
        rows = []
        for shape, extents in ROWS.items():
            for work, text in [("inference", "inference"), ("online", "online step")]:
                # Without an optimizer the fused one is no peer of its own.
                peers = [name for name in PEERS if work == "online" or name != "pytorch_fused"]
                rows += self.against("single", f"{text} {extents}", FLOORS + peers, shape, work, 1)[0]
        return rows

    def fit(self):
        return self.against("fit", "epoch, 30-128-64-1, batch 32", ["keras_fit"], "a", "fit", 1, losses=False,
                            seconds=FIT_SECONDS)[0]

    def watched(self):
        """What the progress bar and TensorBoard add to fit: network b, an epoch of 60,000 rows."""
        plain, watched = "fit alone", "with progress and TensorBoard"
        starters = {plain: lambda: self.start("eigengrad", "b", "fit", 1, plain),
                    watched: lambda: self.start("watched", "b", "fit", 1, watched)}
        name = "epoch, 784-512-256-10, batch 128"
        times, infos, without, _ = self.measure(name, starters, WATCHED_SECONDS)
        return compare_all("watched", name, times, infos, without, ours=watched)

    def heap(self):
        rows = []
        for shape in self.options.shapes:
            starters = {n: lambda n=n, s=shape: self.start(n, s, "step", 1) for n in ["eigengrad", *FLOORS]}
            running, without = start_all(starters)
            stats = dict(self.stats.get(shape, {}))
            try:
                for contestant in running:
                    contestant.run(10)
                    stats[contestant.name] = contestant.stats()
            finally:
                stop_all(running)
            rows += self.heap_rows(shape, stats, without)
        return rows

    def heap_rows(self, shape, stats, without):
        if "eigengrad" not in stats:
            return [missing("heap", f"heap calls a step, {shape}", "", without["eigengrad"])]
        ours = stats["eigengrad"]
        row = judge(Row("heap", f"heap calls, step {shape}", "", "calls", "<=", ours.get("heap_calls")))
        rows = [row.note(f"{ours['heap_bytes']:g} bytes") if ours.get("heap_bytes") is not None else row]
        for name, theirs in stats.items():
            if name != "eigengrad" and theirs.get("peak_kb"):
                mine, other = (x["peak_kb"] * 1024 / 1e6 for x in (ours, theirs))
                row = judge(Row("heap", f"peak memory, step {shape}", name, "MB", "<=", mine, other,
                                quotient(mine, other, "<=")))
                calls = theirs.get("heap_calls")
                rows.append(row if calls is None else row.note(f"{calls:g} heap calls a step"))
        return rows + [missing("heap", f"peak memory, step {shape}", name, why) for name, why in without.items()]

    def micro(self, table):
        rows, remarks = parts.measure(self, table)
        self.remarks += remarks
        return rows

    def compile(self):
        return building.measure(self.build, self.scratch / "compile", 3 if self.options.quick else 5)

    def tables(self):
        """Name -> function, in the order of RESULTS.md."""
        result = {"floor": self.floor, "peers": self.peers, "threads": self.two_threads, "single": self.single,
                  "fit": self.fit, "watched": self.watched}
        result.update({table: lambda table=table: self.micro(table) for table in parts.TABLES})
        result.update({"heap": self.heap, "compile": self.compile})
        return result


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="floor, peers on one thread, gemm, heap and compile only")
    parser.add_argument("--only", nargs="+", metavar="TABLE", choices=list(report.TITLES),
                        help="only these tables: " + " ".join(report.TITLES))
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes every row there too")
    parser.add_argument("--output", type=Path, metavar="FILE",
                        help="the Markdown file (benchmarks/RESULTS.md for a full run, else build/bench/RESULTS.md)")
    parser.add_argument("--rounds", type=int, default=20, help="rounds a contestant (20)")
    parser.add_argument("--seconds", type=float, default=0.05, help="about how long a round takes (0.05)")
    parser.add_argument("--shapes", nargs="+", choices=list("abc"), default=list("abc"), help="steps (a b c)")
    parser.add_argument("--threads", nargs="+", type=int, choices=[1, 2], default=[1, 2], help="of steps (1 2)")
    parser.add_argument("--build", type=Path, default=ROOT / "build/release", help=argparse.SUPPRESS)
    parser.add_argument("--python", default=sys.executable, help="the Python that has the peers (this one)")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds and --seconds are positive")
    return options


def main(arguments=None):
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: terminated"))  # so that the contestants end too
    bench = Bench(options)
    quick = ["floor", "peers", "gemm", "heap", "compile"] if options.quick else list(report.TITLES)
    wanted = options.only or quick
    whole = set(wanted) == set(report.TITLES) and len(options.shapes) == 3 and len(options.threads) == 2
    output = options.output or (ROOT / "benchmarks/RESULTS.md" if whole else bench.scratch / "RESULTS.md")
    output.parent.mkdir(parents=True, exist_ok=True)
    notes = ROOT / "benchmarks/NOTES.md"  # written by hand
    peak, load = bench.machine.measure(), os.getloadavg()

    tables = []
    for name, table in bench.tables().items():
        if name in wanted:
            bench.remarks = []
            rows = table()
            tables.append((name, rows, bench.remarks))
            # After every table, so that a run that is cut short leaves what it has.
            head = report.conditions(bench.build, bench.versions, peak, load)
            output.write_text(report.document(head, tables, notes.exists()))
            if options.json:
                report.save_json(options.json, head, tables)
            print(report.text(*tables[-1]), flush=True)
    print(f"written to {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
