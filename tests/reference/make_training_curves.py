#!/usr/bin/env python3
"""Trains small networks in PyTorch and Keras, in float64 and float32, and stores what they went through.

Each case gets a folder under training_curves/: inputs, initial weights, the loss of every step and epoch, final
weights (.npy) and a provenance.txt with the hyperparameters. README.md says which file holds what. Batches are
consecutive rows without shuffling; the last, smaller one is kept. Weights are stored (in, out).
"""

import argparse
import csv
import gzip
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")  # the Keras cases run Keras's own optimizers on PyTorch tensors

import keras
import numpy as np
import torch
from sklearn.model_selection import train_test_split

from reference_text import provenance

EPOCHS, BATCH = 10, 32
ROWS = {"breast_cancer": 250, "digits": 250, "diabetes": 250, "iris": 120}  # 250 = 7 * 32 + 26: the last batch is short
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
LOSSES = {
    "binary_cross_entropy_with_logits": torch.nn.functional.binary_cross_entropy_with_logits,
    "cross_entropy": torch.nn.functional.cross_entropy,
    "mean_squared_error": torch.nn.functional.mse_loss,
}
OPTIMIZERS = {
    "torch.SGD": torch.optim.SGD, "torch.Adam": torch.optim.Adam, "torch.AdamW": torch.optim.AdamW,
    "torch.RMSprop": torch.optim.RMSprop,
    "keras.Adam": keras.optimizers.Adam, "keras.RMSprop": keras.optimizers.RMSprop,
}
BCE = "binary_cross_entropy_with_logits"
CASES = [  # name, data, widths, activation, loss, optimizer, hyperparameters (every one that matters is written out)
    ("bce_adam_relu", "breast_cancer", (30, 16, 8, 1), "relu", BCE, "torch.Adam",
     {"lr": 5e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}),
    ("ce_sgd_nesterov_tanh", "digits", (64, 16, 10), "tanh", "cross_entropy", "torch.SGD",
     {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-3}),
    ("mse_sgd_sigmoid", "diabetes", (10, 16, 1), "sigmoid", "mean_squared_error", "torch.SGD", {"lr": 0.1}),
    ("ce_adamw_tanh", "iris", (4, 16, 3), "tanh", "cross_entropy", "torch.AdamW",
     {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}),
    ("bce_rmsprop_tanh", "breast_cancer", (30, 16, 8, 1), "tanh", BCE, "torch.RMSprop",
     {"lr": 2e-3, "alpha": 0.99, "eps": 1e-8, "momentum": 0.0}),
    ("bce_keras_adam_relu", "breast_cancer", (30, 16, 8, 1), "relu", BCE, "keras.Adam",
     {"learning_rate": 5e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
    ("mse_keras_rmsprop_relu", "diabetes", (10, 16, 1), "relu", "mean_squared_error", "keras.RMSprop",
     {"learning_rate": 5e-3, "rho": 0.9, "epsilon": 1e-7, "momentum": 0.0}),
]


def read_table(folder, name, header=False, delimiter=","):
    """Rows of floats from NAME.csv or NAME.csv.gz; a first line `rows,columns,...` is left out when asked."""
    path = folder / f"{name}.csv"
    with path.open() if path.exists() else gzip.open(folder / f"{name}.csv.gz", "rt") as file:
        rows = list(csv.reader(file, delimiter=delimiter))
    return np.array(rows[1 if header else 0:], dtype=np.float64)


def load(folder, name):
    """x float32 (n, features) and the targets of the training part; standardised in float64 before the rounding."""
    if name == "diabetes":
        x, y = read_table(folder, "diabetes_data_raw", delimiter=" "), read_table(folder, "diabetes_target")
    else:
        table = read_table(folder, name, header=name != "digits")
        x, y = table[:, :-1], table[:, -1:]
    x, _, y, _ = train_test_split(x, y, test_size=0.2, random_state=42)
    x, y = x[:ROWS[name]], y[:ROWS[name]]
    if name == "digits":
        x = x / 16.0
    else:
        x = (x - x.mean(axis=0)) / x.std(axis=0)
    if name == "diabetes":
        y = (y - y.mean()) / y.std()
    return x.astype(np.float32), y[:, 0].astype(np.int64) if name in ("digits", "iris") else y.astype(np.float32)


def initial_weights(widths, seed=7):
    """Weights (in, out) and biases, uniform in +-1/sqrt(in), rounded to float32 so that both precisions start equal."""
    generator = np.random.default_rng(seed)
    weights = {}
    for i, (n_in, n_out) in enumerate(zip(widths, widths[1:]), start=1):
        bound = 1 / np.sqrt(n_in)
        weights[f"w{i}"] = generator.uniform(-bound, bound, (n_in, n_out)).astype(np.float32)
        weights[f"b{i}"] = generator.uniform(-bound, bound, n_out).astype(np.float32)
    return weights


def forward(x, weights, activation):
    layers = len(weights) // 2
    for i in range(1, layers + 1):
        x = x @ weights[f"w{i}"] + weights[f"b{i}"]
        if i < layers:
            x = ACTIVATIONS[activation](x)
    return x


def make_step(optimizer, hyperparameters, weights):
    """The function that turns gradients into an update of the weights, and the tensors that it updates."""
    if optimizer.startswith("torch."):
        leaves = {name: value.requires_grad_() for name, value in weights.items()}
        algorithm = OPTIMIZERS[optimizer](list(leaves.values()), **hyperparameters)
        return leaves, algorithm.step
    keras.backend.set_floatx({torch.float32: "float32", torch.float64: "float64"}[weights["w1"].dtype])
    variables = [keras.Variable(value.numpy(), name=name) for name, value in weights.items()]
    algorithm = OPTIMIZERS[optimizer](**hyperparameters)
    leaves = {name: variable.value for name, variable in zip(weights, variables)}

    def step():
        with torch.no_grad():
            algorithm.apply([leaf.grad for leaf in leaves.values()], variables)

    return leaves, step


def train(x, y, weights, activation, loss, optimizer, hyperparameters, dtype):
    """Loss of every step (taken before its update) and the weights after the last epoch."""
    x = torch.from_numpy(x).to(dtype)
    y = torch.from_numpy(y) if y.dtype == np.int64 else torch.from_numpy(y).to(dtype)
    leaves, step = make_step(optimizer, hyperparameters,
                             {name: torch.from_numpy(value.copy()).to(dtype) for name, value in weights.items()})
    losses = []
    for _ in range(EPOCHS):
        for first in range(0, len(x), BATCH):
            for leaf in leaves.values():
                leaf.grad = None
            value = LOSSES[loss](forward(x[first:first + BATCH], leaves, activation), y[first:first + BATCH])
            value.backward()
            step()
            losses.append(value.item())
    numpy_type = np.float32 if dtype == torch.float32 else np.float64
    return np.array(losses, numpy_type), {name: leaf.detach().numpy().copy() for name, leaf in leaves.items()}


def epoch_means(losses, rows):
    """Mean over the rows of each epoch: batch losses weighted by batch size, summed in float64."""
    sizes = np.diff(np.append(np.arange(0, rows, BATCH), rows))
    return losses.astype(np.float64).reshape(EPOCHS, -1) @ sizes / rows


def relative_difference(a, b):
    return float(np.max(np.abs(a - b) / np.abs(b)))


def make_case(output, data, name, data_name, widths, activation, loss, optimizer, hyperparameters):
    x, y = load(data, data_name)
    weights = initial_weights(widths)
    arrays = {"x": x, "y": y} | {f"initial_{key}": value for key, value in weights.items()}
    epochs, steps, final = {}, {}, {}
    for suffix, dtype in (("float32", torch.float32), ("float64", torch.float64)):
        losses, last = train(x, y, weights, activation, loss, optimizer, hyperparameters, dtype)
        steps[suffix], epochs[suffix], final[suffix] = losses, epoch_means(losses, len(x)), last
        arrays |= {f"step_loss_{suffix}": losses, f"epoch_loss_{suffix}": epochs[suffix]}
        arrays |= {f"final_{key}_{suffix}": value for key, value in last.items()}
    folder = output / name
    folder.mkdir(parents=True, exist_ok=True)
    for key, value in arrays.items():
        np.save(folder / f"{key}.npy", np.ascontiguousarray(value))
    apart = [np.abs(final["float32"][key] - final["float64"][key]).max() for key in weights]
    drift = {
        "epoch loss": relative_difference(epochs["float32"], epochs["float64"]),
        "step loss": relative_difference(steps["float32"], steps["float64"]),
        "weights, largest absolute": float(max(apart)),
    }
    lines = provenance(__file__, ["torch", "keras", "numpy", "scikit-learn"]) + [
        f"data: {data_name}, first {len(x)} rows of train_test_split(test_size=.2, random_state=42)'s training part",
        f"layers: {'-'.join(map(str, widths))}", f"activation: {activation}", f"loss: {loss}, mean over the batch",
        f"optimizer: {optimizer}",
        *[f"{key}: {value}" for key, value in hyperparameters.items()],
        f"epochs: {EPOCHS}", f"batch_size: {BATCH}", "shuffle: no; consecutive rows, last batch kept", "threads: 1",
        *[f"float32 against float64, {key}: {value:.1e}" for key, value in drift.items()],
    ]
    (folder / "provenance.txt").write_text("\n".join(lines) + "\n")
    print(f"{name:24} loss {epochs['float64'][0]:.4f} -> {epochs['float64'][-1]:.4f}  "
          + "  ".join(f"{key} {value:.1e}" for key, value in drift.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True,
                        help="folder with breast_cancer, digits, diabetes_data_raw, diabetes_target, iris .csv[.gz]")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "training_curves")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for one in CASES:
        make_case(arguments.output, arguments.data, *one)


if __name__ == "__main__":
    main()
