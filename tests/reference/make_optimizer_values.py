#!/usr/bin/env python3
"""Writes op_values/optimizers.txt, clipping.txt and schedules.txt from PyTorch's and Keras's own code, in float64."""

import argparse
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")  # this backend keeps float64 hyperparameters; TensorFlow rounds them

import keras
import numpy as np
import torch

from reference_text import case, provenance, write_lines

START = [1.25, -2.0, 0.5, 3.0, 0.0, 1e-3]
GRADIENTS = [  # one row a step; a zero column, a tiny one (below every epsilon) and a huge one are among them
    [0.5, -1.0, 1e-9, 0.0, 2.0, 1e6],
    [-0.25, -1.0, 1e-9, 0.0, 1e-4, 1e6],
    [0.75, 2.0, -1e-12, 0.0, 3.0, 1e5],
    [0.0, -0.125, 1e-9, 0.0, -1.0, 1.0],
    [1.5, 1.0, 2e-8, 0.0, 0.5, 0.0],
]
CONSTANT, CHANGING = [0.1] * 5, [0.1, 0.1, 0.05, 0.2, 0.01]
ADAM = {"betas": (0.9, 0.999), "eps": 1e-8}
TORCH = [  # name, class, arguments other than lr
    ("sgd", torch.optim.SGD, {}),
    ("sgd", torch.optim.SGD, {"weight_decay": 0.1}),
    ("sgd", torch.optim.SGD, {"momentum": 0.9}),
    ("sgd", torch.optim.SGD, {"momentum": 0.9, "weight_decay": 0.1}),
    ("sgd", torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    ("sgd", torch.optim.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("adam", torch.optim.Adam, ADAM),
    ("adam", torch.optim.Adam, {"betas": (0.8, 0.95), "eps": 1e-3}),
    ("adam", torch.optim.Adam, ADAM | {"weight_decay": 0.1}),
    ("adamw", torch.optim.AdamW, ADAM | {"weight_decay": 0.01}),
    ("adamw", torch.optim.AdamW, ADAM | {"weight_decay": 0.0}),
    ("rmsprop", torch.optim.RMSprop, {"alpha": 0.99, "eps": 1e-8}),
    ("rmsprop", torch.optim.RMSprop, {"alpha": 0.9, "eps": 1e-3}),
    ("rmsprop", torch.optim.RMSprop, {"alpha": 0.99, "eps": 1e-8, "weight_decay": 0.1}),
    ("rmsprop", torch.optim.RMSprop, {"alpha": 0.99, "eps": 1e-8, "momentum": 0.9}),
    ("rmsprop", torch.optim.RMSprop, {"alpha": 0.99, "eps": 1e-8, "centered": True}),
]
KERAS_ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
KERAS = [
    ("sgd", keras.optimizers.SGD, {}),
    ("sgd", keras.optimizers.SGD, {"momentum": 0.9}),
    ("sgd", keras.optimizers.SGD, {"momentum": 0.9, "nesterov": True}),
    ("sgd", keras.optimizers.SGD, {"momentum": 0.9, "weight_decay": 0.1}),
    ("adam", keras.optimizers.Adam, KERAS_ADAM),
    ("adam", keras.optimizers.Adam, {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    ("adamw", keras.optimizers.AdamW, KERAS_ADAM | {"weight_decay": 0.004}),
    ("rmsprop", keras.optimizers.RMSprop, {"rho": 0.9, "epsilon": 1e-7}),
    ("rmsprop", keras.optimizers.RMSprop, {"rho": 0.9, "epsilon": 1e-7, "momentum": 0.9}),
    ("rmsprop", keras.optimizers.RMSprop, {"rho": 0.9, "epsilon": 1e-7, "centered": True}),
]
NAMES = {"eps": "epsilon", "alpha": "rho"}  # one spelling for both conventions; betas is split into two


def attribute_text(convention, arguments):
    attributes = {"convention": convention}
    for key, value in arguments.items():
        if key == "betas":
            attributes |= {"beta_1": value[0], "beta_2": value[1]}
        else:
            attributes[NAMES.get(key, key)] = int(value) if isinstance(value, bool) else value
    return attributes


def torch_steps(algorithm, arguments, rates):
    parameter = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = algorithm([parameter], lr=rates[0], **arguments)
    after = []
    for rate, gradient in zip(rates, GRADIENTS):
        optimizer.param_groups[0]["lr"] = rate
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        after.append(parameter.detach().numpy().copy())
    return np.array(after)


def keras_steps(algorithm, arguments, rates):
    variable = keras.Variable(np.array(START), dtype="float64")
    optimizer = algorithm(learning_rate=rates[0], **arguments)
    after = []
    for rate, gradient in zip(rates, GRADIENTS):
        optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor(np.array(gradient), dtype="float64")], [variable])
        after.append(keras.ops.convert_to_numpy(variable.value).copy())
    return np.array(after)


def optimizer_lines():
    lines = []
    for convention, run, table in (("torch", torch_steps, TORCH), ("keras", keras_steps, KERAS)):
        for name, algorithm, arguments in table:
            for rates in (CONSTANT, CHANGING):
                lines.append(case(name, attribute_text(convention, arguments), [START, GRADIENTS, rates],
                                  [run(algorithm, arguments, rates)]))
    return lines


def clipping_lines():
    sets = [
        [[3.0, -4.0], [[12.0, 0.0], [0.0, 0.0]]],      # norm 13
        [[0.3, -0.4], [[1.2, 0.0], [0.0, 0.0]]],       # norm 1.3
        [[0.03, -0.04], [[0.12, 0.0], [0.0, 0.0]]],    # below every limit
        [[0.0, 0.0], [[0.0, 0.0], [0.0, -0.0]]],
        [[1e200, -1e200], [[1.0, 0.0], [0.0, 0.0]]],   # the sum of squares overflows
        [[float("inf"), 1.0], [[1.0, 0.0], [0.0, 0.0]]],
        [[float("nan"), 1.0], [[1.0, 0.0], [0.0, 0.0]]],
    ]
    lines = []
    for gradients in sets:
        for limit, kind in ((1.0, 2.0), (13.0, 2.0), (1.0, float("inf")), (1.0, 1.0)):
            parameters = with_gradients(gradients)
            norm = torch.nn.utils.clip_grad_norm_(parameters, limit, norm_type=kind)
            attributes = {"convention": "torch", "max_norm": limit, "norm_type": kind}
            lines.append(case("clip_grad_norm", attributes, gradients,
                              [norm.numpy(), *[p.grad.numpy() for p in parameters]]))
        parameters = with_gradients(gradients)
        torch.nn.utils.clip_grad_value_(parameters, 0.5)
        lines.append(case("clip_grad_value", {"convention": "torch", "clip_value": 0.5}, gradients,
                          [p.grad.numpy() for p in parameters]))
        # Keras takes its minimum with the limit in float32 on this backend: precision=float32.
        for argument in ("clipnorm", "global_clipnorm", "clipvalue"):
            tensors = [keras.ops.convert_to_tensor(np.array(g), dtype="float64") for g in gradients]
            clipped = keras.optimizers.SGD(**{argument: 1.0})._clip_gradients(tensors)
            lines.append(case("clip_grad", {"convention": "keras", argument: 1.0, "precision": "float32"}, gradients,
                              [keras.ops.convert_to_numpy(g) for g in clipped]))
    return lines


def with_gradients(gradients):
    parameters = [torch.zeros_like(torch.tensor(g, dtype=torch.float64), requires_grad=True) for g in gradients]
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
    return parameters


def schedule_lines():
    from torch.optim import lr_scheduler as s
    table = [
        ("constant", {}, lambda o: s.ConstantLR(o, factor=1.0)),
        ("step", {"step_size": 5, "gamma": 0.5}, lambda o: s.StepLR(o, 5, 0.5)),
        ("step", {"step_size": 3, "gamma": 0.1}, lambda o: s.StepLR(o, 3, 0.1)),
        ("exponential", {"gamma": 0.9}, lambda o: s.ExponentialLR(o, 0.9)),
        ("cosine", {"t_max": 20, "eta_min": 0.0}, lambda o: s.CosineAnnealingLR(o, 20)),
        ("cosine", {"t_max": 8, "eta_min": 0.01}, lambda o: s.CosineAnnealingLR(o, 8, 0.01)),  # rises again after 8
        ("linear_warm_up", {"start_factor": 0.1, "total_iters": 5}, lambda o: s.LinearLR(o, 0.1, 1.0, 5)),
        ("linear_warm_up", {"start_factor": 1 / 3, "end_factor": 0.5, "total_iters": 12},
         lambda o: s.LinearLR(o, 1 / 3, 0.5, 12)),
        ("linear_warm_up_then_cosine", {"start_factor": 0.1, "total_iters": 5, "t_max": 15, "eta_min": 0.0},
         lambda o: s.SequentialLR(o, [s.LinearLR(o, 0.1, 1.0, 5), s.CosineAnnealingLR(o, 15)], [5])),
    ]
    lines = []
    for name, attributes, make in table:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        schedule, rates = make(optimizer), []
        for _ in range(21):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        lines.append(case(name, attributes, [0.1], [rates]))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "op_values")
    output = parser.parse_args().output
    keras.backend.set_floatx("float64")
    header = provenance(__file__, ["torch", "keras", "numpy"])
    for name, lines, fields in (
            ("optimizers", optimizer_lines(),
             "optimizer|attributes|start;gradient of each step;learning rate of each step|parameter after each step||"),
            ("clipping", clipping_lines(), "name|attributes|gradients|[total norm;]clipped gradients||"),
            ("schedules", schedule_lines(), "schedule|attributes|base learning rate|rates of steps 0 to 20||")):
        write_lines(output / f"{name}.txt", header + [fields], lines)
        print(f"{name}: {len(lines)} lines")


if __name__ == "__main__":
    main()
