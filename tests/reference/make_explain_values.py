#!/usr/bin/env python3
"""Writes op_values/explain.txt: attributions of Captum, importances and dependences of scikit-learn, for three trained
models of training_curves/, in float64."""

import argparse
from pathlib import Path

import numpy as np
import torch
from captum import attr
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence, permutation_importance

from reference_text import case, provenance, write_lines

CURVES = Path(__file__).parent / "training_curves"
ACTIVATIONS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid}


def load_model(name, activation, flatten):
    """The trained network, and the rows that it was trained on."""
    folder = CURVES / name
    layers = [torch.nn.Flatten()] if flatten else []
    count = len(list(folder.glob("final_w*_float64.npy")))
    for i in range(1, count + 1):
        weight = torch.from_numpy(np.load(folder / f"final_w{i}_float64.npy"))
        layer = torch.nn.Linear(*weight.shape, dtype=torch.float64)
        layer.weight.data = weight.T.contiguous()
        layer.bias.data = torch.from_numpy(np.load(folder / f"final_b{i}_float64.npy"))
        layers += [layer] + ([ACTIVATIONS[activation]()] if i < count else [])
    x = torch.from_numpy(np.load(folder / "x.npy").astype(np.float64))
    return torch.nn.Sequential(*layers).eval(), x.reshape(-1, 8, 8) if flatten else x


def array(tensor):
    return tensor.detach().numpy()


def gradient_lines(name, model, x, target):
    """`target` is None, one output, or one for each row."""
    text = {} if target is None else {"target": " ".join(map(str, np.atleast_1d(target)))}
    given = target if target is None or isinstance(target, int) else torch.tensor(target)
    for absolute in (True, False):
        yield case("saliency", {"model": name, "absolute": int(absolute)} | text, [],
                   [array(attr.Saliency(model).attribute(x.clone(), target=given, abs=absolute))])
    yield case("input_x_gradient", {"model": name} | text, [],
               [array(attr.InputXGradient(model).attribute(x.clone(), target=given))])
    random = np.random.RandomState(3)
    for method in ("gausslegendre", "riemann_left", "riemann_right", "riemann_middle"):
        for steps in (50, 7):
            baseline = torch.from_numpy(random.normal(size=(1, *x.shape[1:])) / 4) if steps == 7 else None
            values, delta = attr.IntegratedGradients(model).attribute(
                x, baselines=baseline, target=given, n_steps=steps, method=method, return_convergence_delta=True)
            yield case("integrated_gradients", {"model": name, "method": method, "steps": steps} | text,
                       [] if baseline is None else [array(baseline)], [array(values), array(delta)])
    samples = 6
    noise = torch.from_numpy(random.normal(size=(samples, *x.shape)) / 3)
    draw = torch.normal
    # Captum repeats each row, one copy for each sample.
    torch.normal = lambda *arguments, **options: noise.transpose(0, 1).reshape(-1, *x.shape[1:])
    try:
        for kind in ("smoothgrad", "smoothgrad_sq", "vargrad"):
            values = attr.NoiseTunnel(attr.Saliency(model)).attribute(
                x.clone(), nt_type=kind, nt_samples=samples, target=given, abs=False)
            yield case("noise_tunnel", {"model": name, "type": kind} | text, [noise.numpy()], [array(values)])
    finally:
        torch.normal = draw


def occlusion_lines(name, model, x, target):
    base = torch.from_numpy(np.random.RandomState(4).normal(size=(1, *x.shape[1:])) / 4)
    cases = [((3,), 1), ((4,), (3,))] if x.dim() == 2 else [((3, 3), 1), ((2, 5), (2, 3)), ((8, 3), (9, 2))]
    for window, strides in cases:
        for baseline in (None, base):
            values = attr.Occlusion(model).attribute(x, sliding_window_shapes=window, strides=strides, target=target,
                                                     baselines=baseline)
            yield case("occlusion", {"model": name, "window": " ".join(map(str, window)), "target": target,
                                     "strides": "" if strides == 1 else " ".join(map(str, strides))},
                       [] if baseline is None else [array(baseline)], [array(values)])


