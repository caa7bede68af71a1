#!/usr/bin/env python3
"""Writes op_values/: PyTorch's float64 values and gradients of elementwise ops, reductions, softmax and losses.

Ordinary points and the special ones: signed zeros, infinities, NaN, kinks, ties, bounds, tiny and huge. README.md
describes the lines. Optimizers, clipping and schedules are make_optimizer_values.py's.
"""

import argparse
import functools
import itertools
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import torch
import torch.nn.functional as F

from reference_text import case, provenance, write_lines

INF, NAN = float("inf"), float("nan")
POSITIVE = [0.0, 5e-324, 1e-310, 1e-200, 1e-20, 1e-8, 1e-3, 0.1, 0.25, 0.3, 0.5, 0.75, 0.999, 1.0, 1.001, 1.5, 2.0,
            2.5, 3.0, 5.0, 6.5, 8.7, 10.0, 19.5, 20.0, 20.5, 27.3, 40.0, 88.5, 100.0, 709.5, 710.0, 745.5, 1e3, 1e10,
            1e200, 1e308, INF]
POINTS = [-x for x in reversed(POSITIVE)] + POSITIVE + [NAN]
PAIRS = [-INF, -1e200, -2.5, -2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 1e200, INF, NAN]

UNARY = [  # name, attributes, function
    ("neg", {}, torch.neg), ("exp", {}, torch.exp), ("log", {}, torch.log), ("log1p", {}, torch.log1p),
    ("expm1", {}, torch.expm1), ("sqrt", {}, torch.sqrt), ("rsqrt", {}, torch.rsqrt), ("abs", {}, torch.abs),
    ("sin", {}, torch.sin), ("cos", {}, torch.cos), ("tanh", {}, torch.tanh), ("sigmoid", {}, torch.sigmoid),
    ("relu", {}, torch.relu), ("leaky_relu", {"slope": 0.01}, lambda x: F.leaky_relu(x, 0.01)),
    ("elu", {"alpha": 1.0}, lambda x: F.elu(x, 1.0)), ("elu", {"alpha": 0.5}, lambda x: F.elu(x, 0.5)),
    ("gelu", {"approximate": "none"}, lambda x: F.gelu(x)),
    ("gelu", {"approximate": "tanh"}, lambda x: F.gelu(x, approximate="tanh")),
    ("silu", {}, F.silu), ("softplus", {}, F.softplus), ("softsign", {}, F.softsign), ("erf", {}, torch.erf),
    ("clamp", {"min": -1.0, "max": 2.5}, lambda x: torch.clamp(x, -1.0, 2.5)),
    ("clamp", {"min": 0.0}, lambda x: torch.clamp(x, min=0.0)),
    ("clamp", {"max": 0.5}, lambda x: torch.clamp(x, max=0.5)),
    ("clamp", {"min": 2.0, "max": 1.0}, lambda x: torch.clamp(x, 2.0, 1.0)),
    *[("pow_scalar", {"exponent": p}, lambda x, p=p: torch.pow(x, p))
      for p in (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)],
    *[("scalar_pow", {"base": b}, lambda x, b=b: torch.pow(b, x)) for b in (-2.0, 0.0, 0.5, 1.0, 2.0)],
]
BINARY = [("add", torch.add), ("sub", torch.sub), ("mul", torch.mul), ("div", torch.div), ("pow", torch.pow),
          ("maximum", torch.maximum), ("minimum", torch.minimum)]
