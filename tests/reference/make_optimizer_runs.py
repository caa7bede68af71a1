#!/usr/bin/env python3
"""Writes op_values/optimizer_runs.txt: 100 steps of every optimizer of PyTorch and Keras that this library has, in
float64, and their default hyperparameters in op_values/optimizer_defaults.txt."""

import argparse
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")  # this backend keeps float64 hyperparameters; TensorFlow rounds them

import keras
import numpy as np
import torch

from make_optimizer_values import KERAS_ADAM, attribute_text
from reference_text import case, provenance, write_lines

STEPS = 100
STORED = [1, 2, 3, 10, 30, 60, 99, 100]  # the steps after which the parameter is stored
START = [1.25, -2.0, 0.5, 3.0, 0.0, 1e-3]
T = torch.optim
K = keras.optimizers
TORCH = [
    ("sgd", T.SGD, {}),
    ("sgd", T.SGD, {"momentum": 0.9, "weight_decay": 0.01}),
    ("sgd", T.SGD, {"momentum": 0.9, "nesterov": True}),
    ("adam", T.Adam, {"betas": (0.9, 0.999), "eps": 1e-8}),
    ("adam", T.Adam, {"betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.01}),
    ("adamw", T.AdamW, {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}),
    ("rmsprop", T.RMSprop, {"alpha": 0.99, "eps": 1e-8}),
    ("rmsprop", T.RMSprop, {"alpha": 0.9, "eps": 1e-6, "momentum": 0.9, "weight_decay": 0.01}),
    ("adagrad", T.Adagrad, {"eps": 1e-10}),
    ("adagrad", T.Adagrad, {"eps": 1e-4, "lr_decay": 0.05, "initial_accumulator_value": 0.5, "weight_decay": 0.01}),
    ("nadam", T.NAdam, {"betas": (0.9, 0.999), "eps": 1e-8, "momentum_decay": 4e-3}),
    ("nadam", T.NAdam, {"betas": (0.8, 0.95), "eps": 1e-4, "momentum_decay": 0.5, "weight_decay": 0.01}),
]
KERAS = [
    ("sgd", K.SGD, {}),
    ("sgd", K.SGD, {"momentum": 0.9, "weight_decay": 0.01}),
    ("sgd", K.SGD, {"momentum": 0.9, "nesterov": True}),
    ("adam", K.Adam, KERAS_ADAM),
    ("adam", K.Adam, {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4, "weight_decay": 0.01}),
    ("adamw", K.AdamW, KERAS_ADAM | {"weight_decay": 0.004}),
    ("rmsprop", K.RMSprop, {"rho": 0.9, "epsilon": 1e-7}),
    ("rmsprop", K.RMSprop, {"rho": 0.99, "epsilon": 1e-6, "momentum": 0.9, "weight_decay": 0.01}),
    ("adagrad", K.Adagrad, {"initial_accumulator_value": 0.1, "epsilon": 1e-7}),
    ("adagrad", K.Adagrad, {"initial_accumulator_value": 0.5, "epsilon": 1e-4, "weight_decay": 0.01}),
    ("nadam", K.Nadam, KERAS_ADAM),
    ("nadam", K.Nadam, {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4, "weight_decay": 0.01}),
    ("lion", K.Lion, {"beta_1": 0.9, "beta_2": 0.99}),
    ("lion", K.Lion, {"beta_1": 0.8, "beta_2": 0.95, "weight_decay": 0.01}),
]


def problem():
    """(gradients, rates) with three decimals: a slope that dies out, noise, a zero column, tiny and huge ones."""
    random = np.random.RandomState(7)
    steps = np.arange(STEPS)[:, None]
    gradients = np.array([1.0, -2.0, 0.3, 0.0, 0.0, 500.0]) * np.exp(-steps / 40)
    gradients += random.standard_normal((STEPS, 6)) * [0.5, 0.5, 0.01, 0.0, 1.0, 300.0]
    return np.round(gradients, 3), np.round(0.01 + 0.09 * random.random_sample(STEPS), 3)


def torch_run(algorithm, arguments, gradients, rates):
    parameter = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = algorithm([parameter], lr=rates[0], **arguments)
    for gradient, rate in zip(gradients, rates):
        optimizer.param_groups[0]["lr"] = rate
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        yield parameter.detach().numpy().copy()


def keras_run(algorithm, arguments, gradients, rates):
    variable = keras.Variable(np.array(START), dtype="float64")
    optimizer = algorithm(learning_rate=rates[0], **arguments)
    for gradient, rate in zip(gradients, rates):
        optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor(gradient, dtype="float64")], [variable])
        yield keras.ops.convert_to_numpy(variable.value).copy()


def run_lines():
    gradients, rates = problem()
    yield case("problem", {}, [START, gradients, rates, STORED], [])
    for convention, run, table in (("torch", torch_run, TORCH), ("keras", keras_run, KERAS)):
        for name, algorithm, arguments in table:
            names = {"lr_decay": "learning_rate_decay", "initial_accumulator_value": "initial_accumulator"}
            attributes = attribute_text(convention, {names.get(k, k): v for k, v in arguments.items()})
            values = list(run(algorithm, arguments, gradients, rates))
            yield case(name, attributes, [], [[values[step - 1] for step in STORED]])


def default_lines():
    """Each optimizer of the tables above made without options: the value of every option that we have."""
    torch_names = {"lr": "learning_rate", "eps": "epsilon", "alpha": "rho", "lr_decay": "learning_rate_decay",
                   "initial_accumulator_value": "initial_accumulator"}
    wanted = ["learning_rate", "momentum", "nesterov", "weight_decay", "epsilon", "rho", "beta_1", "beta_2",
              "initial_accumulator", "momentum_decay", "learning_rate_decay"]
    for name, algorithm in dict((name, algorithm) for name, algorithm, _ in TORCH).items():
        found = dict(algorithm([torch.zeros(1, requires_grad=True)]).defaults)
        if "betas" in found:
            found["beta_1"], found["beta_2"] = found.pop("betas")
        yield name, "torch", {torch_names.get(key, key): value for key, value in found.items()}, wanted
    for name, algorithm in dict((name, algorithm) for name, algorithm, _ in KERAS).items():
        found = algorithm().get_config()
        yield name, "keras", {key.replace("accumulator_value", "accumulator"): value
                              for key, value in found.items()}, wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "op_values")
    output = parser.parse_args().output
    keras.backend.set_floatx("float64")
    torch.set_default_dtype(torch.float64)  # NAdam keeps its product of momenta in the default type
    header = provenance(__file__, ["torch", "keras", "numpy"])
    write_lines(output / "optimizer_runs.txt", header + [
        "problem||start;gradient of each step;learning rate of each step;steps after which results are stored",
        "optimizer|attributes||parameter after those steps||"], run_lines())
    keras.backend.set_floatx("float32")  # the defaults as users get them
    lines = [case(name, {"convention": convention} | {
        # Keras gives its learning rate as a float32: seven digits are what it was written with.
        key: float(f"{float(found[key] or 0):.7g}") for key in wanted if key in found}, [], [])
        for name, convention, found, wanted in default_lines()]
    write_lines(output / "optimizer_defaults.txt", header + ["optimizer|attributes"], lines)


if __name__ == "__main__":
    main()
