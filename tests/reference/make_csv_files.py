#!/usr/bin/env python3
"""Writes csv/train.csv, csv/test.csv and csv/expected.txt: a table with columns of text and missing values, and what
pandas and scikit-learn make of it: numbers filled, categories one-hot, the test part by what the training part had."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

from reference_text import provenance, tensor

GAPS = ["", "NA", "nan", "null", "?", "N/A"]
NUMBERS, CATEGORIES = ["age", "income"], ["color", "size", "zip"]


def write_table(path, rows, seed, colors):
    """A table whose columns have gaps in every spelling; the zip codes look like numbers."""
    random = np.random.RandomState(seed)

    def with_gaps(values, every):
        return [GAPS[i // every % len(GAPS)] if i % every == every - 1 else value for i, value in enumerate(values)]

    columns = {
        "age": with_gaps([str(value) for value in random.randint(18, 90, rows)], 7),
        "color": with_gaps(list(random.choice(colors, rows)), 9),
        "income": with_gaps([repr(round(float(value), 2)) for value in random.lognormal(8, 1, rows)], 11),
        "size": list(random.choice(['"M"', "L", '"X,L"', "S"], rows)),
        "zip": with_gaps(list(random.choice(["01234", "1234", "9", "10"], rows)), 13),
        "kind": list(random.choice(["yes", "no", "perhaps"], rows)),
    }
    names = list(columns)
    lines = [",".join(names)] + [",".join(columns[name][i] for name in names) for i in range(rows)]
    path.write_text("\n".join(lines) + "\n")


def read(path):
    return pd.read_csv(path, dtype={"zip": str}, na_values=["?"])


def one_hot_in_place(frame):
    """get_dummies with the columns of a category where the category was."""
    parts = [pd.get_dummies(frame[[name]], prefix_sep="=", dtype=float) if name in CATEGORIES else frame[[name]]
             for name in frame.columns if name != "kind"]
    return pd.concat(parts, axis=1)


def by_pandas(train, test, drop):
    if drop:
        train, test = train.dropna(), test.dropna()
    features = one_hot_in_place(train)
    return features, one_hot_in_place(test).reindex(columns=features.columns, fill_value=0.0), train, test


def by_sklearn(train, test, strategy):
    """SimpleImputer and OneHotEncoder, column by column in the table's order."""
    names, parts = [], ([], [])
    for name in train.columns[:-1]:
        columns = [frame[[name]].astype(object).to_numpy() for frame in (train, test)]
        if name in NUMBERS:
            columns = [column.astype(float) for column in columns]
            fill = SimpleImputer(strategy=strategy, fill_value=-1.0 if strategy == "constant" else None)
        else:
            fill = SimpleImputer(strategy="constant" if strategy == "constant" else "most_frequent",
                                 fill_value="missing" if strategy == "constant" else None)
        columns = [fill.fit_transform(columns[0]), fill.transform(columns[1])]
        if name in NUMBERS:
            names.append(name)
        else:
            encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
            columns = [encoder.fit_transform(columns[0]), encoder.transform(columns[1])]
            names += [f"{name}={category}" for category in encoder.categories_[0]]
        for part, column in zip(parts, columns):
            part.append(column)
    frames = [pd.DataFrame(np.hstack(part), columns=names) for part in parts]
    return *frames, train, test


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "csv")
    output = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    write_table(output / "train.csv", 60, 3, ["red", "green", "Blue"])
    write_table(output / "test.csv", 25, 4, ["red", "green", "violet"])
    train, test = read(output / "train.csv"), read(output / "test.csv")
    cases = [("drop_row", by_pandas(train, test, True)), ("keep", by_pandas(train, test, False))]
    cases += [(strategy, by_sklearn(train, test, strategy))
              for strategy in ("mean", "median", "most_frequent", "constant")]
    lines = [f"# {line}" for line in provenance(__file__, ["pandas", "scikit-learn", "numpy"])]
    lines.append("# missing|names of the features;...|features of train.csv|of test.csv|classes of train.csv|of test.csv")
    for name, (x_train, x_test, rows_train, rows_test) in cases:
        classes = sorted(train["kind"].unique())
        labels = [np.array([classes.index(kind) for kind in rows["kind"]]) for rows in (rows_train, rows_test)]
        lines.append("|".join([name, ";".join(x_train.columns), tensor(x_train.to_numpy(float)),
                               tensor(x_test.to_numpy(float)), tensor(labels[0]), tensor(labels[1])]))
    (output / "expected.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
