#!/usr/bin/env python3
"""Writes op_values/sample_weights.txt: Keras models trained with sample_weight or class_weight and weighted_metrics, in
batches of which the last is smaller. Keras computes the losses of fit in float32, whatever the type of floats is."""

import argparse
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np

from reference_text import case, provenance, write_lines

ROWS, BATCH, EPOCHS = 14, 4, 3
WEIGHTS = np.array([1.0, 0.5, 2.0, 0.0, 3.25, 1.0, 0.125, 0.0, 1.5, 2.5, 0.75, 1.0, 4.0, 0.25])


def run(name, loss, activation, outputs, targets, metric, split=0.0, class_weight=None):
    """With `split` the last rows and their weights validate, else other data with the weights backwards."""
    random = np.random.RandomState(outputs)
    x, w = np.round(random.standard_normal((ROWS, 2)), 3), np.round(random.standard_normal((2, outputs)), 3)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(outputs, activation, use_bias=False)])
    model.layers[0].set_weights([w])
    model.compile(keras.optimizers.SGD(0.5), loss, metrics=[metric], weighted_metrics=[metric])
    validation = {"validation_split": split} if split else {"validation_data": (-x, targets, WEIGHTS[::-1])}
    weights = {"class_weight": dict(enumerate(class_weight))} if class_weight else {"sample_weight": WEIGHTS}
    history = model.fit(x, targets, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0, **weights,
                        **validation).history
    evaluated = model.evaluate(x, targets, batch_size=BATCH, sample_weight=WEIGHTS, verbose=0, return_dict=True)
    series = ["loss", metric, f"weighted_{metric}"]
    return case(name, {"epochs": EPOCHS, "batch_size": BATCH, "learning_rate": 0.5, "metric": metric, "split": split},
                [x, w, targets, WEIGHTS, class_weight],
                [history[key] for key in series] + [history[f"val_{key}"] for key in series] +
                [model.layers[0].get_weights()[0], [evaluated[key] for key in series]])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "op_values")
    output = parser.parse_args().output
    keras.config.set_floatx("float64")
    two = np.array([0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0])
    three = np.array([0, 1, 0, 2, 0, 1, 0, 2, 1, 0, 0, 2, 1, 2])
    column = two.reshape(-1, 1).astype("float64")
    values = np.round(np.linspace(-1, 2, ROWS) ** 2, 3).reshape(-1, 1)
    binary = ("binary_crossentropy", "sigmoid", 1, column, "accuracy")
    several = ("sparse_categorical_crossentropy", "softmax", 3, three, "accuracy")
    lines = [
        run("binary", *binary), run("binary", *binary, split=0.3),
        run("indices", *several), run("indices", *several, split=0.3),
        run("regression", "mean_squared_error", None, 1, values, "mae"),
        run("binary", *binary, class_weight=[0.5, 4.0]),
        run("indices", *several, split=0.3, class_weight=[1.0, 0.25, 3.0]),
    ]
    header = provenance(__file__, ["keras", "torch", "numpy"]) + [
        "loss|attributes|x;weight of the one layer;targets;sample weights;class weights|loss, metric and weighted metric of "
        "each epoch;the same three of the validation;weight at the end;the three of evaluate with sample weights||"]
    write_lines(output / "sample_weights.txt", header, lines)


if __name__ == "__main__":
    main()
