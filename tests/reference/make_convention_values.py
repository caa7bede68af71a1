#!/usr/bin/env python3
"""Writes conventions.txt: what PyTorch and Keras do by default and by name: the order of batches, initial values, slopes,
early stopping."""

import argparse
import os
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

from make_splits import fnv1a64
from reference_text import case, provenance, write_lines

IN, OUT = 300, 200


def order_lines():
    for rows, seed in ((1, 0), (2, 1), (3, 42), (10, 0), (64, 7), (100, 2**32 - 1), (1000, 2**40 + 3), (1797, 42)):
        loader = DataLoader(TensorDataset(torch.arange(rows)), batch_size=32, shuffle=True,
                            generator=torch.Generator().manual_seed(seed))
        sums = [fnv1a64(torch.cat([batch for (batch,) in loader]).numpy()) for _ in range(5)]
        yield case("data_loader_order", {"rows": rows, "seed": seed} | {f"epoch{i}": s for i, s in enumerate(sums)}, [],
                   [])


def moments(values):
    """The deviation, and the magnitude that one value in 1,000 exceeds. Not the largest: Keras on PyTorch lets one value
    in 230,000 escape from the truncation of a normal distribution."""
    values = np.asarray(values, dtype=float)
    return [[values.std(), np.quantile(np.abs(values), 0.999)]]


def initial_lines():
    for name in ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "zeros", "ones"):
        value = keras.initializers.get(name)((IN, OUT))
        yield case(name, {"convention": "keras"}, [], moments(keras.ops.convert_to_numpy(value)))
    layer = keras.layers.Dense(OUT)
    layer.build((None, IN))
    for name, value in (("kernel", layer.kernel), ("bias", layer.bias)):
        yield case(name, {"convention": "keras"}, [], moments(keras.ops.convert_to_numpy(value)))
    torch.manual_seed(0)
    layer = torch.nn.Linear(IN, OUT)
    yield case("kernel", {"convention": "torch"}, [], moments(layer.weight.detach()))
    # 200 values say little of a bias: those of 300 layers.
    biases = torch.cat([torch.nn.Linear(IN, OUT).bias.detach() for _ in range(300)])
    yield case("bias", {"convention": "torch"}, [], moments(biases))
    for name, fill in (("xavier_uniform", torch.nn.init.xavier_uniform_), ("xavier_normal", torch.nn.init.xavier_normal_),
                       ("kaiming_uniform", lambda w: torch.nn.init.kaiming_uniform_(w, nonlinearity="relu")),
                       ("kaiming_normal", lambda w: torch.nn.init.kaiming_normal_(w, nonlinearity="relu"))):
        yield case(name, {"convention": "torch"}, [], moments(fill(torch.empty(OUT, IN))))


def slope_lines():
    yield case("leaky_relu", {"convention": "keras"}, [[-1.0]],
               [keras.ops.convert_to_numpy(keras.layers.LeakyReLU()(np.array([-1.0])))])
    yield case("leaky_relu", {"convention": "torch"}, [[-1.0]], [torch.nn.LeakyReLU()(torch.tensor([-1.0]))])


def stopping_lines():
    series = [[3, 2, 2.5, 2.1, 2.2, 1, 2, 2, 2, 2, 2], [1, 1, 1, 1, 1, 1], [5, 4, 3, 2, 1], [3, 2.9, 2.5, 2.45, 2.4, 2.0]]
    for number, values in enumerate(series):
        for patience in (0, 1, 2, 3):
            for min_delta in (0.0, 0.2):
                model = SimpleNamespace(stop_training=False, get_weights=list)
                callback = keras.callbacks.EarlyStopping(monitor="val_loss", mode="min", patience=patience,
                                                         min_delta=min_delta)
                callback.set_model(model)
                callback.on_train_begin()
                epochs = 0
                for value in values:
                    callback.on_epoch_end(epochs, {"val_loss": value})
                    epochs += 1
                    if model.stop_training:
                        break
                yield case("early_stopping", {"patience": patience, "min_delta": min_delta}, [values],
                           [epochs, int(model.stop_training)])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "op_values")
    output = parser.parse_args().output
    keras.utils.set_random_seed(1)
    header = provenance(__file__, ["torch", "keras", "numpy"]) + [
        "data_loader_order|rows,seed,checksum of the order in each epoch||||",
        f"initializer or part of a dense layer|convention||deviation and 99.9 % quantile of the magnitudes of "
        f"({IN}, {OUT}) values||",
        "leaky_relu|convention|input|output||",
        "early_stopping|patience,min_delta|the loss of each epoch|epochs run;whether it stopped||"]
    write_lines(output / "conventions.txt", header, [*order_lines(), *initial_lines(), *slope_lines(), *stopping_lines()])


if __name__ == "__main__":
    main()