MATRICES = [  # rows reduced by the reductions below
    [[1.0, 2.0, 3.0, 4.0], [-1.5, 0.25, 1e-3, 7.0]],
    [[3.0, 3.0, 1.0, 3.0], [-2.0, -2.0, -2.0, -2.0]],       # ties
    [[1.0, NAN, 5.0, NAN], [NAN, 2.0, 1.0, 0.0]],
    [[0.0, -0.0, 0.0, -0.0], [-0.0, 0.0, -1.0, 1.0]],       # signed zeros tie
    [[INF, 1.0, INF, 2.0], [-INF, -INF, 0.0, 1.0]],
    [[2.0, 0.0, 3.0, 4.0], [0.0, 5.0, 0.0, 6.0]],           # one and two zeros, for prod
    [[-INF, -INF, -INF, -INF], [INF, -INF, 0.0, NAN]],
    [[1000.0, 1000.5, -1000.0, 999.0], [1e8, 1e8 + 1, 1e8 + 2, 1e8 + 3]],
]
COTANGENT = [0.5, -2.0, 1.5, 3.0]


def evaluate(name, attributes, function, inputs, wanted=None, cotangent=None):
    """One line: runs `function` on float64 leaves; gradients of the inputs listed in `wanted` (all by default)."""
    leaves = [torch.as_tensor(x) if isinstance(x, torch.Tensor) else torch.tensor(x, dtype=torch.float64)
              for x in inputs]
    wanted = range(len(leaves)) if wanted is None else wanted
    for i in wanted:
        leaves[i] = leaves[i].clone().requires_grad_()
    output = function(*leaves)
    gradients = []
    if wanted:
        seed = torch.ones_like(output) if cotangent is None else torch.as_tensor(cotangent, dtype=torch.float64)
        output.backward(seed)
        gradients = [leaf.grad.numpy() if leaf.requires_grad else None for leaf in leaves]
    return case(name, attributes, [leaf.detach().numpy() for leaf in leaves], [output.detach().numpy()],
                None if cotangent is None else seed.numpy(), gradients)


def unary_lines():
    return [evaluate(name, attributes, function, [POINTS]) for name, attributes, function in UNARY]


def binary_lines():
    a, b = zip(*itertools.product(PAIRS, PAIRS))
    lines = [evaluate(name, {}, function, [a, b]) for name, function in BINARY]
    column, row = [[1.5], [-2.0], [3.0]], [[0.5, 1.5, 2.0, 3.0]]
    operands = [(column, row), (row, row[0]), (2.0, row), (column, 2.0)]  # broadcast, with ties
    for (name, function), pair in itertools.product(BINARY, operands):
        lines.append(evaluate(name, {}, function, pair))
    return lines


def reduction_lines():
    reductions = [
        ("sum", {}, torch.sum), ("mean", {}, torch.mean), ("prod", {}, torch.prod),
        ("amax", {}, torch.amax), ("amin", {}, torch.amin),
        ("max_dim", {}, lambda x, dim: torch.max(x, dim=dim).values),
        ("min_dim", {}, lambda x, dim: torch.min(x, dim=dim).values),
        ("var", {"correction": 1}, lambda x, dim: torch.var(x, dim=dim, correction=1)),
        ("var", {"correction": 0}, lambda x, dim: torch.var(x, dim=dim, correction=0)),
        ("logsumexp", {}, torch.logsumexp),
    ]
    whole = [("sum", {}, torch.sum), ("mean", {}, torch.mean), ("prod", {}, torch.prod), ("max_all", {}, torch.max),
             ("min_all", {}, torch.min), ("var", {"correction": 1}, torch.var)]
    lines = []
    for matrix in MATRICES:
        for (name, attributes, function), axis in itertools.product(reductions, (1, 0)):
            seed = [2.0, -3.0] if axis == 1 else COTANGENT
            lines.append(evaluate(name, attributes | {"axis": axis}, lambda x: function(x, dim=axis), [matrix],
                                  cotangent=seed))
        for name, attributes, function in whole:
            lines.append(evaluate(name, attributes | {"axis": "all"}, function, [matrix]))
        for name, function in (("argmax", torch.argmax), ("argmin", torch.argmin)):
            lines += [evaluate(name, {"axis": axis}, lambda x: function(x, dim=axis), [matrix], ()) for axis in (1, 0)]
            lines.append(evaluate(name, {"axis": "all"}, function, [matrix], ()))
    for correction in (1, 0):
        lines.append(evaluate("var", {"correction": correction, "axis": 1},
                              lambda x: torch.var(x, 1, correction=correction), [[[3.0], [4.0]]]))
    cube = torch.arange(24, dtype=torch.float64).reshape(2, 3, 4) / 7 - 1.5
    seed = [[[1.0], [2.0], [3.0]]]
    for name, function in (("sum", torch.sum), ("mean", torch.mean), ("amax", torch.amax), ("var", torch.var),
                           ("logsumexp", torch.logsumexp)):
        attributes = {"correction": 1} if name == "var" else {}
        lines.append(evaluate(name, attributes | {"axis": "0 2", "keepdims": 1},
                              lambda x: function(x, dim=(0, 2), keepdim=True), [cube], cotangent=seed))
    empty = torch.zeros((2, 0), dtype=torch.float64)
    for name, function in (("sum", torch.sum), ("mean", torch.mean), ("prod", torch.prod), ("var", torch.var),
                           ("logsumexp", torch.logsumexp)):
        attributes = {"correction": 1} if name == "var" else {}
        lines.append(evaluate(name, attributes | {"axis": 1}, lambda x: function(x, dim=1), [empty]))
    return lines


