#!/usr/bin/env python3
"""Writes op_values/linalg.txt: PyTorch's float64 values and gradients of solve, inverse, cholesky and the like."""

import argparse
from pathlib import Path

import numpy as np
import torch

from reference_text import case, provenance, write_lines


def line(name, function, inputs, attributes=None):
    """One line: the result at `inputs` and the gradients from a cotangent that is not symmetric."""
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs]
    result = function(*tensors)
    count = result.numel()
    cotangent = (torch.arange(count, dtype=torch.float64) * 0.75 - 1.25).reshape(result.shape)
    gradients = torch.autograd.grad(result, tensors, cotangent)
    return case(name, attributes or {}, inputs, [result.detach().numpy()], cotangent.numpy(),
                [g.numpy() for g in gradients])


def lines():
    random = np.random.RandomState(4)
    draw = lambda *shape: np.round(random.uniform(-2, 2, shape), 3)
    square, other, batch = draw(4, 4), draw(4, 2), draw(2, 3, 3)
    definite = square @ square.T + np.eye(4)
    definite_batch = batch @ batch.transpose(0, 2, 1) + np.eye(3)
    exchanged = np.array([[0.0, 2.0, 1.0], [3.0, 0.0, 0.5], [1.0, 1.0, 0.0]])
    yield line("solve", torch.linalg.solve, [square, other])
    yield line("solve", torch.linalg.solve, [square, draw(4)])
    yield line("solve", torch.linalg.solve, [exchanged, draw(3, 1)])
    yield line("solve", torch.linalg.solve, [batch, draw(2, 3, 2)])
    yield line("solve", torch.linalg.solve, [draw(2, 1, 2, 2), draw(3, 2, 2)])
    yield line("inverse", torch.linalg.inv, [square])
    yield line("inverse", torch.linalg.inv, [batch])
    yield line("cholesky", torch.linalg.cholesky, [definite])
    yield line("cholesky", torch.linalg.cholesky, [definite_batch])
    yield line("logdet", torch.logdet, [definite])
    yield line("logdet", torch.logdet, [definite_batch])
    yield line("logabsdet", lambda a: torch.linalg.slogdet(a).logabsdet, [square])
    yield line("logabsdet", lambda a: torch.linalg.slogdet(a).logabsdet, [batch])
    for a in (square, batch, exchanged, -exchanged, np.eye(3), -np.eye(3)):
        yield case("sign", {}, [a], [np.linalg.slogdet(a)[0]])
    for upper in (False, True):
        for left in (False, True):
            for unit in (False, True):
                b = draw(4, 2) if left else draw(2, 4)
                yield line("triangular_solve", lambda a, y, u=upper, l=left, d=unit: torch.linalg.solve_triangular(
                    a, y, upper=u, left=l, unitriangular=d), [square + 3 * np.eye(4), b],
                    {"upper": int(upper), "left": int(left), "unit": int(unit)})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "op_values")
    output = parser.parse_args().output
    header = provenance(__file__, ["torch", "numpy"]) + [
        "op|attributes|inputs|outputs|cotangent|gradients of the inputs (none for sign, which is NumPy's)"]
    write_lines(output / "linalg.txt", header, list(lines()))


if __name__ == "__main__":
    main()
