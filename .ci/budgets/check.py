#!/usr/bin/env python3
"""Compares what no clock decides (instructions of a training step, the compiler's memory, the size of a program)
with the figures recorded in figures.txt, and exits 1 when one differs by more than it may, in either direction: a
figure that became better is recorded too.

    check.py COMPILER EIGEN_INCLUDE_DIR SCRATCH_DIR
"""

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HELLO = ROOT / "benchmarks/compile/hello_mlp.cpp"


def run(command):
    """What a command printed, and its peak memory in MB."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"check.py: exit code {process.returncode} of {' '.join(map(str, command))}\n{output}")
    return output, usage.ru_maxrss * 1024 / 1e6


class Budgets:
    def __init__(self, compiler, eigen, scratch):
        self.compile = [compiler, "-std=c++20", f"-I{ROOT / 'include'}", "-isystem", eigen]
        self.scratch = scratch

    def step_a(self):
        """a warm training step of 30-128-64-1 on a batch of 32"""
        program = self.scratch / "step_a"
        run([*self.compile, "-O3", "-fno-math-errno", "-mavx2", "-mfma", "-mtune=generic", HELLO, "-o", program])

        def instructions(steps):
            output, _ = run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, steps])
            return int(re.search(r"Collected : (\d+)", output)[1])

        few, many = 20, 120
        return (instructions(many) - instructions(few)) / (many - few)

    def umbrella_memory(self):
        """of the compiler, with the umbrella header, -O2"""
        unit = self.scratch / "umbrella.cpp"
        unit.write_text("#include <eigengrad/eigengrad.hpp>\n")
        return run([*self.compile, "-O2", "-c", unit, "-o", unit.with_suffix(".o")])[1]

    def hello_memory(self):
        """of the compiler, with benchmarks/compile/hello_mlp.cpp, -O2"""
        return run([*self.compile, "-O2", "-c", HELLO, "-o", self.scratch / "hello.o"])[1]

    def hello_size(self):
        """of the program made there, stripped"""
        program = self.scratch / "hello"
        run([self.compile[0], "-s", self.scratch / "hello.o", "-o", program])
        return program.stat().st_size / 1e3


def main():
    compiler, eigen, scratch = sys.argv[1:]
    budgets = Budgets(compiler, eigen, Path(scratch))
    lines = [line for line in (HERE / "figures.txt").read_text().splitlines() if not line.startswith("#")]
    missed = 0
    for line in lines:
        name, recorded, unit, percent = line.split()
        budget = getattr(budgets, name)
        value = budget()
        change = 100 * (value / float(recorded) - 1)
        good = abs(change) <= float(percent)
        missed += not good
        print(f"{'kept  ' if good else 'MISSED'} {name} ({budget.__doc__}): {value:.0f} {unit}, recorded {recorded} "
              f"({change:+.1f} %, may be {percent} %)")
    sys.exit(1 if missed else 0)


main()