def softmax_lines():
    extra = [[[5.0], [-INF]], [[INF, INF], [NAN, 0.0]], [[0.0, 800.0], [-800.0, 0.0]], [[1e308, -1e308], [1e-310, 0.0]]]
    lines = []
    for matrix in MATRICES + extra:
        seed = [COTANGENT[:len(matrix[0])], list(reversed(COTANGENT))[:len(matrix[0])]]
        functions = [("softmax", F.softmax), ("log_softmax", F.log_softmax)]
        for (name, function), axis in itertools.product(functions, (1, 0)):
            lines.append(evaluate(name, {"axis": axis}, lambda x: function(x, dim=axis), [matrix], cotangent=seed))
    return lines


def torch_loss_lines():
    probability = [0.0, 1e-300, 1e-20, 1e-8, 1e-3, 0.25, 0.5, 0.75, 0.999, 1 - 2**-53, 1.0]
    logit = [-INF, -1e308, -1000.0, -745.0, -100.0, -40.0, -20.0, -1.5, -1e-8, -0.0, 0.0, 1e-8, 1.5, 20.0, 40.0, 100.0,
             745.0, 1000.0, 1e308, INF, NAN]
    error = [-INF, -1e200, -3.0, -1.0, -0.5, -1e-200, -0.0, 0.0, 1e-200, 0.5, 0.999, 1.0, 1.001, 3.0, 1e200, INF, NAN]
    elementwise = [("binary_cross_entropy", {"convention": "torch"}, F.binary_cross_entropy,
                    [probability * 3, [0.0] * 11 + [1.0] * 11 + [0.3] * 11]),
                   ("binary_cross_entropy_with_logits", {}, F.binary_cross_entropy_with_logits,
                    [logit * 3, [0.0] * 21 + [1.0] * 21 + [0.3] * 21]),
                   ("mean_squared_error", {}, F.mse_loss, [error, [0.0] * 17]),
                   ("mean_absolute_error", {}, F.l1_loss, [error, [0.0] * 17]),
                   ("mean_absolute_error", {}, F.l1_loss, [[1.0, 2.0, -3.0, INF], [1.0, 2.5, -4.0, INF]]),
                   *[("huber", {"delta": d}, functools.partial(F.huber_loss, delta=d), [error, [0.0] * 17])
                     for d in (1.0, 0.5)]]
    lines = []
    for name, attributes, function, inputs in elementwise:
        lines.append(evaluate(name, attributes | {"reduction": "none"}, functools.partial(function, reduction="none"),
                              inputs, (0,)))
    finite = {"binary_cross_entropy": [[0.1, 0.8, 0.4], [0.0, 1.0, 0.5]]}
    for (name, attributes, function, _), reduction in itertools.product(elementwise, ("mean", "sum")):
        inputs = finite.get(name, [[0.5, -2.0, 3.25], [0.0, 1.0, 0.5]])
        lines.append(evaluate(name, attributes | {"reduction": reduction},
                              functools.partial(function, reduction=reduction), inputs, (0,)))
    logits = [[0.5, -1.0, 2.0], [1000.0, 0.0, -1000.0], [-1000.0, 0.0, 1000.0], [-INF, 0.0, 1.0], [3.0, 3.0, 3.0]]
    for rows, target in ((logits, [2, 0, 0, 1, 1]), ([[INF, 0.0], [NAN, 1.0], [-INF, 0.0]], [0, 1, 0])):
        index = torch.tensor(target)
        for reduction in ("none", "mean", "sum"):
            lines.append(evaluate("cross_entropy", {"target": "index", "reduction": reduction},
                                  lambda z, t: F.cross_entropy(z, t, reduction=reduction), [rows, index], (0,)))
    weights = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.2, 0.3, 0.5]]
    for reduction in ("none", "mean", "sum"):
        lines.append(evaluate("cross_entropy", {"target": "probabilities", "reduction": reduction},
                              lambda z, t: F.cross_entropy(z, t, reduction=reduction), [logits[:3], weights], (0,)))
    return lines


