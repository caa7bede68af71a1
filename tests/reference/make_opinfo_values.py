#!/usr/bin/env python3
"""Writes opinfo/: PyTorch's own sample inputs (its OpInfo records) of every op that eigengrad shares, with the values
and gradients that PyTorch computes for them in float64.

A sample that eigengrad cannot be asked for is counted with its reason. README.md describes the files;
tests/ops/opinfo_calls.cpp says which call of ours answers to which op.
"""

import argparse
import collections
from pathlib import Path

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

from reference_text import number, provenance, write_lines

MOST_ELEMENTS = 400  # of one tensor of a sample
MOST_AXES = 6

ELEMENTWISE = ("abs neg exp expm1 log log1p sqrt rsqrt square sin cos tanh sigmoid erf erfc reciprocal "
               "nn.functional.silu nn.functional.relu nn.functional.relu6 nn.functional.softsign").split()
SHARED = {  # op and variant: its arguments in order
    **{name: "input" for name in ELEMENTWISE},
    "nn.functional.leaky_relu": "input negative_slope", "nn.functional.elu": "input alpha",
    "nn.functional.gelu": "input approximate", "nn.functional.softplus": "input beta threshold",
    "nn.functional.hardtanh": "input min_val max_val",
    "add": "input other alpha", "sub": "input other alpha", "rsub": "input other alpha", "mul": "input other",
    "div.no_rounding_mode": "input other rounding_mode", "true_divide": "input other", "pow": "input exponent",
    "float_power": "input exponent", "maximum": "input other", "minimum": "input other", "max.binary": "input other",
    "min.binary": "input other", "clamp": "input min max", "clamp_min": "input min", "clamp_max": "input max",
    "__radd__": "input other", "__rsub__": "input other", "__rmul__": "input other", "__rdiv__": "input other",
    "__rpow__": "input other", "where": "input condition other", "masked_fill": "input mask value",
    "sum": "input dim keepdim dtype", "mean": "input dim keepdim dtype", "prod": "input dim keepdim dtype",
    "amax": "input dim keepdim", "amin": "input dim keepdim", "max.reduction_no_dim": "input",
    "min.reduction_no_dim": "input", "max.reduction_with_dim": "input dim keepdim",
    "min.reduction_with_dim": "input dim keepdim", "var": "input dim unbiased keepdim correction",
    "var.unbiased": "input unbiased", "logsumexp": "input dim keepdim",
    "softmax": "input dim dtype", "softmax.with_dtype": "input dim dtype", "log_softmax": "input dim dtype",
    "log_softmax.with_dtype": "input dim dtype",
    "matmul": "input other", "__rmatmul__": "input other", "mm": "input other", "bmm": "input other",
    "mv": "input other", "dot": "input other", "nn.functional.linear": "input weight bias",
    "gather": "input dim index", "index_select": "input dim index", "select": "input dim index",
    "narrow": "input dim start length", "slice": "input dim start end step",
    "cat": "tensors dim", "stack": "tensors dim", "nn.functional.pad.constant": "input pad mode value",
    "constant_pad_nd": "input pad value", "split": "input sizes dim", "split.list_args": "input sizes dim",
    "split_with_sizes": "input sizes dim",
    "reshape": "input shape", "view": "input shape", "flatten": "input start_dim end_dim", "ravel": "input",
    "transpose": "input dim0 dim1", "t": "input", "T": "input", "permute": "input dims", "squeeze": "input dim",
    "squeeze.multiple": "input dim", "unsqueeze": "input dim", "expand": "input shape", "broadcast_to": "input shape",
    "clone": "input memory_format", "contiguous": "input memory_format", "float": "input memory_format",
    "linalg.solve": "input other left", "linalg.inv": "input", "linalg.cholesky": "input upper",
    "logdet": "input", "linalg.slogdet": "input",
    "linalg.solve_triangular": "input other upper left unitriangular", "tril": "input diagonal",
    "triu": "input diagonal",
    "nn.functional.mse_loss": "input target reduction weight", "nn.functional.l1_loss": "input target reduction weight",
    "nn.functional.huber_loss": "input target reduction delta weight",
    "nn.functional.binary_cross_entropy": "input target weight reduction",
    "nn.functional.binary_cross_entropy_with_logits": "input target weight reduction pos_weight",
    "nn.functional.cross_entropy": "input target weight ignore_index reduction label_smoothing",
}
# Losses through which no gradient flows into our targets.
CONSTANT_TARGETS = {"nn.functional.binary_cross_entropy", "nn.functional.binary_cross_entropy_with_logits",
                    "nn.functional.cross_entropy"}


