#!/usr/bin/env python3
"""Writes moons.txt: the points of scikit-learn's make_moons, shuffled or not, with noise or without."""

import argparse
from pathlib import Path

from sklearn.datasets import make_moons

from reference_text import case, provenance, write_lines

CASES = [(2, 0, 0.0, 0), (7, 0, 0.0, 0), (7, 1, 0.0, 3), (30, 1, 0.2, 42), (9, 0, 0.5, 2**32 - 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "op_values")
    output = parser.parse_args().output
    lines = []
    for samples, shuffle, noise, state in CASES:
        points = make_moons(samples, shuffle=bool(shuffle), noise=noise or None, random_state=state)
        attributes = {"n_samples": samples, "shuffle": shuffle, "noise": noise, "random_state": state}
        lines.append(case("make_moons", attributes, [], points))
    header = provenance(__file__, ["scikit-learn", "numpy"]) + ["make_moons|arguments||x;y||"]
    write_lines(output / "moons.txt", header, lines)


if __name__ == "__main__":
    main()
