#!/usr/bin/env python3
"""Writes split_checksums.txt, stratified_splits.txt and folds.txt: one checksum for each of some thousand splits of
scikit-learn's train_test_split (plain and stratified), KFold and StratifiedKFold."""

import argparse
import itertools
import warnings
from pathlib import Path

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from make_splits import fnv1a64, size_text
from reference_text import provenance, write_lines

SEEDS = [0, 1, 7, 42, 123, 2024, 65535, 2**31 - 1, 2**31, 2**32 - 1]
SIZES = [(0.2, None), (0.25, None), (1 / 3, None), (0.07, None), (0.5, None), (None, 0.7), (0.3, 0.5), (None, None)]
ROWS = [2, 3, 6, 10, 11, 13, 20, 24, 30, 40, 47, 50, 61, 66, 80, 96, 101, 120, 144, 178, 200, 300, 400, 500, 511, 512,
        513, 768, 1000, 1500]
KINDS = ["random", "skewed", "cycle", "blocks"]
STRATIFIED_ROWS = [12, 25, 40, 64, 99, 150, 178, 300, 569]
STRATIFIED_SIZES = [(0.2, None), (1 / 3, None), (0.5, None), (None, 0.7), (0.3, 0.5), (20, None)]
STRATIFIED_SEEDS = [0, 42, 2**32 - 1]


def labels(kind, classes, rows):
    """Labels 3 c - 4 of classes c, by whole numbers alone so that another language makes the same: numbers u of a
    linear congruential generator give random classes (u mod classes) and skewed ones (the smaller of two)."""
    state, result = rows, []
    for i in range(rows):
        drawn = []
        for _ in range(2):
            state = (state * 1664525 + 1013904223) % 2**32
            drawn.append((state >> 8) % classes)
        result.append({"random": drawn[0], "skewed": min(drawn), "cycle": i % classes,
                       "blocks": i * classes // rows}[kind])
    return 3 * np.array(result) - 4


def checksum(make):
    """FNV-1a of the indices of all parts, one after the other; `error` for what scikit-learn refuses."""
    try:
        return fnv1a64(np.concatenate(list(make())))
    except ValueError:
        return "error"


def plain_lines():
    for n, (test, train) in itertools.product(ROWS, SIZES):
        yield "|".join([str(n), size_text(test), size_text(train), " ".join(
            checksum(lambda: train_test_split(np.arange(n), test_size=test, train_size=train, random_state=seed))
            for seed in SEEDS)])


def stratified_lines():
    for n, classes, kind, (test, train) in itertools.product(STRATIFIED_ROWS, (2, 3, 5, 10), KINDS, STRATIFIED_SIZES):
        y = labels(kind, classes, n)
        sums = [checksum(lambda: train_test_split(np.arange(n), test_size=test, train_size=train, random_state=seed,
                                                  stratify=y)) for seed in STRATIFIED_SEEDS]
        if sums == ["error"] * len(sums):
            if n > 25:
                continue
            sums = sums[:1]
        yield "|".join([str(n), str(classes), kind, size_text(test), size_text(train), " ".join(sums)])


def fold_checksums(folds, n, splits, y=None):
    makers = [folds(splits)] + [folds(splits, shuffle=True, random_state=seed) for seed in STRATIFIED_SEEDS]
    return " ".join(checksum(lambda: itertools.chain(*maker.split(np.zeros(n), y))) for maker in makers)


def fold_lines():
    for n, splits in itertools.product([2, 3, 7, 10, 25, 64, 101, 150, 300], [2, 3, 5, 10, 11]):
        yield "|".join(["plain", str(n), "0", "-", str(splits), fold_checksums(KFold, n, splits)])
    for n, classes, kind, splits in itertools.product([12, 25, 64, 101, 150, 300], (1, 2, 5, 10), KINDS, [2, 3, 5, 10]):
        y = labels(kind, classes, n)
        yield "|".join(["stratified", str(n), str(classes), kind, str(splits),
                        fold_checksums(StratifiedKFold, n, splits, y)])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    output = parser.parse_args().output
    warnings.simplefilter("ignore")  # StratifiedKFold warns of classes smaller than the number of folds
    header = provenance(__file__, ["scikit-learn", "numpy"])
    seeds = " ".join(map(str, SEEDS))
    some = " ".join(map(str, STRATIFIED_SEEDS))
    for name, lines, fields in (
            ("split_checksums", plain_lines(), f"n|test_size|train_size|checksum for random_state {seeds}"),
            ("stratified_splits", stratified_lines(),
             f"n|classes|kind of labels|test_size|train_size|checksum for random_state {some}"),
            ("folds", fold_lines(),
             f"kind of folds|n|classes|kind of labels|n_splits|checksum without shuffle, then for random_state {some}")):
        lines = list(lines)
        write_lines(output / f"{name}.txt", header + [fields], lines)
        sums = [one for line in lines for one in line.split("|")[-1].split()]
        print(f"{name}: {len(lines)} lines, {len(sums) - sums.count('error')} cases, {sums.count('error')} refused")


if __name__ == "__main__":
    main()