def layer_lines(name, model, x):
    for i, layer in enumerate(model):
        yield case("layer_activation", {"model": name, "layer": i}, [],
                   [array(attr.LayerActivation(model, layer).attribute(x))])


class Wrapped(RegressorMixin, BaseEstimator):
    """A network as scikit-learn sees a regression."""

    def __init__(self, model):
        self.model = model

    def fit(self, x, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, x):
        y = array(self.model(torch.from_numpy(np.asarray(x, dtype=np.float64))))
        return y[:, 0] if y.shape[1] == 1 else y


def permutation_lines(name, model, x, y):
    rows, repeats = len(x), 4
    scorers = {"mae": "neg_mean_absolute_error", "rmse": "neg_root_mean_squared_error", "r2": "r2",
               "accuracy": lambda estimator, x, y: np.mean((estimator.predict(x) > 0) == (y > 0.5)),
               "loss": "neg_mean_squared_error"}
    seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max + 1)
    random = np.random.RandomState(seed)
    index, order, orders = np.arange(rows), np.arange(rows), []
    for _ in range(repeats):  # what scikit-learn does to a column
        random.shuffle(index)
        order = order[index]
        orders.append(order)
    for metric, scorer in scorers.items():
        found = permutation_importance(Wrapped(model), x, y, scoring=scorer, n_repeats=repeats, random_state=0)
        yield case("permutation_importance", {"model": name, "metric": metric, "rows": rows}, [np.array(orders), y],
                   [found.importances, found.importances_mean, found.importances_std])


def dependence_lines(name, model, x):
    for features, resolution, percentiles in (([0], 7, (0.05, 0.95)), ([1], 5, (0.0, 1.0)), ([2], 100, (0.05, 0.95)),
                                              ([0, 2], 4, (0.1, 0.8))):
        found = partial_dependence(Wrapped(model), x, features, grid_resolution=resolution, percentiles=percentiles,
                                   kind="both")
        yield case("partial_dependence", {"model": name, "features": " ".join(map(str, features)), "rows": len(x),
                                          "resolution": resolution, "low": percentiles[0], "high": percentiles[1]}, [],
                   [found["average"], found["individual"], *found["grid_values"]])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "op_values")
    output = parser.parse_args().output
    torch.set_num_threads(1)
    # Captum weighs in float32 whatever its input is, which costs it up to 1e-6: here it stays with float64.
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double
    lines = []
    for name, activation, target in (("bce_adam_relu", "relu", None), ("mse_sgd_sigmoid", "sigmoid", None),
                                     ("ce_sgd_nesterov_tanh", "tanh", 3), ("ce_sgd_nesterov_tanh", "tanh", [0, 7])):
        images = activation == "tanh"
        model, x = load_model(name, activation, images)
        rows = x[:2]
        lines += gradient_lines(name, model, rows, target)
        if target is None or isinstance(target, int):
            lines += occlusion_lines(name, model, rows, target or 0)
            lines += layer_lines(name, model, rows)
        if not images:
            y = np.load(CURVES / name / "y.npy").astype(np.float64).reshape(-1)[:50]
            lines += permutation_lines(name, model, x[:50].numpy(), y)
            lines += dependence_lines(name, model, x[:40].numpy())
    header = provenance(__file__, ["captum", "torch", "scikit-learn", "scipy", "numpy"]) + [
        "models are those of training_curves/, float64, without a last activation; x is its first two rows",
        "saliency|model,absolute,target||attributions||",
        "input_x_gradient|model,target||attributions||",
        "integrated_gradients|model,method,steps,target|baseline|attributions;delta||",
        "noise_tunnel|model,type,target|noise (samples, ...)|attributions of the gradient||",
        "occlusion|model,window,strides,target|baseline|attributions||",
        "layer_activation|model,layer||activations||",
        "permutation_importance|model,metric,rows|permutations;y|importances;mean;std|| (loss: mean squared error)",
        "partial_dependence|model,features,rows,resolution,low,high||average;individual;grid values;...||"]
    write_lines(output / "explain.txt", header, lines)


if __name__ == "__main__":
    main()
