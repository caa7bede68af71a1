#!/usr/bin/env python3
"""Writes splits.txt: the index lists of scikit-learn's train_test_split for some 300 cases, and its refusals."""

import argparse
import itertools
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from reference_text import provenance, write_lines

SEEDS = [0, 1, 42, 2**31, 2**32 - 1]
# (test_size, train_size); an int is a number of rows, a float a fraction.
FRACTIONS = [(0.2, None), (0.25, None), (1 / 3, None), (0.07, None), (None, 0.7), (0.3, 0.5), (None, None)]
# Around powers of two, where the rejection mask of the shuffle changes, and around data sets that examples use.
ROWS = [2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 150, 255, 256, 257, 442, 569,
        1023, 1024, 1025, 1797, 2048, 2049, 3000]
REFUSED = [(1, 0.2, None), (0, 0.2, None), (2, 0.99, None), (2, None, 0.4), (10, 0.0, None), (10, 1.0, None),
           (10, -0.1, None), (10, 1.5, None), (10, 0, None), (10, 10, None), (10, 11, None), (10, -1, None),
           (10, None, 0), (10, None, 10), (10, None, 0.0), (10, None, 1.0), (10, 5, 6), (10, 0.6, 0.6),
           (10, 0.5, 6), (10, 0.05, 0.05), (3, None, 0.2), (5, 0.95, None), (10, float("nan"), None)]


def fnv1a64(indices):
    """FNV-1a over the indices as int64, least significant byte first."""
    value = 0xCBF29CE484222325
    for byte in np.asarray(indices, dtype="<i8").tobytes():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def size_text(size):
    return "none" if size is None else repr(size)


def split_line(n, test_size, train_size, seed, shuffle):
    seed_text = "none" if seed is None else str(seed)
    key = [str(n), size_text(test_size), size_text(train_size), seed_text, str(int(shuffle))]
    try:
        train, test = train_test_split(np.arange(n), test_size=test_size, train_size=train_size, random_state=seed,
                                       shuffle=shuffle)
    except ValueError as error:  # InvalidParameterError is one too
        return "|".join(key + ["error", " ".join(str(error).replace("|", "/").split())])
    ends = [" ".join(map(str, part)) for part in (train[:8], train[-8:], test[:8], test[-8:])]
    return "|".join(key + ["ok", str(len(train)), str(len(test)), *ends, fnv1a64(train), fnv1a64(test)])


def cases():
    """(n, test_size, train_size, seed, shuffle): every row count with two fractions, then combinations on a few."""
    for i, n in enumerate(ROWS):
        for k in range(3):
            test_size, train_size = FRACTIONS[(i + 3 * k) % len(FRACTIONS)]
            yield n, test_size, train_size, SEEDS[(i + k) % len(SEEDS)], True
    for n, (test_size, train_size), seed in itertools.product([10, 150, 569], FRACTIONS, SEEDS):
        yield n, test_size, train_size, seed, True
    for n, (test_size, train_size) in itertools.product([10, 569],
                                                        [(1, None), (3, None), (None, 4), (2, 5), (0.3, 5), (4, 0.5)]):
        for seed in (0, 42, 2**32 - 1):
            yield n, test_size, train_size, seed, True
    for n, (test_size, train_size) in itertools.product([2, 10, 569, 1797], FRACTIONS + [(1, None), (1, 1)]):
        yield n, test_size, train_size, None, False
    for n, test_size, train_size in REFUSED:
        for shuffle in (True, False):
            yield n, test_size, train_size, 42 if shuffle else None, shuffle


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "splits.txt")
    arguments = parser.parse_args()
    lines = list(dict.fromkeys(split_line(*one) for one in cases()))
    header = provenance(__file__, ["scikit-learn", "numpy"]) + [
        "n|test_size|train_size|random_state|shuffle|ok|n_train|n_test|train first 8|train last 8|test first 8|"
        "test last 8|fnv1a64 train|fnv1a64 test",
        "n|test_size|train_size|random_state|shuffle|error|scikit-learn's message",
    ]
    write_lines(arguments.output, header, lines)
    print(f"{arguments.output.name}: {len(lines)} cases")


if __name__ == "__main__":
    main()