def keras_loss_lines():
    """Keras's clipping of probabilities and its sample weights (its mean divides by n, not by their sum).

    Keras reduces in float32 on this backend, whatever the inputs are: the lines say precision=float32.
    """
    keras.backend.set_floatx("float64")
    probability = [[0.0], [1e-20], [5e-8], [9e-8], [2e-7], [0.25], [0.75], [1 - 3e-7], [1 - 5e-8], [1 - 1e-8], [1.0]]
    targets = [[0.0]] * 11 + [[1.0]] * 11 + [[0.3]] * 11
    bce = keras.losses.BinaryCrossentropy(reduction="none", dtype="float64")
    lines = [evaluate("binary_cross_entropy", {"convention": "keras", "reduction": "none", "precision": "float32"},
                      lambda p, y: bce(y, p), [probability * 3, targets], (0,))]
    inputs = [[[0.1], [0.8], [0.4]], [[0.0], [1.0], [1.0]], [1.0, 0.0, 2.5]]
    for name, loss in (("binary_cross_entropy", keras.losses.BinaryCrossentropy), ("mean_squared_error",
                       keras.losses.MeanSquaredError), ("mean_absolute_error", keras.losses.MeanAbsoluteError),
                       ("huber", keras.losses.Huber)):
        for reduction, keras_name in (("mean", "sum_over_batch_size"), ("sum", "sum"), ("none", "none")):
            attributes = {"convention": "keras", "reduction": reduction, "weights": "sample", "precision": "float32"}
            attributes |= {"delta": 1.0} if name == "huber" else {}
            function = loss(reduction=keras_name, dtype="float64")
            lines.append(evaluate(name, attributes, lambda p, y, w: function(y, p, sample_weight=w), inputs, (0,)))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "op_values")
    output = parser.parse_args().output
    torch.set_num_threads(1)
    header = provenance(__file__, ["torch", "keras", "numpy"])
    header.append("op|attributes|inputs|outputs|cotangent (empty: ones)|gradients of the inputs")
    for name, lines in (("unary", unary_lines()), ("binary", binary_lines()), ("reductions", reduction_lines()),
                        ("softmax", softmax_lines()), ("losses", torch_loss_lines() + keras_loss_lines())):
        write_lines(output / f"{name}.txt", header, lines)
        print(f"{name}: {len(lines)} lines")


if __name__ == "__main__":
    main()
