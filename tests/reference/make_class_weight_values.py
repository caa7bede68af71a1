#!/usr/bin/env python3
"""Writes op_values/class_weights.txt: three steps of Keras models trained with class_weight, and scikit-learn's
balanced weights. Keras computes the losses of fit in float32, whatever the type of floats is."""

import argparse
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from reference_text import case, provenance, write_lines

ROWS, STEPS = 12, 3


def run(name, loss, activation, outputs, labels, targets, weights):
    random = np.random.RandomState(outputs)
    x, w = np.round(random.standard_normal((ROWS, 2)), 3), np.round(random.standard_normal((2, outputs)), 3)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(outputs, activation, use_bias=False)])
    model.layers[0].set_weights([w])
    class_weight = dict(enumerate(weights))
    model.compile(keras.optimizers.SGD(0.5), loss)
    history = model.fit(x, targets, batch_size=ROWS, epochs=STEPS, shuffle=False, class_weight=class_weight,
                        validation_data=(x, targets), verbose=0).history
    balanced = compute_class_weight("balanced", classes=np.arange(len(weights)), y=labels)
    return case(name, {"steps": STEPS, "learning_rate": 0.5}, [x, w, targets, weights],
                [history["loss"], history["val_loss"], model.layers[0].get_weights()[0], balanced])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "op_values")
    output = parser.parse_args().output
    keras.config.set_floatx("float64")
    two = np.array([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1])
    three = np.array([0, 1, 0, 2, 0, 1, 0, 0, 1, 0, 0, 2])
    lines = [
        run("binary", "binary_crossentropy", "sigmoid", 1, two, two.reshape(-1, 1).astype("float64"), [0.5, 4.0]),
        run("indices", "sparse_categorical_crossentropy", "softmax", 3, three, three, [1.0, 0.25, 3.0]),
        run("one_hot", "categorical_crossentropy", "softmax", 3, three, np.eye(3)[three], [1.0, 0.0, 2.0]),
        run("regression", "mean_squared_error", None, 1, two, two.reshape(-1, 1).astype("float64"), [1.0, 2.5]),
    ]
    header = provenance(__file__, ["keras", "torch", "scikit-learn", "numpy"]) + [
        "loss|attributes|x;weight of the one layer;targets;class weights|loss of each epoch;validation loss after "
        "it;weight at the end;balanced class weights||"]
    write_lines(output / "class_weights.txt", header, lines)


if __name__ == "__main__":
    main()
