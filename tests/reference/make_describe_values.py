#!/usr/bin/env python3
"""Writes op_values/describe.txt: what pandas' DataFrame.describe says of some columns, missing values included."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from reference_text import case, provenance, write_lines

NAN, INF = float("nan"), float("inf")


def columns():
    random = np.random.RandomState(9)
    yield [1.0, 2.0, 3.0, 4.0]
    yield [3.5]
    yield [NAN, 2.0, NAN]
    yield [NAN, NAN]
    yield [7.0, 7.0, 7.0]
    yield [1e-300, 1e300, -5.0, 0.0, 2.5]
    yield [1.0, INF, 2.0]
    yield np.round(1e6 + random.standard_normal(101), 4)
    with_gaps = np.round(random.standard_normal(50) * 3, 3)
    with_gaps[::7] = NAN
    yield with_gaps


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "op_values")
    output = parser.parse_args().output
    lines = []
    for values in columns():
        frame = pd.DataFrame({"x": np.asarray(values, dtype=float)})
        lines.append(case("describe", {"missing": int(frame.isna().sum().iloc[0])}, [values], [frame.describe()["x"]]))
    header = provenance(__file__, ["pandas", "numpy"]) + [
        "describe|missing|values|count, mean, std, min, 25%, 50%, 75%, max||"]
    write_lines(output / "describe.txt", header, lines)


if __name__ == "__main__":
    main()