class Left(Exception):
    """Why a sample is left out."""


def full_name(op):
    return op.name + ("." + op.variant_test_name if op.variant_test_name else "")


def arguments_of(name, sample):
    """The arguments of a sample by name; those at None are those not given."""
    names = SHARED[name].split()
    positional = [sample.input, *sample.args]
    arguments = dict(zip(names, positional, strict=False)) | sample.kwargs
    if len(positional) > len(names):
        raise Left(f"more than {len(names)} arguments")
    for given in arguments:
        if given not in names:
            raise Left(f"argument `{given}`")
    return {key: value for key, value in arguments.items() if value is not None}


def check_cross_entropy(a):
    if "weight" in a:
        raise Left("a weight for each class")
    if a.get("label_smoothing", 0.0) != 0.0:
        raise Left("label smoothing")
    if not a["target"].is_floating_point() and bool((a["target"] == a.get("ignore_index", -100)).any()):
        raise Left("a target at `ignore_index`")


def check_squeeze(a):
    dims = a.get("dim")
    if isinstance(dims, (tuple, list)) and len(dims) != 1:
        raise Left("several axes, or none")
    axis = dims[0] if isinstance(dims, (tuple, list)) else dims
    if axis is not None and a["input"].dim() == 0:
        raise Left("an axis of a scalar")
    if axis is not None and a["input"].shape[axis] != 1:
        raise Left("an axis whose extent is not 1, which squeeze refuses")


def check_bounds(a):
    if any(isinstance(a.get(key), torch.Tensor) for key in ("min", "max")):
        raise Left("a tensor of bounds")


def check_rank(a):
    if a["input"].dim() == 0:
        raise Left("an axis of a scalar")


def check_gather(a):
    check_rank(a)
    if a["index"].dim() != a["input"].dim():
        raise Left("index and x differ in rank, which gather refuses")


def check_matrix(a):
    if a["input"].dim() < 2:
        raise Left("a matrix of fewer than two axes")


def check_linear(a):
    if a["weight"].dim() != 2:
        raise Left("a weight of one axis")


def check_narrow(a):
    if isinstance(a["start"], torch.Tensor):
        raise Left("a position as a tensor")


def check_pad(a):
    if min(a["pad"]) < 0:
        raise Left("negative padding, which pad refuses")


def check_cat(a):
    if len({x.dim() for x in a["tensors"]}) > 1:
        raise Left("tensors that differ in rank")


def check_reduction(a):
    if "dim" in a and a["input"].dim() == 0:
        raise Left("an axis of a scalar")


def check_logits(a):
    if "pos_weight" in a:
        raise Left("argument `pos_weight`")


CHECKS = {"nn.functional.cross_entropy": check_cross_entropy, "squeeze": check_squeeze,
          "squeeze.multiple": check_squeeze, "clamp": check_bounds, "gather": check_gather,
          "index_select": check_rank, "transpose": check_rank, "t": check_matrix, "nn.functional.linear": check_linear,
          "narrow": check_narrow, "nn.functional.pad.constant": check_pad, "constant_pad_nd": check_pad,
          "cat": check_cat, "nn.functional.binary_cross_entropy_with_logits": check_logits,
          **{name: check_reduction for name in ("sum", "mean", "prod", "amax", "amin", "max.reduction_with_dim",
                                                "min.reduction_with_dim", "var", "logsumexp")}}


def attribute(name, value):
    """An argument that is no tensor, as text; None for one that changes no value."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return number(value)
    if isinstance(value, (list, tuple)) and all(isinstance(v, int) for v in value):
        return "(" + " ".join(number(v) for v in value) + ")"
    if isinstance(value, torch.dtype):
        if value != torch.float64:
            raise Left(f"a result of type {str(value).removeprefix('torch.')}")
        return None
    if isinstance(value, torch.memory_format):
        if value not in (torch.contiguous_format, torch.preserve_format):
            raise Left("a memory format")
        return None
    raise Left(f"argument `{name}`")


class Pool:
    """All numbers of the samples in one array, the same ones once."""

    def __init__(self):
        self.numbers = []
        self.size = 0
        self.places = {}

    def add(self, tensor):
        """Where the tensor's elements begin: `@7`."""
        values = np.asarray(tensor.detach().numpy(), dtype=np.float64).reshape(-1)
        key = values.tobytes()
        if key not in self.places:
            self.places[key] = self.size
            self.numbers.append(values)
            self.size += values.size
        return f"@{self.places[key]}"


