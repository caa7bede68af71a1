#!/usr/bin/env python3
"""Compares what no clock decides (instructions of a training step, the compiler's memory, the size of a program)
with the figures recorded in figures.txt, and exits 1 when one differs by more than it may, in either direction: a
figure that became better is recorded too.

    check.py COMPILER EIGEN_INCLUDE_DIR SCRATCH_DIR
"""

import re
import subprocess
import sys
from functools import cached_property
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HELLO = ROOT / "benchmarks/compile/hello_mlp.cpp"


sys.path.insert(0, str(ROOT / "benchmarks"))
from driver.build import cost, stripped_kb  # noqa: E402


class Budgets:
    def __init__(self, compiler, eigen, scratch):
        self.compiler = compiler
        self.scratch = scratch.resolve()
        self.flags = ["-std=c++20", f"-I{ROOT / 'include'}", "-isystem", eigen]

    def compile(self, *arguments):
        """The compiler's peak memory in MB."""
        return cost([self.compiler, *self.flags, *arguments], self.scratch)[1]

    def step_a(self):
        """a warm training step of 30-128-64-1 on a batch of 32"""
        program = self.scratch / "step_a"
        self.compile("-O3", "-fno-math-errno", "-mavx2", "-mfma", "-mtune=generic", HELLO, "-o", program)

        def instructions(steps):
            done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program,
                                   str(steps)], capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"check.py: valgrind: exit code {done.returncode}\n{done.stderr}")
            return int(re.search(r"Collected : (\d+)", done.stderr)[1])

        few, many = 20, 120
        return (instructions(many) - instructions(few)) / (many - few)

    def umbrella_memory(self):
        """of the compiler, with the umbrella header, -O2"""
        unit = self.scratch / "umbrella.cpp"
        unit.write_text("#include <eigengrad/eigengrad.hpp>\n")
        return self.compile("-O2", "-c", unit)

    def hello_memory(self):
        """of the compiler, with benchmarks/compile/hello_mlp.cpp, -O2"""
        return self.hello[1]

    def hello_size(self):
        """of the program made there, stripped"""
        return stripped_kb(self, self.hello[0])

    @cached_property
    def hello(self):
        """The object of that program, and the memory that it took."""
        made = self.scratch / "hello.o"
        return made, self.compile("-O2", "-c", HELLO, "-o", made)


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
