#!/usr/bin/env python3
"""Writes op_values/plateau.txt: the learning rate after every epoch under Keras's and PyTorch's ReduceLROnPlateau."""

import argparse
import os
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import torch

from reference_text import case, provenance, write_lines

NAN, INF = float("nan"), float("inf")
OPTIONS = [
    {"factor": 0.1, "patience": 10, "min_delta": 1e-4, "cooldown": 0, "min_lr": 0.0},  # both libraries' defaults
    {"factor": 0.5, "patience": 0, "min_delta": 0.0, "cooldown": 0, "min_lr": 0.0},
    {"factor": 0.5, "patience": 1, "min_delta": 1e-4, "cooldown": 2, "min_lr": 0.0},
    {"factor": 0.3, "patience": 2, "min_delta": 0.05, "cooldown": 1, "min_lr": 0.004},
    {"factor": 0.1, "patience": 3, "min_delta": 0.0, "cooldown": 0, "min_lr": 0.02},
    {"factor": 0.01, "patience": 0, "min_delta": 0.01, "cooldown": 0, "min_lr": 1e-12},  # down to steps below 1e-8
]


def series():
    random = np.random.RandomState(3)
    falling = np.round(np.exp(-np.arange(60) / 15), 4)
    yield [1.0] * 60
    yield falling
    yield np.round(falling + 0.05 * random.standard_normal(60), 3)
    yield np.round(1 + 0.1 * random.standard_normal(60), 2)
    yield [1.0, 0.95, 0.9025, 0.9, 0.8999, 0.8998, 0.89975] + [0.85] * 10 + [0.8, NAN, 0.7, INF, 0.6, -INF] + [0.5] * 10
    yield [NAN, NAN, 3.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    yield [INF, 5.0, 5.0, 5.0, 4.0, -1.0, -1.00005, -1.04, -1.06, -1.2, -1.2, -1.2, -1.2]


def keras_rates(values, mode, options):
    optimizer = keras.optimizers.SGD(learning_rate=0.1)
    callback = keras.callbacks.ReduceLROnPlateau(monitor="val", mode=mode, **options)
    callback.set_model(SimpleNamespace(optimizer=optimizer))
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"val": float(value)})
        yield float(optimizer.learning_rate.numpy())


def torch_rates(values, mode, options, threshold_mode):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    options = options | {"threshold": options["min_delta"], "threshold_mode": threshold_mode}
    del options["min_delta"]
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode=mode, **options)
    for value in values:
        schedule.step(float(value))
        yield optimizer.param_groups[0]["lr"]


def changes(rates):
    """(epoch, rate) of every change, epochs from 1, so that a line stays short."""
    rates = [0.1, *rates]
    found = [[epoch, rate] for epoch, rate in enumerate(rates) if epoch and rate != rates[epoch - 1]]
    return [np.array(found).reshape(-1, 2)]


def lines():
    for number, values in enumerate(series()):
        yield case("series", {}, [values], [])
        for mode in ("min", "max"):
            for options in OPTIONS:
                attributes = {"series": number, "mode": mode} | options
                yield case("plateau", {"convention": "keras"} | attributes, [],
                           changes(keras_rates(values, mode, options)))
                for threshold_mode in ("rel", "abs"):
                    yield case("plateau", {"convention": "torch", "threshold_mode": threshold_mode} | attributes, [],
                               changes(torch_rates(values, mode, options, threshold_mode)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "op_values")
    output = parser.parse_args().output
    keras.backend.set_floatx("float64")
    header = provenance(__file__, ["torch", "keras", "numpy"]) + [
        "series||the monitored value of each epoch|||",
        "plateau|attributes||epoch (from 1) and new learning rate of each change, (changes,2); it starts at 0.1||"]
    write_lines(output / "plateau.txt", header, lines())


if __name__ == "__main__":
    main()