def extents(tensor):
    return "(" + ",".join(map(str, tensor.shape)) + ")"


def flat(result):
    """The tensors of real numbers in a result."""
    parts = result if isinstance(result, (tuple, list)) else [result]
    return [y for y in parts if isinstance(y, torch.Tensor) and y.is_floating_point()]


def leaves_of(value, constant):
    """The same argument with tensors that are leaves of a new graph, and these."""
    if isinstance(value, (list, tuple)) and any(isinstance(v, torch.Tensor) for v in value):
        pairs = [leaves_of(v, constant) for v in value]
        return [new for new, _ in pairs], [leaf for _, leaves in pairs for leaf in leaves]
    if not isinstance(value, torch.Tensor):
        return value, []
    leaf = value.detach().clone(memory_format=torch.contiguous_format)
    return leaf.requires_grad_(value.requires_grad and not constant), [leaf]


def tensor_text(name, leaf, pool):
    kind = "f" if leaf.is_floating_point() else "b" if leaf.dtype == torch.bool else "i"
    return f"{name}:{kind}{'*' if leaf.requires_grad else ''}{extents(leaf)}{pool.add(leaf)}"


def sample_line(op, name, sample, weights, pool):
    """One line; raises Left before anything is added to the pool."""
    given = arguments_of(name, sample)
    CHECKS.get(name, lambda a: None)(given)
    attributes, tensors = [], []
    for key, value in given.items():
        _, found = leaves_of(value, False)
        if found:
            tensors += [key] if isinstance(value, torch.Tensor) else [f"{key}.{i}" for i in range(len(found))]
        elif (text := attribute(key, value)) is not None:
            attributes.append(f"{key}={text}")
    constant = name in CONSTANT_TARGETS
    new_input, leaves = leaves_of(sample.input, False)
    new_args, new_kwargs = [], {}
    for value in sample.args:
        new, found = leaves_of(value, constant)
        new_args.append(new)
        leaves += found
    for key, value in sample.kwargs.items():
        new_kwargs[key], found = leaves_of(value, constant)
        leaves += found
    results = [y.double() for y in flat(op(new_input, *new_args, **new_kwargs))]
    largest = max([x.numel() for x in leaves + results])
    if largest > MOST_ELEMENTS:
        raise Left(f"more than {MOST_ELEMENTS} elements")
    if max(x.dim() for x in leaves + results) > MOST_AXES:
        raise Left(f"more than {MOST_AXES} axes")
    total = sum((y * weights[:y.numel()].reshape(y.shape)).sum() for y in results)
    wanted = [x for x in leaves if x.requires_grad]
    gradients = torch.autograd.grad(total, wanted, allow_unused=True)
    return "|".join(["sample", name, ",".join(attributes),
                     ";".join(tensor_text(key, leaf, pool) for key, leaf in zip(tensors, leaves, strict=True)),
                     ";".join(extents(y) + pool.add(y) for y in results),
                     ";".join(pool.add(torch.zeros_like(x) if g is None else g)
                              for x, g in zip(wanted, gradients, strict=True))])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "opinfo")
    output = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    weights = torch.tensor(np.random.RandomState(4).uniform(-1, 1, MOST_ELEMENTS))
    pool = Pool()
    pool.add(weights)
    by_name = {full_name(op): op for op in op_db if full_name(op) in SHARED}
    if missing := SHARED.keys() - by_name.keys():
        raise SystemExit(f"not in this PyTorch's op_db: {sorted(missing)}")
    lines, left = [], collections.Counter()
    for name in SHARED:
        seen = set()
        for sample in by_name[name].sample_inputs("cpu", torch.float64, requires_grad=True):
            try:
                line = sample_line(by_name[name], name, sample, weights, pool)
            except Left as reason:
                left[name, str(reason)] += 1
                continue
            if line in seen:
                left[name, "the same as another"] += 1
                continue
            seen.add(line)
            lines.append(line)
    header = provenance(__file__, ["torch", "numpy"])
    header += [f"records: {len(op_db)} in op_db, {len(SHARED)} of them shared",
               "sample|op|attributes|tensors|results|gradients", "left|op|reason|count"]
    lines += [f"left|{name}|{reason}|{count}" for (name, reason), count in left.items()]
    write_lines(output / "samples.txt", header, lines)
    np.savez_compressed(output / "values.npz", values=np.concatenate(pool.numbers))
    print(f"{len(SHARED)} ops, {len(lines) - len(left)} samples, {sum(left.values())} left, {pool.size} numbers")


if __name__ == "__main__":
    main()
